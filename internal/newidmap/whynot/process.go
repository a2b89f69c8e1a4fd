package whynot

import (
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/text/verdict"
)

// noProcess is about a process that could not be opened. A descriptor that is not one of a process makes the command line
// wrong; a process that is not there does not.
func (l Looks) noProcess(e *noProcess) verdict.Verdict {
	advice := explainProcess(e.named, e.err)
	if e.err.Descriptor() {
		return verdict.Verdict{Refused: true, Usage: true, Advice: advice}
	}
	return verdict.Verdict{
		Headline: "Could not open proc directory for target " + name(e.named) + ": " + strerror(errnoOf(e.err)), Advice: advice,
	}
}

// name is the process as the command line names it.
func name(named idmap.Target) string {
	if named.FD >= 0 {
		return "fd:" + strconv.Itoa(named.FD)
	}
	return strconv.Itoa(named.PID)
}

// errnoOf is the error number for the first line, where the cause was not one of a system call too.
func errnoOf(err *target.Error) unix.Errno {
	if err.Errno == 0 {
		return unix.ENOENT
	}
	return err.Errno
}

func explainProcess(named idmap.Target, err *target.Error) string {
	fd := name(named)
	switch err.Cause {
	case target.Gone:
		return "there is no such process (any more): it ended, or it is in another PID namespace; start it again, and wait for it " +
			"before this program is called"
	case target.Hidden:
		return "the process exists, but /proc hides it from you: /proc is mounted with hidepid, or for another PID namespace, or " +
			"the process is not yours or not dumpable; see the mount options of /proc"
	case target.NoProc:
		return "no procfs is mounted on /proc here: mount one (mount -t proc proc /proc)"
	case target.OutsidePidNS:
		return "the process of the pidfd is in a PID namespace that this /proc does not show: call this program where the process has a PID"
	case target.OldKernel:
		return "the kernel does not say which process a descriptor stands for (it needs Linux 5.1, and a seccomp filter that lets " +
			"pidfd_send_signal(2) through): pass the PID"
	case target.NotOpen:
		return fd + " is not an open descriptor: pass it on to this program (without close-on-exec)"
	case target.NotInherited:
		return fd + " was not passed on to this program: what has that number here is this program's own"
	case target.NotDirectory:
		return fd + " is neither a directory nor a pidfd: pass an open /proc/PID, or what pidfd_open(2) returns"
	case target.OtherFS:
		return fd + " is a directory outside of this system's /proc: pass an open /proc/PID of the procfs that is mounted here"
	case target.NotProcess:
		return fd + " is a directory of /proc, but not that of a process: pass /proc/PID itself"
	case target.Unknown:
	}
	return "the directory of the process cannot be opened: " + strerror(errnoOf(err))
}
