package privilege

import (
	"errors"
	"os/signal"

	"golang.org/x/sys/unix"
)

// shed undoes what the caller set up for this process before it was executed: umask, folder, signal dispositions and
// mask, timers, and, where the program was raised, the scheduling class. Begin has raised the limits before.
func shed(c Caller) error {
	unix.Umask(0o022)
	if err := unix.Chdir("/"); err != nil {
		return err
	}
	ignoreTerminal()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil); err != nil {
		return err
	}
	for _, timer := range []unix.ItimerWhich{unix.ITIMER_REAL, unix.ITIMER_VIRTUAL, unix.ITIMER_PROF} {
		if _, err := unix.Setitimer(timer, unix.Itimerval{}); err != nil {
			return err
		}
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return err
	}
	if !c.raised {
		return nil
	}
	schedule()
	return nil
}

// ignoreTerminal ignores the signals that a terminal sends without asking for permission, and SIGPIPE: writing to a
// pipe that nobody reads is an error to handle, not an end between two steps. All threads.
func ignoreTerminal() {
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPIPE,
		unix.SIGALRM)
}

// schedule gives this thread the default scheduling class and nice value: the caller may have chosen SCHED_IDLE and
// nice 19. A kernel or a container that forbids it costs speed, nothing else.
func schedule() {
	attributes := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}
	_ = unix.SchedSetAttr(0, &attributes, 0)
}

// limits that could end the program, or cut a write short, between two steps. The limit on core files goes to zero,
// the memory of this process being nobody's business; the limit on open files is raised to a number, not to infinity,
// which the kernel refuses (fs.nr_open). Pending signals are what roomForSignals is about.
var limits = [...]struct {
	resource int
	value    uint64
}{
	{unix.RLIMIT_SIGPENDING, unix.RLIM_INFINITY},
	{unix.RLIMIT_FSIZE, unix.RLIM_INFINITY},
	{unix.RLIMIT_NPROC, unix.RLIM_INFINITY},
	{unix.RLIMIT_AS, unix.RLIM_INFINITY},
	{unix.RLIMIT_DATA, unix.RLIM_INFINITY},
	{unix.RLIMIT_MEMLOCK, unix.RLIM_INFINITY},
	{unix.RLIMIT_NOFILE, 1 << 16},
	{unix.RLIMIT_CORE, 0},
}

// raiseLimits sets the limits of this process. Where the right to raise a hard limit is missing (CAP_SYS_RESOURCE counts
// in the initial user namespace only) the soft limit is raised to it, and what that still prevents fails.
func raiseLimits() error {
	for _, l := range limits {
		if err := setLimit(l.resource, l.value); err != nil {
			return err
		}
	}
	return setLimit(unix.RLIMIT_CPU, processorTime())
}

// processorTime is what this process may use, in seconds: a minute more than it has used already, before execve(2) too. No
// call takes a second; the limit bounds what no check could, a program that spins.
func processorTime() uint64 {
	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &used) != nil {
		return unix.RLIM_INFINITY
	}
	return uint64(used.Utime.Sec) + uint64(used.Stime.Sec) + 60
}

func setLimit(resource int, value uint64) error {
	err := unix.Setrlimit(resource, &unix.Rlimit{Cur: value, Max: value})
	if errors.Is(err, unix.EPERM) {
		return raiseSoft(resource)
	}
	return err
}

// raiseSoft raises a soft limit to the hard one.
func raiseSoft(resource int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(resource, &limit); err != nil {
		return err
	}
	limit.Cur = limit.Max
	return unix.Setrlimit(resource, &limit)
}

// CloseInherited closes the descriptors above 2 that the caller passed, except keep (negative: none).
//
// An inherited descriptor never has FD_CLOEXEC, the Go runtime's own (epoll, eventfd) always do and must stay open.
// Descriptors are handed out lowest first, so above the first free number there can be none of the runtime's, and
// close_range(2) closes the rest at once.
func CloseInherited(keep int) error {
	fd := 3
	for ; ; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil {
			break
		}
		if flags&unix.FD_CLOEXEC == 0 && fd != keep {
			_ = unix.Close(fd)
		}
	}
	if keep > fd {
		if err := closeRange(fd, uint(keep)-1); err != nil {
			return err
		}
		fd = keep + 1
	}
	return closeRange(fd, ^uint(0)>>33)
}

// mostDescriptors bounds what is closed one by one.
const mostDescriptors = 1 << 16

// closeRange closes first to last; before Linux 5.9, which has no close_range(2), one by one and below 65536.
func closeRange(first int, last uint) error {
	err := unix.CloseRange(uint(first), last, 0)
	if !errors.Is(err, unix.ENOSYS) {
		return err
	}
	for fd := first; uint(fd) <= min(last, mostDescriptors); fd++ {
		_ = unix.Close(fd)
	}
	return nil
}
