package whynot

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/whynot/install"
)

// fileClosed is about a file of the process that did not open.
func (l Looks) fileClosed(e *FileClosed) verdict.Verdict {
	uid, _ := l.Process.Owner()
	file, known := l.Process.FileOwner(e.File)
	v := explainOpen(e.Err, l.Process.Gone(), known && file != uid)
	if f := install.Observe(need(l.Kind), false); f.SetuidOther {
		v = verdict.Verdict{ID: noPrivilege, Advice: f.Explain(need(l.Kind))}
	}
	v.Headline = "open of " + e.File + " failed: " + strerror(e.Err)
	if e.File != l.Kind.MapFile() {
		v.Headline = "couldn't open process " + e.File + ": " + strerror(e.Err)
	}
	return v
}

// explainOpen says why a file of the process did not open; foreign says that the file does not belong to the user of the
// process.
func explainOpen(err error, gone, foreign bool) verdict.Verdict {
	switch {
	case gone || err == unix.ESRCH:
		return ended()
	case err == unix.EACCES && foreign:
		return verdict.Verdict{
			ID: notDumpable, Advice: "the process is not dumpable, or ended and was not waited for, so the kernel gives its files to root: let it call " +
				"prctl(PR_SET_DUMPABLE, 1) while it waits for its maps, and be executed from a file that you can read",
		}
	case err == unix.EACCES:
		return verdict.Verdict{
			ID: filesClosed, Advice: "the files of the process are yours, and yet closed to you: its user namespace was not made by you, or a security " +
				"module (AppArmor, SELinux) forbids it; see the kernel's log",
		}
	case err == unix.EPERM:
		return verdict.Verdict{ID: procHides, Advice: "/proc is mounted with hidepid and the process is not dumpable, or a security module forbids it"}
	case err == unix.EROFS:
		return verdict.Verdict{
			ID: procReadOnly, Advice: "/proc is mounted read-only here, as containers and services have it, and a map is written to a file of /proc: call this " +
				"program where /proc is not, or have it mounted read-write",
		}
	case err == unix.ENOENT:
		return verdict.Verdict{ID: noUserNS, Advice: "this kernel has no user namespaces (CONFIG_USER_NS)"}
	}
	return verdict.Verdict{Advice: "the kernel refuses to open a file of the process: " + causeText(err)}
}

// ended is about a process that was there, and no longer is.
func ended() verdict.Verdict {
	return verdict.Verdict{ID: processIDs[target.Gone], Advice: "the process has ended: start it again"}
}

// notDenied is about the right to setgroups(2).
func notDenied(e *NotDenied) verdict.Verdict {
	return verdict.Verdict{
		Headline: "failed to setgroups deny policy: " + strerror(e.Err),
		Advice:   "the kernel does not take the right to setgroups(2) from this namespace any more: is its gid_map written already?",
	}
}
