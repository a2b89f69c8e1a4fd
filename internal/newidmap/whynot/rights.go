package whynot

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/whynot/install"
)

// noStart is about the caller's environment.
func noStart(e *NoStart) verdict.Verdict {
	advice := causeText(e.Err)
	if e.Err != entry.ErrMisbuilt {
		advice = "the program could not be executed again without it, from /proc/self/exe: " + advice
	}
	return verdict.Verdict{Headline: "Could not empty the environment", Advice: advice}
}

// noRights is about what this process may do, before anything was done for the caller. The original's words are said of
// capabilities alone.
func (l Looks) noRights(e *NoRights) verdict.Verdict {
	var step *privilege.StepError
	if e.ID() == stepRefused && errors.As(e.Err, &step) {
		return verdict.Verdict{
			Headline: "cannot " + step.Verb() + ": " + strerror(step.Err),
			Advice:   "the kernel, a container's seccomp filter or its kernel refuses " + step.Call() + " to this program, and it cannot do without",
		}
	}
	advice := "the kernel does not let this program change its user IDs or capabilities: " + causeText(e.Err)
	if f := install.Observe(need(l.Kind), true); !f.Bounding {
		advice = f.Explain(need(l.Kind))
	}
	return verdict.Verdict{Headline: "Could not set caps", Advice: advice}
}

// need is what the program has to be given to write maps: the setuid bit, or this file capability.
func need(kind idmap.Kind) install.Need {
	capability := uint(unix.CAP_SETUID)
	if kind == idmap.GID {
		capability = unix.CAP_SETGID
	}
	return install.Need{Program: kind.Program(), Capability: capability, Name: "cap_set" + kind.Word()}
}
