//go:build system

package nics

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/text/paths"
	"userns-helpers/test/blackbox/harness"
)

var (
	helperd = flag.String("helperd", "", "path of our userns-helperd")
	plain   = flag.String("plain", "", "path of our lxc-user-nic, without a setuid bit")

	serviceAll = flag.Bool("service-all", false, "run the cases of hostages through the service, too, which has a table of its own for them")
)

// elsewhere are the cases that are not the same through the service, and why. One that is the same after all fails.
var elsewhere = []struct{ how, cases, why string }{
	{"no bit", `^cause/(not-setuid|nosuid|no-new-privileges|bounding-set|secure-bits)$`, "the program is kept from its privilege, and here it needs none: granted"},
	{"no bit", `^command/long-lxcpath-and-name$`, "a call has 64 KiB at most: refused, with that reason"},
	{"no bit", `^onestep/one-request$`, "the program is traced, and another process makes the request"},
}

// serve starts the service.
func serve(t *testing.T, options ...string) *harness.Service {
	t.Helper()
	return harness.Serve(t, *helperd, paths.Nics(), "nics", options...)
}

// TestService runs the cases with a program without privilege: without the bit, and with it under no_new_privs. What they print,
// their status, the interfaces, the ledger and the records are to be the same.
func TestService(t *testing.T) {
	for what, program := range map[string]string{"no bit": *plain, "no_new_privs": *ours} {
		t.Run(what, func(t *testing.T) {
			serve(t)
			count := 0
			for _, c := range allCases() {
				if what != "no bit" {
					if c.start.Path != "" || c.args == "" || !regexp.MustCompile(`^(namespace|delete|owner)/`).MatchString(c.id) {
						continue
					}
					c.start.NoNewPrivs = true
				}
				if strings.HasPrefix(c.id, "hostage/") && !*serviceAll {
					continue
				}
				count++
				t.Run(c.id, func(t *testing.T) { through(t, what, program, c) })
			}
			fmt.Printf("%d cases through the service, %s\n", count, what)
		})
	}
}

// through runs one case through the service.
func through(t *testing.T, how, program string, c testCase) {
	t.Helper()
	faults := play(t, c, program, *peer)
	for _, other := range elsewhere {
		if (other.how == "" || other.how == how) && regexp.MustCompile(other.cases).MatchString(c.id) {
			if len(faults) == 0 {
				t.Errorf("it is the same: %s", other.why)
			}
			return
		}
	}
	for _, aspect := range union(nil, faults) {
		t.Errorf("%s:%s", aspect, indent(faults[aspect]))
	}
}

// staged is a world for a test that is no row.
func staged(t *testing.T, usernet string) *world {
	t.Helper()
	w := &world{t: t, helper: *plain, other: *peer, c: testCase{usernet: usernet}}
	w.values, w.held, w.faults = map[string]string{}, map[string]*harness.Target{}, map[string][]string{}
	w.prepare()
	t.Cleanup(func() {
		for _, aspect := range union(nil, w.faults) {
			t.Errorf("%s:%s", aspect, indent(w.faults[aspect]))
		}
		w.clear()
	})
	return w
}

// open opens a file that goes with the test.
func opened(t *testing.T, path string, flags int) int {
	t.Helper()
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// request is a call of Create.
const request = `{"method":"org.userns-helpers.Nics.Create","parameters":{"namespace":0,"target":"fd:3","lxcpath":"/dev/null","container":"c1","type":"veth","bridge":"br0","name":"eth0"}}` + "\x00"

// TestServiceRefuses: what no program of ours sends is refused with the reason, nothing is made, and nothing is left open.
func TestServiceRefuses(t *testing.T) {
	w := staged(t, "")
	s := serve(t)
	before, _ := s.Holds(t)
	mine, bobs := w.hold(alice), w.hold(bob)
	proc := fmt.Sprintf("/proc/%d", mine.PID)
	dead := w.holdAs("dead", alice, "unshare", "-Urn", "cat")
	pidfd, err := unix.PidfdOpen(mine.PID, 0)
	w.must(err)
	deadfd, err := unix.PidfdOpen(dead.PID, 0)
	w.must(err)
	dead.Release()
	delete(w.held, "dead")
	var pipe [2]int
	w.must(unix.Pipe2(pipe[:], unix.O_CLOEXEC))
	t.Cleanup(func() {
		for _, fd := range []int{pidfd, deadfd, pipe[0], pipe[1]} {
			_ = unix.Close(fd)
		}
	})
	bindMount("bound", 0o755, "{ns:bob}")(w)
	w.must(os.WriteFile(w.directory(0o755)+"/net:[4026531840]", nil, 0o644))
	network := opened(t, proc+"/ns/net", unix.O_RDONLY)
	many := make([]int, 253)
	for i := range many {
		many[i] = network
	}
	const noParameter, noNetwork, notOwned, noAnswer = `InvalidParameter","parameters":{"parameter":"namespace"`, `"id":"not-a-network-namespace"`, `"id":"namespace-not-owned"`, ""
	for _, c := range []struct {
		what, text  string
		descriptors []int
		want        string
	}{
		{"no descriptor", request, nil, noParameter},
		{"two descriptors", request, []int{network, network}, noParameter},
		{"253 descriptors", request, many, noParameter},
		{"a descriptor and a reason for none", strings.Replace(request, `:0`, `:null,"unopened":"namespace-gone"`, 1), []int{network}, noParameter},
		{"both in words", strings.Replace(request, `:0`, `:0,"unopened":"namespace-gone"`, 1), []int{network}, noParameter},
		{"a reason alone", strings.Replace(request, `:0`, `:null,"unopened":"namespace-gone"`, 1), nil, `"id":"namespace-gone"`},
		{"a reason that nobody knows", strings.Replace(request, `:0`, `:null,"unopened":"x"`, 1), nil, `"id":"namespace-unreachable"`},
		{"a file", request, []int{opened(t, "/etc/passwd", unix.O_RDONLY)}, noNetwork},
		{"a file that is called like a namespace", request, []int{opened(t, w.directory(0o755), unix.O_RDONLY|unix.O_TMPFILE|unix.O_RDWR)}, noNetwork},
		{"a directory", request, []int{opened(t, "/", unix.O_RDONLY|unix.O_DIRECTORY)}, noNetwork},
		{"a directory of /proc", request, []int{opened(t, proc, unix.O_RDONLY|unix.O_DIRECTORY)}, noNetwork},
		{"opened with O_PATH", request, []int{opened(t, proc+"/ns/net", unix.O_PATH)}, noNetwork},
		{"a pipe", request, []int{pipe[0]}, noNetwork},
		{"a device", request, []int{opened(t, "/dev/null", unix.O_RDWR)}, noNetwork},
		{"a user namespace", request, []int{opened(t, proc+"/ns/user", unix.O_RDONLY)}, noNetwork},
		{"a pidfd", request, []int{pidfd}, noNetwork},
		{"a pidfd of a process that ended", request, []int{deadfd}, noNetwork},
		{"a connection to the service", request, []int{harness.Dial(t, paths.Nics(), alice.owner()).FD}, noNetwork},
		{"another user's", request, []int{opened(t, fmt.Sprintf("/proc/%d/ns/net", bobs.PID), unix.O_RDONLY)}, notOwned},
		{"another user's, by a bind mount", request, []int{opened(t, w.values["bound"], unix.O_RDONLY)}, notOwned},
		{"the host's", request, []int{opened(t, "/proc/self/ns/net", unix.O_RDONLY)}, `"id":"namespace-of-host"`},
		{"another descriptor", strings.Replace(request, `:0`, `:1`, 1), []int{network}, noParameter},
		{"another type", strings.Replace(request, `"veth"`, `"macvlan"`, 1), []int{network}, `"id":"unsupported-type"`},
		{"a bridge that cannot be", strings.Replace(request, `"br0"`, `"--db=x"`, 1), []int{network}, `"id":"bad-bridge-name"`},
		{"a bridge that nobody granted", strings.Replace(request, `"br0"`, `"br1"`, 1), []int{network}, `"id":"not-granted"`},
		{"a name that cannot be", strings.Replace(request, `"eth0"`, `"a/b"`, 1), []int{network}, `"id":"bad-interface-name"`},
		{"a target that is none", strings.Replace(request, `"fd:3"`, `"\u001b[2J"`, 1), []int{network}, `"id":"bad-namespace"`},
		{"a parameter that nobody knows", strings.Replace(request, `{"namespace"`, `{"uid":0,"namespace"`, 1), []int{network}, `"parameter":"parameters"`},
		{"a method of another socket", strings.Replace(request, "Nics.Create", "Maps.WriteMap", 1), []int{network}, "MethodNotFound"},
		{"a delete of another user's", strings.NewReplacer("Create", "Delete", "eth0", "veth1002_AAAA").Replace(request), []int{network}, `"id":"not-yours"`},
		{"no JSON", "GET / HTTP/1.0\r\n\r\n\x00", []int{network}, noAnswer},
		{"half a call, and no more", request[:40], []int{network}, noAnswer},
	} {
		t.Run(c.what, func(t *testing.T) {
			look := w.look()
			connection := harness.Dial(t, paths.Nics(), alice.owner())
			_ = connection.Send(c.text, c.descriptors...)
			if got := connection.Reply(); got != c.want && (c.want == noAnswer || !strings.Contains(got, c.want)) {
				t.Errorf("answered %q, want %q", got, c.want)
			}
			w.nothingLeft(look, w.look())
		})
	}
	journal.Records()
	connection := harness.Dial(t, paths.Nics(), alice.owner())
	w.must(connection.Send(strings.Replace(request, `"fd:3"`, `"1"`, 1), network))
	if got := connection.Reply(); !strings.HasPrefix(got, `{"parameters":{"line":"eth0:`) {
		t.Errorf("the next call: %q", got)
	}
	if records := strings.Join(journal.Records(), "\n"); !strings.Contains(records, ` target="1" pid=0 `) {
		t.Errorf("a process that nobody has looked at is recorded: %s", records)
	}
	s.Quiet(t, before+1) // the connection that was sent over another one
}

// TestServicePeers: who is not served, and that it is recorded.
func TestServicePeers(t *testing.T) {
	serve(t)
	for _, c := range []struct{ why, what string }{
		{why: "peer-unmapped", what: "nobody"},
		{why: "peer-unknown", what: "a process that ended"},
	} {
		journal.Records()
		connection := harness.Dial(t, paths.Nics(), harness.Owner{UID: 65534, GID: 2001})
		if c.what != "nobody" {
			connection = harness.DialDead(t, paths.Nics())
		}
		_ = connection.Send(request, opened(t, "/", unix.O_RDONLY))
		if got := connection.Reply(); !strings.Contains(got, `"id":"`+c.why+`"`) || !strings.Contains(got, "Nics.") {
			t.Errorf("%s: %q, want %q", c.what, got, c.why)
		}
		if got := harness.ReasonIn(journal.Records()); got != c.why {
			t.Errorf("%s: recorded %q", c.what, got)
		}
	}
}

// TestServiceElsewhere: who is in another PID namespace is refused, and served where the administrator allows it.
func TestServiceElsewhere(t *testing.T) {
	inside := func() string {
		command := exec.Command("unshare", "--pid", "--fork", "--mount-proc", "setpriv", "--reuid=1001", "--regid=1001", "--clear-groups",
			"sh", "-c", "unshare -Urn sleep 60 & sleep 0.2; "+*plain+" create x c $! veth br0; echo $?; kill $!")
		command.Dir = "/"
		out, _ := command.CombinedOutput()
		return strings.Join(strings.Fields(string(out)), " ")
	}
	t.Run("refused", func(t *testing.T) {
		staged(t, "")
		serve(t)
		journal.Records()
		// why: "peer-elsewhere"
		if got, why := inside(), harness.ReasonIn(journal.Records()); !strings.Contains(got, "lxc-user-nic: The service does not serve you") || !strings.HasSuffix(got, " 1") || why != "peer-elsewhere" {
			t.Errorf("%q, %q", got, why)
		}
	})
	t.Run("allowed", func(t *testing.T) {
		staged(t, "")
		serve(t, "--pid-namespaces")
		if got := inside(); !regexp.MustCompile(`^eth0:\d+:veth1001_\w{4}:\d+ 0$`).MatchString(got) {
			t.Errorf("%q", got)
		}
	})
}

// TestServiceOtherNetwork: a process without network gets none by way of the socket, which has a path, unless the policy says so;
// a setuid program in there knows no such bridge.
func TestServiceOtherNetwork(t *testing.T) {
	const policy = "/etc/userns-helpers/policy.toml"
	w := staged(t, "")
	serve(t)
	w.must(os.MkdirAll(filepath.Dir(policy), 0o755))
	call := func(program, words string) (status int, text, why string) {
		journal.Records()
		argv := append(strings.Fields("unshare --net setpriv --reuid=1001 --regid=1001 --clear-groups"), program)
		command := exec.Command(argv[0], append(argv[1:], strings.Fields(w.fill(words))...)...)
		command.Dir = "/"
		out, _ := command.CombinedOutput()
		return command.ProcessState.ExitCode(), string(out), harness.ReasonIn(journal.Records())
	}
	w.hold(alice)
	const create, remove = "create /dev/null c1 {pid:alice} veth br0 eth0", "delete /dev/null c1 {pid:alice} veth br0 {nic}"
	w.create(alice, "{pid} veth br0 eth0", nic{})
	w.nic = column(w.ledger()[0], 4)
	refusal := struct{ why string }{why: "other-network"}
	for _, text := range []string{"", "[defaults]\nother_networks = false\n", "[defaults]\nother_networks = true\n\n[[rule]]\nuser = \"alice\"\nother_networks = false\n"} {
		w.must(harness.File{Text: text, Absent: text == ""}.Put(policy))
		before := w.look()
		for _, words := range []string{create, remove} {
			if status, said, why := call(*plain, words); status != 1 || why != refusal.why || !strings.HasPrefix(said, "lxc-user-nic: The service does not serve you\nlxc-user-nic: you are in another network namespace") {
				t.Errorf("%q: %s: %d %q %q", text, words, status, said, why)
			}
			w.nothingLeft(before, w.look())
			w.nothingLost(before, w.look())
		}
	}
	if status, said, why := call(*ours, create); status != 1 || why != "no-such-bridge" {
		t.Errorf("the setuid program: %d %q %q", status, said, why)
	}
	w.must(harness.File{Text: "[[rule]]\nuser = \"alice\"\nother_networks = true\n"}.Put(policy))
	if status, said, why := call(*plain, remove); status != 0 || said != "" {
		t.Errorf("allowed to delete: %d %q %q", status, said, why)
	}
	status, said, _ := call(*plain, create)
	w.must(harness.File{Absent: true}.Put(policy))
	found := line.FindStringSubmatch(said)
	if status != 0 || found == nil {
		t.Fatalf("allowed: %d %q", status, said)
	}
	w.nic = found[3]
	w.remove(alice, "{ns:alice} veth br0 {nic}")
}

// TestServiceUntold: an interface is deleted again where the caller has gone before the answer, at whatever moment, and counts
// no more; what is left at the end is what was told.
func TestServiceUntold(t *testing.T) {
	w := staged(t, "alice veth br0 1\n")
	s := serve(t)
	before, _ := s.Holds(t)
	network := opened(t, fmt.Sprintf("/proc/%d/ns/net", w.hold(alice).PID), unix.O_RDONLY)
	failed := 0
	for i := range 12 {
		journal.Records()
		connection := harness.Dial(t, paths.Nics(), alice.owner())
		w.must(connection.Send(request, network))
		time.Sleep(time.Duration(i) * time.Millisecond)
		_ = unix.Shutdown(connection.FD, unix.SHUT_RD)
		closed := []unix.PollFd{{Fd: int32(connection.FD)}} // POLLHUP: a service that has not taken it yet is quiet, too
		for err := error(unix.EINTR); errors.Is(err, unix.EINTR); {
			_, err = unix.Poll(closed, 10_000)
		}
		s.Quiet(t, before)
		records := strings.Join(journal.Records(), "\n")
		untold := strings.Contains(records, `id="output-failed"`) && strings.Contains(records, "Failed to answer the caller")
		if alive := w.alive(alice); untold && alive != 0 || !untold && alive == 0 && strings.Contains(records, "result=granted") {
			t.Errorf("%d: %d interfaces live, and the records %q", i, alive, records)
		}
		if untold {
			failed++
			w.create(alice, "{pid} veth br0 eth0", nic{})
		} else {
			w.nic = strings.Fields(w.ledger()[0])[3]
		}
		w.remove(alice, "{ns} veth br0 {nic}")
		s.Quiet(t, before)
	}
	if failed == 0 {
		t.Error("the caller was never gone in time")
	}
	fmt.Printf("observed: %s: %d of 12 were taken back\n", t.Name(), failed)
}

// TestServiceUntellable: the container's root can give its end a name, before the line is written, with which no line can be told. Then
// the interface is deleted again, and counts no more.
func TestServiceUntellable(t *testing.T) {
	w := staged(t, "alice veth br0 1\n")
	serve(t)
	target := w.hold(alice)
	network := opened(t, fmt.Sprintf("/proc/%d/ns/net", target.PID), unix.O_RDONLY)
	refused := 0
	for try := 0; try < 10 && refused < 2; try++ {
		ready, stop := renaming(t, target.PID)
		if !ready {
			stop()
			t.Fatal("perl does not start")
		}
		connection := harness.Dial(t, paths.Nics(), alice.owner())
		w.must(connection.Send(request, network))
		got := connection.Reply()
		stop()
		if strings.Contains(got, `"id":"output-failed"`) {
			refused++
			if alive := w.alive(alice); alive != 0 || len(w.ledger()) != 0 {
				t.Fatalf("%d interfaces live after %q; %q", alive, got, w.ledger())
			}
			continue
		}
		if !strings.HasPrefix(got, `{"parameters":{"line":"eth0:`) {
			t.Fatalf("answered %q, and %d interfaces live", got, w.alive(alice))
		}
		w.nic = column(w.ledger()[0], 4)
		w.remove(alice, "{ns} veth br0 {nic}")
	}
	if refused == 0 {
		t.Error("the interface was never renamed in time")
	}
}

// renaming has a process call eth0 of a process's network namespace a, ESC, as soon as it is there. ready: it tries already.
func renaming(t *testing.T, pid int) (ready bool, stop func()) {
	t.Helper()
	command := exec.Command("nsenter", fmt.Sprintf("--net=/proc/%d/ns/net", pid), "perl", "-e",
		`use Socket; socket(S, AF_INET, SOCK_DGRAM, 0) || die; $| = 1; print "x"; 1 until ioctl(S, 0x8923, my $r = pack("a16a24", "eth0", "a\e"))`)
	out, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	n, _ := out.Read(make([]byte, 1))
	return n == 1, func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	}
}

// TestServiceCapability: a program that has a capability and not its privilege opens nothing with it: what is at a path that the
// caller cannot reach, nobody learns.
func TestServiceCapability(t *testing.T) {
	w := staged(t, "")
	serve(t)
	directory := w.directory(0o755)
	w.must(harness.Install(*plain, directory, "lxc-user-nic", 0o755, unix.CAP_DAC_OVERRIDE))
	closed := w.directory(0o700)
	w.must(os.WriteFile(closed+"/there", nil, 0o600))
	for _, words := range []string{"create /dev/null c1 %s veth br0 eth0", "delete /dev/null c1 %s veth br0 veth1001_AAAA"} {
		var answers []string
		for _, path := range []string{closed + "/there", closed + "/gone_"} {
			a := w.callStarted(harness.Start{}, directory+"/lxc-user-nic", alice, strings.Fields(fmt.Sprintf(words, path))...)
			answers = append(answers, fmt.Sprint(a.status, strings.ReplaceAll(a.text(), path, "PATH")))
		}
		if answers[0] != answers[1] || !strings.HasPrefix(answers[0], "1") || !strings.Contains(answers[0], "PATH") {
			t.Errorf("there: %q; missing: %q", answers[0], answers[1])
		}
	}
}

// TestServiceShared: the setuid program and the service count together, exactly, while both are called at once; and one deletes
// what the other has made.
func TestServiceShared(t *testing.T) {
	w := staged(t, crowdUsernet(3))
	serve(t)
	everybody := crowd()
	for _, u := range everybody {
		w.hold(u)
	}
	start := harness.Start{Timeout: 4 * patience}
	programs := []string{*ours, *plain}
	answers := w.atOnce(100, func(i int) answer {
		u := everybody[i%10]
		return w.callStarted(start, programs[i/10%2], u, words("create /dev/null c1 {pid:%s} veth br0 n%d", u.name, i)...)
	})
	through := 0
	for n, u := range everybody {
		granted := 0
		for i := n; i < len(answers); i += 10 {
			if answers[i].status == 0 {
				granted++
				through += i / 10 % 2
			}
		}
		recorded := count(w.ledger(), func(row string) bool { return column(row, 1) == u.name })
		if granted != 3 || w.alive(u) != 3 || recorded != 3 {
			t.Errorf("%s: %d grants, %d living, %d rows, the quota is 3", u.name, granted, w.alive(u), recorded)
		}
	}
	fmt.Printf("observed: %s: %d of 30 through the service\n", t.Name(), through)
	rows := w.ledger()
	for i, a := range w.atOnce(len(rows), func(i int) answer {
		owner := column(rows[i], 1)
		u := everybody[slices.IndexFunc(everybody, func(u user) bool { return u.name == owner })]
		return w.callStarted(start, programs[i%2], u, words("delete /dev/null c1 {ns:%s} veth br0 %s", owner, column(rows[i], 4))...)
	}) {
		if a.status != 0 {
			t.Errorf("delete %q: %d %q", rows[i], a.status, a.text())
		}
	}
	if left := w.ledger(); len(left) != 0 {
		t.Errorf("left: %q", left)
	}
}

// TestServiceSilent: a service that gives no answer is not asked again, since it may have made the interface; one that is busy, or
// ended before it had read the call, is. And an interface of which nobody takes the line is deleted again by the service.
func TestServiceSilent(t *testing.T) {
	w := staged(t, "")
	w.hold(alice)
	var mutex sync.Mutex
	calls := map[string]int{}
	deleted := ""
	listener := harness.Listens(t, paths.Nics())
	go func() {
		for {
			connection, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			mutex.Lock()
			answerAs(connection, calls, &deleted)
			mutex.Unlock()
			_ = connection.Close()
		}
	}()
	full := closedPipe(w)
	defer full.Close()
	cases := []struct {
		name, why, said string
		status          int
		least, most     int
		start           harness.Start
	}{
		{name: "silent", why: "service-silent", said: "lxc-user-nic: The service did not answer\nlxc-user-nic: .*usernsctl nics", status: 1, least: 1, most: 1},
		{name: "busy", why: "service-busy", said: "lxc-user-nic: The service is busy\n", status: 1, least: 20, most: 60},
		{name: "soon", said: "^eth0:2:veth1001_AbCd:17\n$", least: 3, most: 3},
		{name: "unread", said: "^eth0:2:veth1001_AbCd:17\n$", least: 3, most: 3},
		{name: "nonsense", why: "service-silent", said: "the answer is malformed", status: 1, least: 1, most: 1},
		{name: "lineless", why: "service-silent", said: "the answer is malformed", status: 1, least: 1, most: 1},
		{name: "refuse", said: "^lxc-user-nic: first\nlxc-user-nic: second\n$", status: 1, least: 1, most: 1},
		{name: "untold", why: "output-failed", said: "^lxc-user-nic: Failed to write to standard output: broken pipe\nlxc-user-nic|^lxc-user-nic: Failed to write to standard output\nlxc-user-nic: broken pipe\n$", status: 1, least: 2, most: 2, start: harness.Start{Stdout: full}},
	}
	journal.Records()
	answers := w.atOnce(len(cases), func(i int) answer {
		cases[i].start.Timeout = 2 * patience
		return w.callStarted(cases[i].start, *plain, alice, words("create /dev/null %s {pid} veth br0 eth0", cases[i].name)...)
	})
	records := strings.Join(journal.Records(), "\n")
	for i, c := range cases {
		a := answers[i]
		if a.status != c.status || !regexp.MustCompile(`(?s)`+c.said).MatchString(a.text()) || calls[c.name] < c.least || calls[c.name] > c.most {
			t.Errorf("%s: %d %q, asked %d times", c.name, a.status, a.text(), calls[c.name])
		}
		recorded := regexp.MustCompile(`asked="create /dev/null ` + c.name + ` [^\n]* id="` + c.why + `"`).MatchString(records)
		if recorded != (c.why != "") {
			t.Errorf("%s: recorded %v; %s", c.name, recorded, records)
		}
	}
	if deleted != "veth1001_AbCd" {
		t.Errorf("the interface that nobody was told of is deleted as %q", deleted)
	}
}

var (
	containerIn = regexp.MustCompile(`"container":"([a-z]*)"`)
	nameIn      = regexp.MustCompile(`"name":"([^"]*)"`)
)

// answerAs answers a call as the container's name says, and counts it.
func answerAs(connection *net.UnixConn, calls map[string]int, deleted *string) {
	raw, err := connection.SyscallConn()
	if err != nil {
		return
	}
	text := make([]byte, 4096)
	_ = raw.Read(func(fd uintptr) bool {
		n, _, err := unix.Recvfrom(int(fd), text, unix.MSG_PEEK)
		if errors.Is(err, unix.EAGAIN) {
			return false
		}
		text = text[:max(n, 0)]
		return true
	})
	found := containerIn.FindSubmatch(text)
	if found == nil {
		return
	}
	name := string(found[1])
	calls[name]++
	if name == "unread" && calls[name] < 3 {
		return
	}
	control := make([]byte, 100)
	_, controls, _, _, _ := connection.ReadMsgUnix(make([]byte, len(text)), control)
	messages, _ := unix.ParseSocketControlMessage(control[:controls])
	for i := range messages {
		descriptors, _ := unix.ParseUnixRights(&messages[i])
		for _, fd := range descriptors {
			_ = unix.Close(fd)
		}
	}
	const line, busy = `{"parameters":{"line":"eth0:2:veth1001_AbCd:17"}}`, `{"error":"org.userns-helpers.Nics.Busy","parameters":{"after":100}}`
	answer := line
	switch {
	case name == "silent":
		return
	case name == "busy", name == "soon" && calls[name] < 3:
		answer = busy
	case name == "nonsense":
		answer = `{"parameters":{"line":7}}`
	case name == "refuse":
		answer = `{"error":"org.userns-helpers.Nics.Refused","parameters":{"id":"over-quota","headline":"first","advice":"second","usage":false,"notes":[]}}`
	case name == "lineless":
		answer = `{"parameters":{}}`
	case bytes.Contains(text, []byte("Nics.Delete")):
		*deleted = string(nameIn.FindSubmatch(text)[1])
		answer = `{"parameters":{}}`
	}
	_, _ = io.WriteString(connection, answer+"\x00")
}

// TestServiceMissing: without a service the first line is what it always was, and the second one says both ways out; also where
// whoever listens is not root.
func TestServiceMissing(t *testing.T) {
	w := staged(t, "")
	a := w.call(alice, words("create /dev/null c1 {pid} veth br0 eth0")...)
	if a.status != 1 || a.text() != "lxc-user-nic: Not privileged\nlxc-user-nic: lxc-user-nic does not have the setuid bit: install it with chown root:root and chmod 4755; "+
		"or have the administrator enable the service that needs no setuid bit (userns-helperd(8)): nothing listens on "+paths.Nics()+"\n" || a.why != "not-privileged" {
		t.Errorf("%d %q %q", a.status, a.text(), a.why)
	}
	listener := harness.Listens(t, paths.Nics())
	raw, err := listener.SyscallConn()
	w.must(err)
	w.must(raw.Control(func(fd uintptr) { // a client is shown the credentials of listen(2)
		harness.As(t, bob.owner(), func() { err = unix.Listen(int(fd), 10) })
	}))
	w.must(err)
	a = w.call(alice, words("create /dev/null c1 {pid} veth br0 eth0")...)
	if a.status != 1 || !strings.HasPrefix(a.text(), "lxc-user-nic: Not privileged\n") || !strings.Contains(a.text(), "is not root here") {
		t.Errorf("%d %q", a.status, a.text())
	}
}

var serviceStride = flag.Int("service-stride", 5, "kill the service's worker at every nth system call")

// TestServiceKilled: a worker that is killed at any system call leaves no interface that is not counted and recorded, and takes no
// room in the quota with it; the caller, who is told that nobody knows, asks nobody twice whose call may have been done.
func TestServiceKilled(t *testing.T) {
	w := staged(t, "alice veth br0 1\n")
	w.helper = *ours // but for the calls to the service
	listener := harness.Listens(t, paths.Nics())
	w.hold(alice)
	ask := func() chan answer {
		result := make(chan answer)
		go func() {
			result <- w.callStarted(harness.Start{Timeout: 2 * patience}, *plain, alice, words("create /dev/null c1 {pid} veth br0 eth0")...)
		}()
		return result
	}
	all := harness.PointsOf(t, func(strace ...string) {
		result := ask()
		w.must(harness.ServeNext(t, listener, nil, append(strace, *helperd, "--worker", "nics")...))
		if told := <-result; told.status != 0 {
			t.Fatalf("%d %q", told.status, told.text())
		}
	})
	w.nic = column(w.ledger()[0], 4)
	w.remove(alice, "{ns} veth br0 {nic}")
	kills, again := 0, 0
	for i := 0; i < len(all); i += *serviceStride {
		when := all[i]
		journal.Records()
		result := ask()
		killed := harness.ServeNext(t, listener, nil, "strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject="+when, *helperd, "--worker", "nics") != nil
		records := strings.Join(journal.Records(), "\n")
		alive := w.alive(alice)
		if alive > 1 || alive == 1 && !strings.Contains(records, "result=granted") {
			t.Errorf("killed at %s: %d interfaces live; %q", when, alive, records)
		}
		var told answer
		select {
		case told = <-result:
		case <-time.After(300 * time.Millisecond): // it asks again: nobody has read its call
			again++
			if err := harness.ServeNext(t, listener, nil, *helperd, "--worker", "nics"); err != nil {
				t.Errorf("killed at %s: the next worker: %v", when, err)
			}
			told = <-result
		}
		if killed {
			kills++
		}
		t.Logf("at %s: killed %v, %d alive then, told %q, %d records", when, killed, alive, told.text(), strings.Count(records, "\n")+1)
		if silent := strings.Contains(told.text(), "The service did not answer"); told.status != 0 && !silent || told.status == 0 && w.alive(alice) != 1 {
			t.Errorf("killed at %s: %d %q", when, told.status, told.text())
		}
		// What is left counts, and is in nobody's way: one interface can be had, and not two.
		second := w.callStarted(harness.Start{}, *ours, alice, words("create /dev/null c1 {pid} veth br0 eth1")...)
		third := w.callStarted(harness.Start{}, *ours, alice, words("create /dev/null c1 {pid} veth br0 eth2")...)
		if alive := w.alive(alice); alive != 1 || third.status == 0 || !strings.Contains(third.text(), "Quota reached") {
			t.Errorf("killed at %s: %d interfaces live; then %q, %q", when, alive, second.text(), third.text())
		}
		for _, row := range w.ledger() {
			w.nic = column(row, 4)
			w.remove(alice, "{ns} veth br0 {nic}")
		}
	}
	fmt.Printf("observed: %s: killed at %d system calls, asked again %d times\n", t.Name(), kills, again)
	if len(all) < 150 || kills < len(all) / *serviceStride * 3 / 4 || again == 0 || again == kills {
		t.Errorf("killed at %d system calls only, of %d, asked again %d times", kills, len(all), again)
	}
}

// TestServiceDescribesItself: introspection, some calls on one connection.
func TestServiceDescribesItself(t *testing.T) {
	serve(t)
	harness.Describes(t, harness.Dial(t, paths.Nics(), alice.owner()), wire.Nics, "Create")
}
