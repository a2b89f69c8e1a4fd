package harness

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Service is a userns-helperd that runs.
type Service struct{ PID int }

// Serve starts a userns-helperd in a role on a socket, and ends it with the test. options go before --listen.
func Serve(t testing.TB, program, socket, role string, options ...string) *Service {
	t.Helper()
	return ServeBy(t, socket, append(append([]string{program}, options...), "--listen", socket, role)...)
}

// ServeBy is Serve by a command line, which may be that of another program that executes it.
func ServeBy(t testing.TB, socket string, argv ...string) *Service {
	t.Helper()
	command := exec.Command(argv[0], argv[1:]...)
	command.Env, command.Stderr = []string{}, os.Stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = os.Remove(socket)
	})
	for range 200 {
		if _, err := os.Stat(socket); err == nil {
			return &Service{command.Process.Pid}
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("the service does not listen")
	return nil
}

// Holds is how many descriptors the service has, and its children.
func (s *Service) Holds(t testing.TB) (descriptors int, children string) {
	t.Helper()
	files, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", s.PID))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", s.PID, s.PID))
	if err != nil {
		t.Fatal(err)
	}
	return len(files), string(text)
}

// Quiet waits until the service has no children, and as many descriptors as it had.
func (s *Service) Quiet(t testing.TB, descriptors int) {
	t.Helper()
	s.QuietWithin(t, descriptors, 5*time.Second)
}

// QuietWithin is Quiet with a patience.
func (s *Service) QuietWithin(t testing.TB, descriptors int, patience time.Duration) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if n, children := s.Holds(t); n == descriptors && children == "" {
			return
		}
	}
	n, children := s.Holds(t)
	t.Errorf("the service has %d descriptors, %d at its start, and the children %q", n, descriptors, children)
}

// Raw is a connection to a service, for what no program of ours sends.
type Raw struct{ FD int }

// Dial connects to a socket as somebody, until the test ends.
func Dial(t testing.TB, socket string, who Owner) Raw {
	t.Helper()
	connection, err := Connect(t, socket, who)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(connection.Close)
	return connection
}

// Connect is Dial where that may fail; the caller closes the connection.
func Connect(t testing.TB, socket string, who Owner) (Raw, error) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return Raw{-1}, err
	}
	As(t, who, func() { err = unix.Connect(fd, &unix.SockaddrUnix{Name: socket}) })
	if err != nil {
		_ = unix.Close(fd)
		return Raw{-1}, err
	}
	return Raw{fd}, nil
}

// DialDead is a connection to a socket whose peer has ended: another process connects this one's socket.
func DialDead(t testing.TB, socket string) Raw {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(fd) })
	command := exec.Command("/usr/bin/perl", "-e", `use Socket; open(S, "+<&=3") && connect(S, pack_sockaddr_un("`+socket+`")) || die $!`)
	own, err := unix.Dup(fd)
	if err != nil {
		t.Fatal(err)
	}
	file := os.NewFile(uintptr(own), "socket")
	defer file.Close()
	command.ExtraFiles = []*os.File{file}
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return Raw{fd}
}

// Close closes the connection.
func (r Raw) Close() { _ = unix.Close(r.FD) }

// As runs f on a thread with the effective ids of somebody else: those that a socket shows its peer.
func As(t testing.TB, who Owner, f func()) {
	t.Helper()
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	const same = ^uintptr(0)
	set := func(uid, gid uint32) {
		for _, call := range [][2]uintptr{{unix.SYS_SETRESUID, 0}, {unix.SYS_SETRESGID, uintptr(gid)}, {unix.SYS_SETRESUID, uintptr(uid)}} {
			if _, _, err := unix.RawSyscall(call[0], same, call[1], same); err != 0 {
				t.Fatal(err)
			}
		}
	}
	set(who.UID, who.GID)
	defer set(0, 0)
	f()
}

// Send sends text with descriptors.
func (r Raw) Send(text string, descriptors ...int) error {
	var control []byte
	if len(descriptors) > 0 {
		control = unix.UnixRights(descriptors...)
	}
	return unix.Sendmsg(r.FD, []byte(text), control, nil, unix.MSG_NOSIGNAL)
}

// Reply reads up to a NUL; "" where the connection ends without one.
func (r Raw) Reply() string {
	_ = unix.SetsockoptTimeval(r.FD, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: 8})
	var text []byte
	for {
		var one [1]byte
		n, err := unix.Read(r.FD, one[:])
		switch {
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EAGAIN):
			return "(nothing in 8 seconds)"
		case n <= 0:
			return ""
		case one[0] == 0:
			return string(text)
		default:
			text = append(text, one[0])
		}
	}
}

// Listens listens in a service's place.
func Listens(t testing.TB, socket string) *net.UnixListener {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(socket), 0o755); err != nil {
		t.Fatal(err)
	}
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	if err := os.Chmod(socket, 0o666); err != nil {
		t.Fatal(err)
	}
	return listener
}

// ServeNext has a worker, a command line, serve the next connection, with more descriptors behind that, and returns how it ended.
func ServeNext(t testing.TB, listener *net.UnixListener, more []*os.File, argv ...string) error {
	t.Helper()
	connection, err := listener.AcceptUnix()
	if err != nil {
		t.Fatal(err)
	}
	file, err := connection.File()
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
	command := exec.Command(argv[0], argv[1:]...)
	command.Env, command.ExtraFiles = []string{"PATH=/usr/bin:/bin"}, append([]*os.File{file}, more...)
	var trouble strings.Builder
	command.Stderr = &trouble
	err = command.Run()
	_ = file.Close()
	if err != nil {
		return fmt.Errorf("%w: %s", err, trouble.String())
	}
	return nil
}

// PointsOf are the system calls that a worker makes from where it looks at its peer, in their order, as strace(1) is told of
// them: it counts the calls of a thread by their names. run has a worker serve once, as the command of strace.
func PointsOf(t testing.TB, run func(strace ...string)) (points []string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "trace")
	run("strace", "-f", "-qq", "-o", file)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	count, thread := map[string]int{}, ""
	for _, line := range strings.Split(string(text), "\n") {
		found := called.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		count[found[1]+found[2]]++
		if thread == "" && strings.Contains(line, "SO_PEERCRED") {
			thread = found[1]
		}
		if thread == found[1] && found[2] != "exit_group" {
			points = append(points, fmt.Sprintf("%s:signal=KILL:when=%d", found[2], count[found[1]+found[2]]))
		}
	}
	return points
}

var called = regexp.MustCompile(`^(\d+) +([a-z_0-9]+)\(`)

// Describes asks for an interface of Varlink, which has a method, in some calls on one connection.
func Describes(t testing.TB, connection Raw, name, method string) {
	t.Helper()
	for call, want := range map[string]string{
		`{"method":"org.varlink.service.GetInfo"}`:                                                                  name,
		`{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"` + name + `"}}`:        "method " + method + "(",
		`{"method":"org.varlink.service.GetInterfaceDescription","parameters":{"interface":"org.varlink.service"}}`: "method GetInfo(",
	} {
		if err := connection.Send(call + "\x00"); err != nil {
			t.Fatal(err)
		}
		got := connection.Reply()
		var parsed struct{ Parameters map[string]any }
		if err := json.Unmarshal([]byte(got), &parsed); err != nil || !strings.Contains(fmt.Sprint(parsed.Parameters), want) {
			t.Errorf("%s: %v, %q", call, err, got)
		}
	}
}
