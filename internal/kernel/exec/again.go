package exec

import (
	"errors"
	"syscall"

	"golang.org/x/sys/unix"
)

// Child is this program, executed again: a process that can be killed whatever it waits for in the kernel, but for what no
// signal ends.
type Child struct {
	PID   int
	Pidfd int // readable when it has ended
}

// Again executes this program with arguments, its name first, and without an environment. Its descriptors are 0 to 2 of this
// process and, from 3 on, files. It has what this thread is permitted, and no more: no_new_privs, prctl(2), is set. What is
// executed is the file that this process runs, whatever has its name by now. It needs Linux 5.3.
func Again(arguments []string, files ...int) (Child, error) {
	passed := []uintptr{0, 1, 2}
	for _, fd := range files {
		passed = append(passed, uintptr(fd))
	}
	c := Child{Pidfd: -1}
	var err error
	c.PID, err = syscall.ForkExec("/proc/self/exe", arguments, &syscall.ProcAttr{
		Dir: "/", Env: []string{}, Files: passed, Sys: &syscall.SysProcAttr{Setsid: true, PidFD: &c.Pidfd},
	})
	if err == nil && c.Pidfd < 0 { // before Linux 5.4: clone(2) gives none
		c.Pidfd, err = unix.PidfdOpen(c.PID, 0)
	}
	return c, err
}

// Kill kills it. It has ended when Pidfd is readable, not before.
func (c Child) Kill() { _ = unix.PidfdSendSignal(c.Pidfd, unix.SIGKILL, nil, 0) }

// Reap forgets a child that has ended, and reports whether it exited with status 0.
func (c Child) Reap() bool {
	var status unix.WaitStatus
	for {
		_, err := unix.Wait4(c.PID, &status, 0, nil)
		if !errors.Is(err, unix.EINTR) {
			_ = unix.Close(c.Pidfd)
			return err == nil && status.Exited() && status.ExitStatus() == 0
		}
	}
}
