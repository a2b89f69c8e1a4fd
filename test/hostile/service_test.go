//go:build system

package hostile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// role is what one socket of the service is for. The tests of the service are made for each.
type role struct {
	name   string // on the command line of userns-helperd
	socket string
	call   string                             // a right call, without its NUL
	works  func(t testing.TB, u user) oneCall // makes one whole call by the program
}

// oneCall is one call of a program without privilege.
type oneCall struct {
	result
	wrong string // what is wrong with what it did, "" if nothing is
}

// Where the client programs are without a setuid bit, and the service.
const (
	plainPlace    = "/opt/hostile/plain"
	servicePlace  = "/opt/hostile/service"
	serviceBinary = servicePlace + "/userns-helperd"
)

// roles are those of the service.
var roles = []role{{
	name: "maps", socket: "/run/userns-helpers/maps.sock",
	call:  `{"method":"org.userns-helpers.Maps.WriteMap","parameters":{"kind":"uid","target":"fd:3","process":0,"ranges":[{"inside":0,"outside":BASE,"count":10}]}}`,
	works: mapsWork,
}}

// callOf is the right call of u's, with its NUL.
func (r role) callOf(u user) string {
	return strings.ReplaceAll(r.call, "BASE", strconv.Itoa(u.base())) + "\x00"
}

func mapsWork(t testing.TB, u user) oneCall {
	t.Helper()
	target, err := harness.Hold(u.owner(), "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Release()
	c := oneCall{result: call(t, u, plainPlace+"/newuidmap", strconv.Itoa(target.PID), "0", strconv.Itoa(u.base()), "10")}
	if now, want := target.Read("uid_map"), fmt.Sprintf("0 %d 10", u.base()); c.status != 0 || now != want {
		c.wrong = fmt.Sprintf("%v, map %q, want %q", c.result, now, want)
	}
	return c
}

// timely makes a call, and returns how long it took.
func (r role) timely(t *testing.T, u user, when string) time.Duration {
	t.Helper()
	c := r.works(t, u)
	if c.wrong != "" {
		t.Errorf("%s: %s's call: %s", when, u.name, c.wrong)
	}
	return c.took
}

// server is a service at work.
type server struct {
	pid         int
	command     *exec.Cmd
	descriptors int // that it has when nobody calls
}

// serves starts the service for a role, and ends it with the test.
func serves(t *testing.T, r role, options ...string) *server {
	t.Helper()
	return started(t, r, append(append([]string{serviceBinary}, options...), "--listen", r.socket, r.name)...)
}

func started(t *testing.T, r role, argv ...string) *server {
	t.Helper()
	s := &server{command: exec.Command(argv[0], argv[1:]...)}
	s.command.Env, s.command.Dir, s.command.Stderr = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, "/", os.Stderr
	if err := s.command.Start(); err != nil {
		t.Fatal(err)
	}
	s.pid = s.command.Process.Pid
	t.Cleanup(func() {
		_ = s.command.Process.Kill()
		_ = s.command.Wait()
		_ = os.Remove(r.socket)
	})
	awaited(t, "a socket", func() bool { _, err := os.Stat(r.socket); return err == nil })
	s.descriptors = len(s.holds(t))
	return s
}

// holds are the descriptors of the listener.
func (s *server) holds(t testing.TB) []string {
	t.Helper()
	return namesIn(t, fmt.Sprintf("/proc/%d/fd", s.pid))
}

// workers are the processes that the listener has started.
func (s *server) workers(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", s.pid, s.pid))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(text))
}

// quiet waits until the listener is as it was at its start: nothing has leaked.
func (s *server) quiet(t *testing.T, longest time.Duration) {
	t.Helper()
	for end := time.Now().Add(longest); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if len(s.workers(t)) == 0 && len(s.holds(t)) == s.descriptors {
			return
		}
	}
	t.Errorf("the service has %d descriptors, %d at its start, and the processes %q", len(s.holds(t)), s.descriptors, s.workers(t))
}

// alive fails the test if the listener has ended.
func (s *server) alive(t *testing.T) {
	t.Helper()
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.pid)); err != nil || strings.Contains(string(text), ") Z ") {
		t.Errorf("the service has ended: %v, %s", err, text)
	}
}

func namesIn(t testing.TB, directory string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// dial connects as a user id; there is no connection where that fails.
func dial(t testing.TB, r role, uid, gid uint32) (harness.Raw, error) {
	t.Helper()
	return harness.Connect(t, r.socket, harness.Owner{UID: uid, GID: gid})
}

// allDescriptors lets this process have as many descriptors as it may.
func allDescriptors(t *testing.T) {
	t.Helper()
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	limit.Cur = limit.Max
	if err = errors.Join(err, unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)); err != nil {
		t.Fatal(err)
	}
}

// installService installs the service and its clients, without a bit.
func installService() error {
	var errs []error
	for _, path := range []string{newuidmap, newgidmap, usernic} {
		errs = append(errs, harness.Install(filepath.Join(*oursFlag, filepath.Base(path)), plainPlace, filepath.Base(path), 0o755))
	}
	return errors.Join(append(errs, harness.Install(filepath.Join(*oursFlag, "userns-helperd"), servicePlace, "userns-helperd", 0o755))...)
}

// asker makes this process one of an attacker's: it connects to a socket, sends text and a pidfd of its own, if there is text,
// says so, and reads nothing; how: "stop" for a process that stops itself then.
func asker(socket, how string, text []string) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err == nil {
		err = unix.Connect(fd, &unix.SockaddrUnix{Name: socket})
	}
	if err == nil && len(text) > 0 {
		var pidfd int
		if pidfd, err = unix.PidfdOpen(os.Getpid(), 0); err == nil {
			err = unix.Sendmsg(fd, []byte(strings.ReplaceAll(text[0], "NUL", "\x00")), unix.UnixRights(pidfd), nil, 0)
		}
	}
	fmt.Println("sent", err)
	if how == "stop" {
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP)
	}
	time.Sleep(time.Hour)
}
