package privilege

import (
	"os/signal"

	"golang.org/x/sys/unix"
)

// shed undoes what the caller set up for this process before it was executed: umask, working directory, signal
// dispositions and mask, timers and their slack, and, where the program was raised, the scheduling class. Begin has raised
// the limits before. What fails is not needed: paths are absolute, and the Go runtime takes the signals of timers.
func shed(c Caller) error {
	unix.Umask(0o022)
	_ = unix.Chdir("/")
	ignoreTerminal()
	if err := unix.PthreadSigmask(unix.SIG_SETMASK, &unix.Sigset_t{}, nil); err != nil {
		return blockSignals.failed(err)
	}
	for _, timer := range []unix.ItimerWhich{unix.ITIMER_REAL, unix.ITIMER_VIRTUAL, unix.ITIMER_PROF} {
		_, _ = unix.Setitimer(timer, unix.Itimerval{})
	}
	if err := hide(); err != nil {
		return err
	}
	if c.raised {
		schedule()
	}
	tighten()
	return nil
}

// hide makes this process not dumpable: no ptrace(2), no core file, and /proc/PID is root's. The kernel has done so already
// when the program gained something by execve(2), unless fs.suid_dumpable says otherwise (proc_sys_fs(5)).
func hide() error {
	err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0)
	if err != nil && hidden() {
		err = nil
	}
	return hideMemory.failed(err)
}

// hidden reports whether the process is not dumpable.
func hidden() bool {
	now := look(unix.PR_GET_DUMPABLE)
	return now == 0 || now == dumpableByRoot
}

// dumpableByRoot is SUID_DUMP_ROOT, prctl(2): no user may look into the process.
const dumpableByRoot = 2

// slack is by how many nanoseconds a sleep or a wait with an end may be late, prctl(2): what Linux gives where nobody
// chose another.
const slack = 50_000

// tighten makes the waits of this thread, and of the programs that it executes, as exact as they are by default. The
// caller's own choice, which execve(2) keeps and which is also what "the default" means to PR_SET_TIMERSLACK, can be
// minutes for each wait; the entry point's is for the start. It comes after schedule, which gives a thread of a real-time
// class that default back.
func tighten() { _ = unix.Prctl(unix.PR_SET_TIMERSLACK, slack, 0, 0, 0) }

// ignoreTerminal ignores the signals that a terminal sends without asking for permission, and SIGPIPE: writing to a
// pipe that nobody reads is an error to handle, not an end between two steps. All threads.
func ignoreTerminal() {
	signal.Ignore(unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU, unix.SIGPIPE,
		unix.SIGALRM)
}

// schedule gives this thread the default scheduling class and nice value: the caller may have chosen SCHED_IDLE and
// nice 19. A kernel or a container that forbids it costs speed, nothing else. To look first costs a tenth of setting them.
func schedule() {
	class, _, err := unix.RawSyscall(unix.SYS_SCHED_GETSCHEDULER, 0, 0, 0) // with SCHED_RESET_ON_FORK
	nice, wrong := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err == 0 && wrong == nil && class == unix.SCHED_NORMAL && nice == usualNice {
		return
	}
	attributes := unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: unix.SCHED_NORMAL}
	_ = unix.SchedSetAttr(0, &attributes, 0)
}

// usualNice is nice value 0 as getpriority(2) returns it to x/sys: from 40, the highest priority, to 1.
const usualNice = 20

// limits that could end the program, or cut a write short, between two steps. The limit on core files goes to zero,
// the memory of this process being nobody's business; the limit on open files is raised to a number, not to infinity,
// which the kernel refuses (fs.nr_open).
var limits = [...]struct {
	resource int
	value    uint64
}{
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
func raiseLimits() {
	for _, l := range limits {
		setLimit(l.resource, l.value)
	}
}

// limitTime gives this process an end.
func limitTime() { setLimit(unix.RLIMIT_CPU, processorTime()) }

// processorTime is what this process may use, in seconds: a minute more than it has used already, before execve(2) too. No
// call takes a second; the limit bounds what no check could, a program that spins.
func processorTime() uint64 {
	var used unix.Rusage
	if unix.Getrusage(unix.RUSAGE_SELF, &used) != nil {
		return unix.RLIM_INFINITY
	}
	return uint64(used.Utime.Sec) + uint64(used.Stime.Sec) + 60
}

// setLimit sets both limits of a resource, or else raises the soft one to the hard one. Where neither may be done, as in
// gVisor, which lets nobody set any (EPERM), the limits stay: what they prevent says so when it fails. The soft one is set
// even if it is right: an executed program would get the entry point's limit on open files, which the runtime has kept for
// it, if nobody had chosen another since.
func setLimit(resource int, value uint64) {
	if unix.Setrlimit(resource, &unix.Rlimit{Cur: value, Max: value}) == nil {
		return
	}
	var limit unix.Rlimit
	if unix.Getrlimit(resource, &limit) == nil {
		limit.Cur = limit.Max
		_ = unix.Setrlimit(resource, &limit)
	}
}
