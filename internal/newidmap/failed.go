package newidmap

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/whynot/install"
)

// noPrivilege is the failure to change what this process may do, before anything was done for the caller. The original's
// words are said of capabilities alone.
func noPrivilege(kind idmap.Kind, err error) error {
	var step *privilege.StepError
	if errors.As(err, &step) && !step.OfCapabilities() {
		return &verdict.Failure{
			Headline: "cannot " + step.Verb() + ": " + strerror(step.Err),
			Advice:   "the kernel, a container's seccomp filter or its kernel refuses " + step.Call() + " to this program, and it cannot do without",
			Err:      err,
		}
	}
	f := install.Observe(need(kind), true)
	advice := "the kernel does not let this program change its user ids or capabilities: " + reason(err)
	if !f.Bounding {
		advice = f.Explain(need(kind))
	}
	return &verdict.Failure{Headline: "Could not set caps", Advice: advice, Err: err}
}

// openFailed is the failure to open a file of the target; headline is the text in front of the error.
func openFailed(kind idmap.Kind, process *target.Process, name, headline string, err error) error {
	uid, _ := process.Owner()
	file, known := process.FileOwner(name)
	advice := explainOpen(err, process.Gone(), known && file != uid)
	if f := install.Observe(need(kind), false); f.SetuidOther {
		advice = f.Explain(need(kind))
	}
	return &verdict.Failure{Headline: headline + strerror(err), Advice: advice, Err: err}
}

// explainOpen says why a file of the target did not open; foreign says that the file does not belong to the user of the
// target.
func explainOpen(err error, gone, foreign bool) string {
	switch {
	case gone || err == unix.ESRCH:
		return "the process ended meanwhile: start it again"
	case err == unix.EACCES && foreign:
		return "the process is not dumpable, or ended and was not waited for, so the kernel gives its files to root: let it call prctl(PR_SET_DUMPABLE, 1) while it " +
			"waits for its maps, and be executed from a file that you can read"
	case err == unix.EACCES:
		return "the files of the process are yours, and yet closed to you: its user namespace was not made by you, or a security " +
			"module (AppArmor, SELinux) forbids it; see the kernel's log"
	case err == unix.EPERM:
		return "/proc is mounted with hidepid and the process is not dumpable, or a security module forbids it"
	case err == unix.EROFS:
		return "/proc is mounted read-only here, as containers and services have it, and a map is written to a file of /proc: call this " +
			"program where /proc is not, or have it mounted read-write"
	case err == unix.ENOENT:
		return "this kernel has no user namespaces (CONFIG_USER_NS)"
	}
	return "the kernel refuses to open a file of the process: " + reason(err)
}

// writeFailed is the failure to write the map; written says that the map has a content.
func writeFailed(caller privilege.Caller, process *target.Process, d *Decision, written bool, err error) error {
	f := writeFacts{
		errno:     err,
		written:   written,
		gone:      process.Gone(),
		caller:    caller.UID(),
		missing:   needed(d.Kind, d.Asked) &^ caller.Permitted(),
		install:   install.Observe(need(d.Kind), caller.Raised()),
		namespace: observeNamespace(process),
		parent:    idMap(readFile("/proc/self/" + d.Kind.MapFile())),
	}
	return &verdict.Failure{
		Headline: "write to " + d.Kind.MapFile() + " failed: " + strerror(err),
		Advice:   explainWrite(d.Kind, d.Asked, f),
		Err:      err,
	}
}
