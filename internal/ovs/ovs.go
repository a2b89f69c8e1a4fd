// Package ovs puts interfaces on bridges of Open vSwitch, and is the only one that executes a program: ovs-vsctl(8).
//
// The program is executed by its absolute path, as root, with an empty environment, without any descriptor of the
// caller's, in a session of its own, and is killed when it takes too long. Nothing that others wait for is held
// meanwhile. It trusts ovs-vsctl, and that its arguments were checked: no name begins with a dash.
package ovs

import (
	"errors"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/paths"
)

// patience is how long ovs-vsctl may take, in milliseconds. Its own time limit is below, so that it can say what it was
// waiting for.
const (
	patience      = 8000
	ownPatience   = "--timeout=6"
	longestOutput = 2048
)

// Error is a run of ovs-vsctl that did not do what it should.
type Error struct {
	Status int    // exit status, -1 if there is none
	Output string // what it printed, one line
	Err    error  // why it did not run or did not end; nil if it did
}

// Error names the cause.
func (e *Error) Error() string {
	if e.Err != nil {
		return paths.OvsVsctl() + ": " + e.Err.Error()
	}
	return "ovs-vsctl ended with status " + strconv.Itoa(e.Status) + ": " + e.Output
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ErrTimeout says that ovs-vsctl was killed because it took too long.
var ErrTimeout = errors.New("no answer within 8 seconds")

// IsBridge reports whether Open vSwitch has a bridge of that name. Errors are *Error: ENOENT if it is not installed.
func IsBridge(name string) (bool, error) {
	err := run("br-exists", name)
	var ended *Error
	if errors.As(err, &ended) && ended.Err == nil && ended.Status == 2 {
		return false, nil
	}
	return err == nil, err
}

// AddPort makes an interface a port of a bridge, and writes the user id of its owner and settings, columns of the table
// Port of ovs-vswitchd.conf.db(5), into the port's record: one transaction, so that there is no port without them.
func AddPort(bridge, nic string, uid uint32, settings ...string) error {
	owner := "external-ids:userns-helpers-uid=" + strconv.FormatUint(uint64(uid), 10)
	return run(append([]string{"--may-exist", "add-port", bridge, nic, "--", "set", "Port", nic, owner}, settings...)...)
}

// DeletePort takes an interface off a bridge. One that is not there is no error.
func DeletePort(bridge, nic string) error { return run("--if-exists", "del-port", bridge, nic) }

// run executes ovs-vsctl and waits for its end.
func run(arguments ...string) error {
	output, err := unix.MemfdCreate("ovs-vsctl", unix.MFD_CLOEXEC)
	if err != nil {
		return &Error{-1, "", err}
	}
	defer closeFD(output)
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return &Error{-1, "", err}
	}
	defer closeFD(null)
	status, err := execute(append([]string{paths.OvsVsctl(), ownPatience}, arguments...), null, output)
	if err != nil {
		return &Error{-1, "", err}
	}
	if status != 0 {
		return &Error{status, firstLine(output), nil}
	}
	return nil
}

// execute starts a program and returns its exit status, or -1 if a signal ended it.
func execute(arguments []string, null, output int) (int, error) {
	pidfd := -1
	attributes := syscall.ProcAttr{
		Dir: "/", Env: []string{}, Files: []uintptr{uintptr(null), uintptr(output), uintptr(output)},
		Sys: &syscall.SysProcAttr{
			Credential: &syscall.Credential{Uid: 0, Gid: 0}, Setsid: true, Pdeathsig: syscall.SIGKILL, PidFD: &pidfd,
		},
	}
	pid, err := syscall.ForkExec(arguments[0], arguments, &attributes)
	if err != nil {
		return -1, err
	}
	defer closeFD(pidfd)
	waited := await(pidfd)
	if waited != nil {
		_ = unix.Kill(pid, unix.SIGKILL)
	}
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(pid, &status, 0, nil)
		if !errors.Is(err, unix.EINTR) {
			return status.ExitStatus(), errors.Join(waited, err)
		}
	}
}

// await waits until the process behind pidfd has ended, patience at most.
func await(pidfd int) error {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, patience)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return err
		case n == 0:
			return ErrTimeout
		}
		return nil
	}
}

// firstLine is the first line that the program printed, without its name.
func firstLine(output int) string {
	buffer := make([]byte, longestOutput)
	n, err := unix.Pread(output, buffer, 0)
	if err != nil {
		return ""
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(buffer[:n])), "\n")
	return strings.TrimPrefix(line, "ovs-vsctl: ")
}

func closeFD(fd int) { _ = unix.Close(fd) }
