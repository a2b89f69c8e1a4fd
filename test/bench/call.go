package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// call is one call of a program by an ordinary user.
type call struct {
	argv  []string // argv[0] is the absolute path
	uid   uint32   // and gid
	after func(stdout string) error
}

// environment is the one of every call, a short one.
func environment() []string { return []string{"PATH=/usr/bin:/bin", "LANG=C.UTF-8"} }

// output is a file in memory, since a pipe would need a reader.
func output() (*os.File, error) {
	fd, err := unix.MemfdCreate("output", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("memfd_create: %w", err)
	}
	return os.NewFile(uintptr(fd), "output"), nil
}

// start starts the program; Go's fork is a vfork, whose cost does not depend on this process.
func (c call) start(argv []string, out *os.File) (int, error) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	return syscall.ForkExec(argv[0], argv, &syscall.ProcAttr{
		Dir: "/", Env: environment(), Files: []uintptr{null.Fd(), out.Fd(), out.Fd()},
		Sys: &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: c.uid, Gid: c.uid}},
	})
}

// run calls the program once. Every call has to succeed, or its time says nothing.
func (c call) run() (sample, error) {
	out, err := output()
	if err != nil {
		return sample{}, err
	}
	defer out.Close()
	began := time.Now()
	pid, err := c.start(c.argv, out)
	if err != nil {
		return sample{}, fmt.Errorf("%q: %w", c.argv, err)
	}
	var status syscall.WaitStatus
	var used syscall.Rusage
	for {
		if _, err = syscall.Wait4(pid, &status, 0, &used); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	s := sample{time.Since(began), time.Duration(used.Utime.Nano() + used.Stime.Nano()), used.Minflt + used.Majflt}
	return s, errors.Join(err, c.finish(status, out))
}

// finish judges the end of a call.
func (c call) finish(status syscall.WaitStatus, out *os.File) error {
	text := make([]byte, 4096)
	n, _ := out.ReadAt(text, 0)
	if status.ExitStatus() != 0 {
		return fmt.Errorf("%q: exit status %d: %s", c.argv, status.ExitStatus(), text[:n])
	}
	if c.after == nil {
		return nil
	}
	return c.after(string(text[:n]))
}

// peak calls the program once and returns how much memory was resident at most, in KiB: ru_maxrss would be that of this
// process, if it is more, so the program is held at its exit and asked. A tracer with CAP_SYS_PTRACE that was there before
// execve(2) leaves the setuid bit in force.
func (c call) peak() (kib int64, err error) {
	runtime.LockOSThread() // ptrace(2) accepts requests of the tracing thread only
	defer runtime.UnlockOSThread()
	out, err := output()
	if err != nil {
		return 0, err
	}
	defer out.Close()
	pid, err := c.start(append([]string{"/bin/sh", "-c", `kill -STOP $$; exec "$@"`, "sh"}, c.argv...), out)
	if err != nil {
		return 0, err
	}
	var status unix.WaitStatus
	if _, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil); err != nil || !status.Stopped() {
		return 0, fmt.Errorf("the shell did not stop: %w", err)
	}
	if err := seize(pid); err != nil {
		return 0, err
	}
	for {
		if _, err := unix.Wait4(pid, &status, unix.WALL, nil); err != nil {
			return 0, fmt.Errorf("wait4: %w", err)
		}
		switch {
		case status.Exited(), status.Signaled():
			return kib, c.finish(syscall.WaitStatus(status), out)
		case status.TrapCause() == unix.PTRACE_EVENT_EXIT:
			if kib, err = residentAtMost(pid); err != nil {
				return 0, err
			}
		}
		if err := unix.PtraceCont(pid, passedOn(status)); err != nil {
			return 0, fmt.Errorf("ptrace: %w", err)
		}
	}
}

// passedOn is the signal that a stopped process was about to get, 0 if it stopped for the tracer.
func passedOn(status unix.WaitStatus) int {
	switch signal := status.StopSignal(); signal {
	case unix.SIGTRAP, unix.SIGSTOP, unix.SIGCONT:
		return 0
	default:
		return int(signal)
	}
}

func seize(pid int) error {
	if err := unix.PtraceSeize(pid); err != nil {
		return fmt.Errorf("ptrace: %w", err)
	}
	if err := unix.PtraceInterrupt(pid); err != nil {
		return fmt.Errorf("ptrace: %w", err)
	}
	if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != nil {
		return fmt.Errorf("wait4: %w", err)
	}
	if err := unix.PtraceSetOptions(pid, unix.PTRACE_O_TRACEEXIT|unix.PTRACE_O_EXITKILL); err != nil {
		return fmt.Errorf("ptrace: %w", err)
	}
	if err := unix.Kill(pid, unix.SIGCONT); err != nil {
		return err
	}
	return unix.PtraceCont(pid, 0)
}

// residentAtMost reads VmHWM of proc_pid_status(5).
func residentAtMost(pid int) (int64, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return 0, err
	}
	_, rest, found := bytes.Cut(text, []byte("VmHWM:"))
	fields := strings.Fields(string(rest))
	if !found || len(fields) == 0 {
		return 0, fmt.Errorf("no VmHWM of process %d", pid)
	}
	return strconv.ParseInt(fields[0], 10, 64)
}
