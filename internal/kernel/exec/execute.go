// Package exec is the only one that executes a program.
//
// The program is named by its absolute path, must be a regular file that only root can write, and gets arguments,
// environment and descriptors that are all chosen here: nothing of the caller's except what privilege.Begin has reset
// or taken from them. It is in a session of its own, can gain nothing by executing others (no_new_privs), is killed with this
// process and when it takes too long, and what it prints is bounded. It trusts the program.
package exec

import (
	"errors"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
)

// Program is what is executed.
type Program struct {
	Path        string
	Arguments   []string // without the program's name
	Environment []string
	Patience    time.Duration
	Errors      bool // what it prints on standard error counts as output
}

// Result is a run that came to its end.
type Result struct {
	Status int    // exit status, -1 if a signal ended it
	Output []byte // at most LongestOutput bytes
}

// LongestOutput is how much a program can print, in bytes. It cannot write more.
const LongestOutput = 64 * 1024

// ErrTimeout says that the program was killed because it took too long.
var ErrTimeout = errors.New("it was killed because it took too long")

// ErrNotRoot says that this process is not root in all of its user ids, so that its caller could reach a program that
// it executes: trace it and forge its output.
var ErrNotRoot = errors.New("a program is only executed as root, and this process is not")

// ErrPrivileged says that a process with privileges was to execute a program as its caller.
var ErrPrivileged = errors.New("a program is never executed with the ids of the caller of a privileged one")

// AsRoot executes p with real, effective and saved user and group id 0 and no supplementary groups; caller is for whom.
//
// Errors: ErrNotRoot, ErrTimeout, *trusted.UntrustedError, those of the system calls.
func AsRoot(p Program, caller privilege.Standing) (Result, error) {
	ruid, euid, suid := unix.Getresuid()
	if ruid != 0 || euid != 0 || suid != 0 {
		return Result{}, ErrNotRoot
	}
	if err := privilege.PrepareExecution(); err != nil {
		return Result{}, err
	}
	return p.run(&syscall.Credential{Uid: 0, Gid: 0}, caller)
}

// AsSelf executes p with the ids of a process that has no privileges. What p answers is worth as much as what the user
// of this process says.
//
// Errors: ErrPrivileged, and those of AsRoot.
func AsSelf(p Program) (Result, error) {
	if privileged, err := privilege.Raised(); privileged || err != nil {
		return Result{}, errors.Join(ErrPrivileged, err)
	}
	return p.run(nil, privilege.Reporter())
}

// run executes p and waits for its end.
func (p Program) run(as *syscall.Credential, caller privilege.Standing) (Result, error) {
	if err := check(p.Path, caller); err != nil {
		return Result{}, err
	}
	if err := closeOnExec(); err != nil {
		return Result{}, err
	}
	output, err := paper()
	if err != nil {
		return Result{}, err
	}
	defer unix.Close(output)
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return Result{}, err
	}
	defer unix.Close(null)
	errs := null
	if p.Errors {
		errs = output
	}
	status, err := p.execute(as, []uintptr{uintptr(null), uintptr(output), uintptr(errs)})
	if err != nil {
		return Result{}, err
	}
	text, err := written(output)
	return Result{status, text}, err
}

// check refuses a program that somebody other than root could have written. It is executed by its name, not by the
// descriptor: the directories on its path are root's as well.
func check(path string, caller privilege.Standing) error {
	file, err := trusted.Open(path, caller)
	if err == nil {
		file.Close()
	}
	return err
}

// execute starts the program and returns its exit status, or -1 if a signal ended it.
func (p Program) execute(as *syscall.Credential, files []uintptr) (int, error) {
	end := time.Now().Add(p.Patience)
	pid, pidfd, err := p.start(as, files)
	if err != nil {
		return -1, err
	}
	return finish(pid, pidfd, end)
}

// start starts the program, and returns its process and a descriptor of that, -1 where the kernel has none.
func (p Program) start(as *syscall.Credential, files []uintptr) (pid, pidfd int, err error) {
	pidfd = -1
	pid, err = syscall.ForkExec(p.Path, append([]string{p.Path}, p.Arguments...), &syscall.ProcAttr{
		Dir: "/", Env: append([]string{}, p.Environment...), Files: files,
		Sys: &syscall.SysProcAttr{Credential: as, Setsid: true, Pdeathsig: syscall.SIGKILL, PidFD: &pidfd},
	})
	return pid, pidfd, err
}

// finish waits until the process has ended, kills it at the end of patience, and returns its exit status.
func finish(pid, pidfd int, end time.Time) (int, error) {
	waited := await(pid, pidfd, end)
	if waited != nil {
		_ = unix.Kill(-pid, unix.SIGKILL) // its session is a process group: with what it started itself
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

// nap is how long a process without a descriptor is left alone between two looks.
const nap = 5 * time.Millisecond

// await waits until the process has ended, and closes pidfd. Before Linux 5.2 a process has none (clone(2), CLONE_PIDFD),
// and is looked at again and again; to wait for its end is left to the caller.
func await(pid, pidfd int, end time.Time) error {
	if pidfd >= 0 {
		defer unix.Close(pidfd)
		return awaitDescriptor(pidfd, end)
	}
	for !endedYet(pid) {
		if time.Now().After(end) {
			return ErrTimeout
		}
		rest := unix.NsecToTimespec(nap.Nanoseconds())
		_ = unix.Nanosleep(&rest, nil)
	}
	return nil
}

// endedYet reports whether a child has ended; it stays to be waited for.
func endedYet(pid int) bool {
	var info unix.Siginfo
	err := unix.Waitid(unix.P_PID, pid, &info, unix.WEXITED|unix.WNOHANG|unix.WNOWAIT, nil)
	return err != nil && !errors.Is(err, unix.EINTR) || info.Signo != 0
}

// awaitDescriptor waits until the process behind pidfd has ended.
func awaitDescriptor(pidfd int, end time.Time) error {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	for {
		n, err := unix.Poll(fds, int(max(time.Until(end), 0).Milliseconds()))
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
