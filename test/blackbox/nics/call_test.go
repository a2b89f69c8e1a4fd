//go:build system

package nics

import (
	"errors"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// patience is how long one call may take. The slowest seen on an idle machine takes a tenth of a second.
const patience = 5 * time.Second

// answer is what a call left behind. The writes are kept apart: there may be one only.
type answer struct {
	status         int // -1: it had to be killed
	stdout, stderr []string
	took           time.Duration
	why            string // the id in the last record
}

func (a answer) text() string {
	var out string
	for _, part := range append(append([]string{}, a.stdout...), a.stderr...) {
		out += part
	}
	return out
}

// call runs the program under test as u with words as its arguments, started as the case says, and remembers the answer.
func (w *world) call(u user, words ...string) answer {
	start := w.c.start
	journal.Records()
	w.told = w.callStarted(start, w.helper, u, words...)
	w.told.why = harness.ReasonIn(journal.Records())
	return w.told
}

// otherCreates lets the other program, started in the usual way, make an interface on br0; it must grant.
func (w *world) otherCreates(u user, name string) {
	a := w.otherTries(u, name)
	found := line.FindStringSubmatch(strings.Join(a.stdout, ""))
	if a.status != 0 || found == nil {
		w.t.Fatalf("the other program does not make %s: exit status %d: %q", name, a.status, a.text())
	}
	w.nic = found[3]
}

func (w *world) otherTries(u user, name string) answer {
	return w.callStarted(harness.Start{}, w.other, u, words("create /dev/null c1 {pid:%s} veth br0 %s", u.name, name)...)
}

func (w *world) callStarted(start harness.Start, program string, u user, words ...string) answer {
	out, outDone := packets(w, &start.Stdout)
	errs, errDone := packets(w, &start.Stderr)
	w.address(&start, program, u, words)
	began := time.Now()
	result, err := start.Run()
	took := time.Since(began)
	outDone()
	errDone()
	w.must(err)
	return answer{status: result.Status, stdout: out(), stderr: errs(), took: took}
}

// address fills in who calls what. A Start that has a Path already is a command in front of the program: its Argv gets
// the program and the arguments appended.
func (w *world) address(start *harness.Start, program string, u user, words []string) {
	u = w.caller(u)
	start.UID, start.GID, start.Groups = u.uid, u.gid, u.groups
	argv := []string{program}
	for _, word := range words {
		argv = append(argv, w.fill(word))
	}
	if start.Path == "" {
		start.Path, start.Argv = program, argv
	} else {
		start.Argv = append(append([]string{}, start.Argv...), argv...)
	}
	start.Files = append(start.Files, w.files...)
	if start.Timeout == 0 {
		start.Timeout = patience
	}
}

// packets makes a pipe in packet mode, in which each write arrives alone, the value of *end unless that is set already.
// The first function returned gives the writes, after the second has been called.
func packets(w *world, end **os.File) (func() []string, func()) {
	if *end != nil {
		return func() []string { return nil }, func() {}
	}
	var fds [2]int
	w.must(unix.Pipe2(fds[:], unix.O_DIRECT|unix.O_CLOEXEC))
	*end = os.NewFile(uintptr(fds[1]), "pipe")
	var got []string
	done := make(chan bool)
	go func() {
		defer close(done)
		got = readPackets(fds[0])
	}()
	finish := func() {
		_ = (*end).Close()
		<-done
		_ = unix.Close(fds[0])
	}
	return func() []string { return got }, finish
}

func readPackets(fd int) []string {
	var got []string
	buffer := make([]byte, 1<<16)
	for {
		n, err := unix.Read(fd, buffer)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if n <= 0 || err != nil {
			return got
		}
		got = append(got, string(buffer[:n]))
	}
}
