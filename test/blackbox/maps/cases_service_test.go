//go:build system

package maps

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/test/blackbox/harness"
)

// dial connects as somebody.
func dial(t *testing.T, who harness.Owner) harness.Raw {
	t.Helper()
	return harness.Dial(t, mapsSocket, who)
}

const oneRange = `[{"inside":0,"outside":100000,"count":10}]`

// request is a call of WriteMap.
func request(kind, ranges string) string {
	return `{"method":"org.userns-helpers.Maps.WriteMap","parameters":{"kind":"` + kind + `","target":"fd:3","process":0,"ranges":` + ranges + `}}` + "\x00"
}

// fileAt opens something that is no pidfd.
func fileAt(t *testing.T, path string, flags int) int {
	t.Helper()
	fd, err := unix.Open(path, flags|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

func pidfdOf(t *testing.T, pid, flags int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, flags)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	return fd
}

// standard puts the usual accounts and grants in place.
func standard(t *testing.T) {
	t.Helper()
	if err := (check{files: bothFiles}).furnish(); err != nil {
		t.Fatal(err)
	}
}

// TestServiceRefuses: what no program of ours sends is refused with the reason, nothing is written, and nothing is left open.
func TestServiceRefuses(t *testing.T) {
	standard(t)
	s := served(t)
	before, _ := s.Holds(t)
	target, err := harness.Hold(alice, "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Release()
	foreign, err := harness.Hold(bob, "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Release()
	dead, err := harness.Hold(alice, "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	pidfd := pidfdOf(t, target.PID, 0)
	deadfd := pidfdOf(t, dead.PID, 0)
	dead.Release()
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.Close(pipe[0]), unix.Close(pipe[1]) })
	many := make([]int, 253)
	for i := range many {
		many[i] = pidfd
	}
	const noParameter, noProcess, noAnswer = `InvalidParameter","parameters":{"parameter":"process"`, `"id":"fd-not-process"`, ""
	right := request("uid", oneRange)
	proc := fmt.Sprintf("/proc/%d", target.PID)
	type refusal struct {
		what        string
		text        string
		descriptors []int
		want        string
	}
	refusals := []refusal{
		{"no descriptor", right, nil, noParameter},
		{"two descriptors", right, []int{pidfd, pidfd}, noParameter},
		{"253 descriptors", right, many, noParameter},
		{"a file", right, []int{fileAt(t, "/etc/passwd", unix.O_RDONLY)}, noProcess},
		{"a directory", right, []int{fileAt(t, "/", unix.O_RDONLY|unix.O_DIRECTORY)}, noProcess},
		{"a directory of /proc", right, []int{fileAt(t, proc, unix.O_RDONLY|unix.O_DIRECTORY)}, noProcess},
		{"opened with O_PATH", right, []int{fileAt(t, proc, unix.O_PATH)}, noProcess},
		{"a pipe", right, []int{pipe[0]}, noProcess},
		{"a user namespace", right, []int{fileAt(t, proc+"/ns/user", unix.O_RDONLY)}, noProcess},
		{"a map", right, []int{fileAt(t, proc+"/uid_map", unix.O_RDONLY)}, noProcess},
		{"a connection to the service", right, []int{dial(t, alice).FD}, noProcess},
		{"a pidfd of a process that ended", right, []int{deadfd}, `"id":"process-gone"`},
		{"a pidfd of another user's process", right, []int{pidfdOf(t, foreign.PID, 0)}, `"id":"other-user"`},
		{"ranges that nobody granted", request("uid", `[{"inside":0,"outside":5,"count":10}]`), []int{pidfd}, `"id":"not-granted"`},
		{"the first id of all", request("gid", `[{"inside":0,"outside":0,"count":1}]`), []int{pidfd}, `"id":"not-granted"`},
		{"a count of 0 (shadow#1689)", request("uid", `[{"inside":0,"outside":100000,"count":0}]`), []int{pidfd}, `"id":"out-of-bounds"`},
		{"a count that wraps (CVE-2016-6252)", request("uid", `[{"inside":0,"outside":100000,"count":4294967295}]`), []int{pidfd}, `"id":"out-of-bounds"`},
		{"341 ranges", request("uid", "["+strings.TrimSuffix(strings.Repeat(strings.Trim(oneRange, "[]")+",", 341), ",")+"]"), []int{pidfd}, `"id":"too-many-ranges"`},
		{"no ranges", request("uid", "[]"), []int{pidfd}, `"parameter":"ranges"`},
		{"a range too large for 32 bits", request("uid", strings.Replace(oneRange, "100000", "4294967296", 1)), []int{pidfd}, `"parameter":"ranges"`},
		{"a range with more in it", request("uid", strings.Replace(oneRange, "}", `,"x":1}`, 1)), []int{pidfd}, `"parameter":"ranges"`},
		{"a negative id", request("uid", strings.Replace(oneRange, "100000", "-1", 1)), []int{pidfd}, `"parameter":"ranges"`},
		{"another kind", request("pid", oneRange), []int{pidfd}, `"parameter":"kind"`},
		{"another process", strings.Replace(right, `"process":0`, `"process":1`, 1), []int{pidfd}, noParameter},
		{"a name that is none", strings.Replace(right, `"fd:3"`, `"\u001b[2J"`, 1), []int{pidfd}, `"id":"bad-process"`},
		{"more than one answer", strings.Replace(right, `{"method"`, `{"more":true,"method"`, 1), []int{pidfd}, `"parameter":"more"`},
		{"no answer", strings.Replace(right, `{"method"`, `{"oneway":true,"method"`, 1), []int{pidfd}, `"parameter":"oneway"`},
		{"a member that nobody knows", strings.Replace(right, `{"method"`, `{"uid":0,"method"`, 1), []int{pidfd}, noAnswer},
		{"a parameter that nobody knows", strings.Replace(right, `{"kind"`, `{"uid":0,"kind"`, 1), []int{pidfd}, `"parameter":"parameters"`},
		{"a member twice", strings.Replace(right, `{"kind"`, `{"kind":"gid","kind"`, 1), []int{pidfd}, `"parameter":"parameters"`},
		{"a method that nobody knows", strings.Replace(right, "WriteMap", "EatMap", 1), []int{pidfd}, "MethodNotFound"},
		{"nothing", "\x00", []int{pidfd}, noAnswer},
		{"no JSON", "GET / HTTP/1.0\r\n\r\n\x00", []int{pidfd}, noAnswer},
		{"no end", strings.Repeat("x", 70_000), []int{pidfd}, noAnswer},
		{"an end after too much", strings.Repeat(" ", 66_000) + right, []int{pidfd}, noAnswer},
		{"half a call, and no more", right[:40], []int{pidfd}, noAnswer},
	}
	if fd, err := unix.PidfdOpen(target.PID, unix.O_EXCL); err == nil { // PIDFD_THREAD, since Linux 6.9: of a main thread it is the process
		_ = unix.Close(fd)
		refusals = append(refusals, refusal{"a thread", right, []int{pidfdOf(t, unix.Gettid(), unix.O_EXCL)}, `"error"`})
	}
	for _, c := range refusals {
		t.Run(c.what, func(t *testing.T) {
			connection := dial(t, alice)
			_ = connection.Send(c.text, c.descriptors...)
			if got := connection.Reply(); got != c.want && (c.want == noAnswer || !strings.Contains(got, c.want)) {
				t.Errorf("answered %q, want %q", got, c.want)
			}
		})
	}
	if got := target.Read("uid_map") + target.Read("gid_map"); got != "" {
		t.Errorf("something was written: %q", got)
	}
	connection := dial(t, alice)
	if err := connection.Send(right, pidfd); err != nil || connection.Reply() != `{"parameters":{"notes":[]}}` || target.Read("uid_map") != "0 100000 10" {
		t.Errorf("the next call: %v, %q", err, target.Read("uid_map"))
	}
	s.Quiet(t, before+1) // the connection that was sent over another one
}

// TestServicePeers: who is served, and who is not.
func TestServicePeers(t *testing.T) {
	standard(t)
	s := served(t)
	before, _ := s.Holds(t)
	for _, c := range []struct {
		what, why string
		dial      func() harness.Raw
	}{
		{"nobody", "peer-unmapped", func() harness.Raw { return dial(t, harness.Owner{UID: 65534, GID: 2001}) }},
		{"nogroup", "peer-unmapped", func() harness.Raw { return dial(t, harness.Owner{UID: 1001, GID: 65534}) }},
		{"a process that ended", "peer-unknown", func() harness.Raw { return harness.DialDead(t, mapsSocket) }},
	} {
		journal.Records()
		connection := c.dial()
		_ = connection.Send(request("uid", oneRange), fileAt(t, "/", unix.O_RDONLY))
		if got := connection.Reply(); !strings.Contains(got, `"id":"`+c.why+`"`) {
			t.Errorf("%s: %q, want %q", c.what, got, c.why)
		}
	}
	s.Quiet(t, before)
}

// TestSharesUsers: what tells whom many user ids are charged to.
func TestSharesUsers(t *testing.T) {
	standard(t)
	target, err := harness.Hold(alice, "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	pid := target.PID
	for what, c := range map[string]struct {
		pid  int
		want bool
	}{"this process": {os.Getpid(), true}, "the first": {1, true}, "in another namespace": {pid, false}, "of another PID namespace": {0, false}} {
		if got := privilege.SharesUsers(c.pid); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
	target.Release()
	if privilege.SharesUsers(pid) {
		t.Error("one that has ended")
	}
}

// TestServiceElsewhere: who is in another PID namespace is refused, since uid 1001 of a container may be anybody, and served
// where the administrator allows it.
func TestServiceElsewhere(t *testing.T) {
	standard(t)
	inside := func() string {
		command := exec.Command("unshare", "--pid", "--fork", "--mount-proc", "setpriv", "--reuid=1001", "--regid=2001", "--clear-groups",
			"sh", "-c", "unshare -U sleep 60 & sleep 0.1; "+base+"/ours/plain/newuidmap $! 0 100000 10; echo $?; cat /proc/$!/uid_map; kill $!")
		command.Dir = "/"
		out, _ := command.CombinedOutput()
		return strings.Join(strings.Fields(string(out)), " ")
	}
	t.Run("refused", func(t *testing.T) {
		served(t)
		journal.Records()
		if got, why := inside(), harness.ReasonIn(journal.Records()); !strings.Contains(got, "does not serve you") || !strings.HasSuffix(got, " 1") || why != "peer-elsewhere" {
			t.Errorf("%q, %q", got, why)
		}
	})
	t.Run("allowed", func(t *testing.T) {
		served(t, "--pid-namespaces")
		if got := inside(); got != "0 0 100000 10" {
			t.Errorf("%q", got)
		}
	})
}

// TestServiceBefore65: a kernel that keeps no process of a peer, as before Linux 6.5, has its number only, and another process
// may have that by now. So the worker knows the one that was opened when the connection was taken, or nobody.
func TestServiceBefore65(t *testing.T) {
	standard(t)
	const old = "inject=getsockopt:error=ENOPROTOOPT:when="
	if err := harness.Install(*oursFlag+"/userns-helperd", base+"/service", "userns-helperd", 0o755); err != nil {
		t.Fatal(err)
	}
	// SO_PEERPIDFD is the third question of a worker, and the first one of the listener, whose workers strace leaves alone.
	worker := []string{"strace", "-f", "-qq", "-o", "/dev/null", "-e", old + "3", base + "/service/userns-helperd", "--worker", "maps"}
	call := func(serve func(target int)) (uidMap, why string) {
		target, err := harness.Hold(alice, "unshare", "-U", "cat")
		if err != nil {
			t.Fatal(err)
		}
		defer target.Release()
		journal.Records()
		done := make(chan struct{})
		go func() {
			defer close(done)
			start := harness.Start{Path: base + "/ours/plain/newuidmap", Argv: []string{"newuidmap", strconv.Itoa(target.PID), "0", "100000", "10"}, UID: alice.UID, GID: alice.GID}
			_, _ = start.Run()
		}()
		serve(target.PID)
		<-done
		return target.Read("uid_map"), harness.ReasonIn(journal.Records())
	}
	listener := harness.Listens(t, mapsSocket)
	if got, why := call(func(int) { harness.ServeNext(t, listener, nil, worker...) }); got != "" || why != "peer-unknown" {
		t.Errorf("a number alone: %q, %q", got, why)
	}
	if got, _ := call(func(pid int) {
		process := os.NewFile(uintptr(pidfdOf(t, pid, 0)), "pidfd") // of the same PID namespace
		harness.ServeNext(t, listener, []*os.File{process}, append(worker, "--pidfd")...)
	}); got != "0 100000 10" {
		t.Errorf("with the process: %q", got)
	}
	_ = listener.Close()
	s := servedUnder(t, []string{"strace", "-f", "-b", "execve", "-qq", "-o", "/dev/null", "-e", old + "1"})
	tracer := strconv.Itoa(s.PID)
	traced, err := os.ReadFile("/proc/" + tracer + "/task/" + tracer + "/children")
	if err != nil {
		t.Fatal(err)
	}
	if s.PID, err = strconv.Atoi(strings.TrimSpace(string(traced))); err != nil {
		t.Fatal(err)
	}
	before, _ := s.Holds(t)
	if got, _ := call(func(int) {}); got != "0 100000 10" {
		t.Errorf("the whole service: %q", got)
	}
	idle := dial(t, alice)
	for end := time.Now().Add(5 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		if held, _ := s.Holds(t); held == before+2 { // the connection, and who made it
			break
		} else if time.Now().After(end) {
			t.Fatalf("%d descriptors, and %d before an idle connection", held, before)
		}
	}
	_ = unix.Shutdown(idle.FD, unix.SHUT_RDWR)
	s.Quiet(t, before)
}

// TestServiceInert: a file capability for the root of a user namespace that nobody has gives nothing (capabilities(7),
// "Namespaced file capabilities"), so that the program asks; LXC, which looks for one before it executes the program, sees it.
func TestServiceInert(t *testing.T) {
	standard(t)
	served(t)
	for tool, capability := range map[string]int{"newuidmap": unix.CAP_SETUID, "newgidmap": unix.CAP_SETGID} {
		if err := harness.Install(*oursFlag+"/"+tool, base+"/ours/inert", tool, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := harness.Inert(base+"/ours/inert/"+tool, capability); err != nil {
			t.Fatal(err)
		}
		target, err := harness.Hold(alice, "unshare", "-U", "cat")
		if err != nil {
			t.Fatal(err)
		}
		defer target.Release()
		journal.Records()
		result, err := harness.Start{Path: base + "/ours/inert/" + tool, Argv: []string{tool, strconv.Itoa(target.PID), "0", "100000", "10"}, UID: alice.UID, GID: alice.GID}.Run()
		if record := strings.Join(journal.Records(), " "); err != nil || result.Status != 0 || !strings.Contains(record, `via="service" peer=`) {
			t.Errorf("%s: %v, %+v, %s", tool, err, result, record)
		}
	}
}

// TestServiceDescribesItself: introspection, two calls on one connection.
func TestServiceDescribesItself(t *testing.T) {
	served(t)
	harness.Describes(t, dial(t, alice), "org.userns-helpers.Maps", "WriteMap")
}

// pretender listens in the service's place.
func pretender(t *testing.T, answer func(connection *net.UnixConn)) {
	t.Helper()
	listener := harness.Listens(t, mapsSocket)
	go func() {
		for {
			connection, err := listener.AcceptUnix()
			if err != nil {
				return
			}
			answer(connection)
			_ = connection.Close()
		}
	}()
}

// TestServiceSilent: a service that gives no answer, or a busy one, is asked again for five seconds, and the reason is said;
// an answer that got lost after the map was written is none that is missed.
func TestServiceSilent(t *testing.T) {
	standard(t)
	target, err := harness.Hold(alice, "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Release()
	var calls int
	write := false
	pretender(t, func(connection *net.UnixConn) {
		calls++
		buffer, control := make([]byte, 1000), make([]byte, 100)
		n, controls, _, _, _ := connection.ReadMsgUnix(buffer, control)
		messages, _ := unix.ParseSocketControlMessage(control[:controls])
		for i := range messages {
			descriptors, _ := unix.ParseUnixRights(&messages[i])
			for _, fd := range descriptors {
				_ = unix.Close(fd)
			}
		}
		switch {
		case bytes.Contains(buffer[:n], []byte(`"gid"`)):
			_, _ = io.WriteString(connection, `{"error":"org.userns-helpers.Maps.Busy","parameters":{"after":100}}`+"\x00")
		case write:
			if err := target.Write("uid_map", "0 100000 10\n"); err != nil {
				t.Error(err)
			}
		}
	})
	results := make(chan string)
	call := func(tool string) {
		start := harness.Start{Path: base + "/ours/plain/" + tool, Argv: []string{tool, strconv.Itoa(target.PID), "0", "100000", "10"}, UID: alice.UID, GID: alice.GID}
		result, err := start.Run()
		results <- fmt.Sprintf("%s: %d %v %s", tool, result.Status, err, result.Stderr)
	}
	go call("newuidmap")
	go call("newgidmap")
	said := <-results + <-results
	for _, want := range []string{ // "service-silent", "service-busy"
		"newuidmap: 1 <nil> newuidmap: the service did not answer\n", "newgidmap: 1 <nil> newgidmap: the service is busy\n",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("%q lacks %q", said, want)
		}
	}
	if calls < 20 {
		t.Errorf("the service was asked %d times in five seconds", calls)
	}
	write = true
	go call("newuidmap")
	if got := <-results; got != "newuidmap: 0 <nil> " {
		t.Errorf("an answer that got lost: %q", got)
	}
}

// TestServiceForeign: whoever listens in the service's place and is not root is not asked.
func TestServiceForeign(t *testing.T) {
	standard(t)
	target, err := harness.Hold(alice, "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Release()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(os.MkdirAll(filepath.Dir(mapsSocket), 0o755), unix.Bind(fd, &unix.SockaddrUnix{Name: mapsSocket}), os.Chmod(mapsSocket, 0o666)); err != nil {
		t.Fatal(err)
	}
	harness.As(t, bob, func() { err = unix.Listen(fd, 10) }) // a client is shown the credentials of listen(2)
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove(mapsSocket)
	result, err := harness.Start{Path: base + "/ours/plain/newuidmap", Argv: []string{"newuidmap", strconv.Itoa(target.PID), "0", "100000", "10"}, UID: alice.UID, GID: alice.GID}.Run()
	if err != nil || result.Status != 1 || result.FirstLine() != "newuidmap: write to uid_map failed: Operation not permitted" || !strings.Contains(result.Rest(), "is not root here") {
		t.Errorf("%v, %+v", err, result)
	}
	connection, _, err := unix.Accept(fd)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(connection)
	if n, err := unix.Read(connection, make([]byte, 10)); n != 0 || err != nil {
		t.Errorf("the listener was sent %d bytes, %v", n, err)
	}
}
