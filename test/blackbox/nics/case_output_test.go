//go:build system

package nics

import (
	"os"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

const firstNic = "create /dev/null c1 {pid} veth br0 eth0"

// outputCases: what liblxc reads.
func outputCases() []testCase {
	one := "exactly one write to stdout and nothing on stderr; both are the same pipe"
	noisy := "# comment\n\nnonsense\nalice veth br0\nalice veth br0 many\nalice veth br0 2\nalice veth br0 -1\n@nogroup-at-all veth br0 1\n"
	return []testCase{
		{id: "output/one-write", from: one, then: func(w *world) {
			got := w.onePipe(strings.Split(firstNic, " "))
			w.check(w.told.status == 0 && len(got) == 1 && line.MatchString(got[0]), stdout, "exit status %d, writes %q", w.told.status, got)
			w.check(len(got) == 1 && len(got[0]) < 4096, stdout, "liblxc cannot read %q", got)
		}},
		{id: "output/one-write-on-failure", from: "on failure at least one byte, exit not 0", then: func(w *world) {
			got := w.onePipe(strings.Split("create /dev/null c1 {pid} veth nobr0 eth0", " "))
			w.check(w.told.status == 1 && len(strings.Join(got, "")) > 0, stdout, "exit status %d, writes %q", w.told.status, got)
		}},
		{id: "output/silent-with-bad-lines", from: "a warning on stderr breaks lxc-start (lxc#3592)", usernet: noisy, args: firstNic, grant: &nic{}},
		{id: "output/silent-with-bad-rows", differs: "N21 rows", from: "a warning on stderr breaks lxc-start (lxc#3592)", ledger: "\n\nnonsense\nbob veth\n", args: firstNic, grant: &nic{}},
		{id: "output/silent-with-logging", from: "a warning on stderr breaks lxc-start (lxc#3592)", start: harness.Start{Env: []string{
			"LXC_LOGLEVEL=TRACE", "LXC_DEBUG=1", "GODEBUG=inittrace=1,gctrace=1,schedtrace=1", "GOTRACEBACK=crash", "MALLOC_TRACE=/tmp/x",
		}}, args: firstNic, grant: &nic{}},
		{id: "output/second-nic", from: one, args: firstNic, grant: &nic{}, then: func(w *world) { w.create(alice, "{pid} veth br0 eth1", nic{name: "eth1"}) }},
		{id: "output/stdin-closed", from: "closed 0-2", start: harness.Start{Close: []int{0}}, args: firstNic, grant: &nic{}},
		{id: "output/stderr-closed", from: "closed 0-2: messages went into the ledger", start: harness.Start{Close: []int{2}}, args: firstNic, grant: &nic{}},
		{id: "output/refusal-with-all-closed", from: "closed 0-2: messages went into the ledger", start: harness.Start{Close: []int{0, 1, 2}}, ledger: "bob veth br0 veth1002_BOBS\n", then: func(w *world) {
			w.call(alice, strings.Split("create /dev/null c1 {pid} veth nobr0 eth0", " ")...)
			w.check(w.told.status == 1, exit, "exit status %d", w.told.status)
			text, _ := os.ReadFile(ledgerPath)
			w.check(string(text) == "bob veth br0 veth1002_BOBS\n" || len(text) == 0, rows, "the ledger is %q", text)
		}},
	}
}

// onePipe makes a call whose stdout and stderr are one pipe, and returns the writes.
func (w *world) onePipe(words []string) []string {
	var end *os.File
	got, done := packets(w, &end)
	start := w.c.start
	start.Stdout, start.Stderr = end, end
	w.told = w.callStarted(start, w.helper, alice, words...)
	done()
	return got()
}

// brokenOutputCases: an interface that nobody was told about is removed again.
func brokenOutputCases() []testCase {
	from := "output that cannot be written is a failure: the nic is removed again and the exit status says so"
	broken := func(id string, open func(*world) *os.File) testCase {
		return testCase{id: "output/" + id, differs: "N10 exit", from: from, before: func(w *world) {
			w.c.start.Stdout = open(w)
			w.undo = append(w.undo, func() { _ = w.c.start.Stdout.Close() })
		}, args: firstNic, refuse: ".", why: "output-failed"}
	}
	both := broken("closed-pipe-for-both", closedPipe)
	both.before = func(w *world) {
		w.c.start.Stdout = closedPipe(w)
		w.c.start.Stderr = w.c.start.Stdout
		w.undo = append(w.undo, func() { _ = w.c.start.Stdout.Close() })
	}
	none := broken("closed-pipe-none", closedPipe)
	none.args = "create /dev/null c1 {pid} veth none eth0"
	return []testCase{
		broken("closed-pipe", closedPipe), both, none,
		broken("full-device", func(w *world) *os.File { return w.open("/dev/full", os.O_WRONLY) }),
		broken("read-only", func(w *world) *os.File { return w.open("/dev/null", os.O_RDONLY) }),
		broken("full-pipe-nonblocking", fullPipe),
		broken("closed-socket", closedSocket),
		{id: "output/free-again-after-failure", differs: "N10 exit", from: from, usernet: "alice veth br0 1\n", then: func(w *world) {
			start := harness.Start{Stdout: closedPipe(w)}
			w.callStarted(start, w.helper, alice, strings.Split(firstNic, " ")...)
			_ = start.Stdout.Close()
			w.create(alice, "{pid} veth br0 eth0", nic{})
		}},
		{id: "output/closed", from: "closed 0-2", start: harness.Start{Close: []int{1}}, args: firstNic, then: consistentAfter},
		{id: "output/file-size-limit", differs: "N24 left", from: "RLIMIT_FSIZE=0", before: func(w *world) {
			w.c.start.Limits = map[int]uint64{unix.RLIMIT_FSIZE: 0}
			file, err := os.CreateTemp("/run", "nics.")
			w.must(err)
			w.c.start.Stdout = file
			w.undo = append(w.undo, func() { _ = file.Close(); _ = os.Remove(file.Name()) })
		}, args: firstNic, then: consistentAfter},
		{id: "output/refusal-into-closed-pipe", differs: "N10 exit", from: "exit status: 1", before: func(w *world) {
			w.c.start.Stdout = closedPipe(w)
			w.c.start.Stderr = w.c.start.Stdout
			w.undo = append(w.undo, func() { _ = w.c.start.Stdout.Close() })
		}, args: "create /dev/null c1 {pid} veth nobr0 eth0", refuse: "."},
	}
}

func (w *world) open(path string, flags int) *os.File {
	file, err := os.OpenFile(path, flags, 0)
	w.must(err)
	return file
}

// closedPipe is the end of a pipe that nobody reads.
func closedPipe(w *world) *os.File {
	reader, writer, err := os.Pipe()
	w.must(err)
	w.must(reader.Close())
	return writer
}

// fullPipe is a pipe that takes no byte more, and says so instead of waiting.
func fullPipe(w *world) *os.File {
	var fds [2]int
	w.must(unix.Pipe2(fds[:], unix.O_CLOEXEC))
	w.undo = append(w.undo, func() { _ = unix.Close(fds[0]) })
	writer := os.NewFile(uintptr(fds[1]), "pipe")
	fill(w, writer)
	w.must(unix.SetNonblock(fds[1], true)) // NewFile saw it blocking, so os.File will not make it so again
	return writer
}

// fill writes until the pipe is full.
func fill(w *world, writer *os.File) {
	fd := int(writer.Fd())
	w.must(unix.SetNonblock(fd, true))
	buffer := make([]byte, 4096)
	for _, size := range []int{4096, 1} {
		for {
			if _, err := unix.Write(fd, buffer[:size]); err != nil {
				break
			}
		}
	}
	w.must(unix.SetNonblock(fd, false))
}

func closedSocket(w *world) *os.File {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	w.must(err)
	w.must(unix.Close(fds[1]))
	return os.NewFile(uintptr(fds[0]), "socket")
}
