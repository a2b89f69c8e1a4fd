// Package whynot says in words why newuidmap or newgidmap did not do what it was asked for.
//
// It has every text of these programs but the usage line and the help. It looks around to tell causes apart that the
// kernel does not, with the rights that are left, the caller's; it grants nothing, and what it says changes nothing.
package whynot

import (
	"errors"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/verdict"
)

// Looks is what the reasons can be found with, as far as the run came.
type Looks struct {
	Kind     idmap.Kind
	Request  idmap.Request
	Facts    idmap.Facts
	Process  *target.Process    // nil: it was not opened
	Standing privilege.Standing // of whom files decide about
	Raised   bool               // the program runs with effective user id 0
	Missing  privilege.Set      // of the capabilities that the map needs, those that the program was not given
	Allowed  bool               // no right is left but the caller's: files may be looked at
	Serves   bool               // this process is the service's, and works for a peer
	Service  error              // why the service was not asked; nil: it was, or nobody thought of it
}

// Explain puts a reason into words.
func Explain(reason error, l Looks) verdict.Verdict {
	var v verdict.Verdict
	switch e := reason.(type) {
	case *idmap.Malformed:
		v = l.commandLine(e)
	case *noProcess:
		v = l.noProcess(e)
	case *source.NoAnswer:
		v = l.noAnswer(e)
	case *idmap.Foreign:
		v = l.foreign(e)
	case *idmap.NotGranted:
		v = l.notGranted(e)
	case *idmap.Denied:
		v = l.denied(e)
	case *idmap.Limit:
		v = l.limit(e)
	case *NoStart:
		v = noStart(e)
	case *NoRights:
		v = l.noRights(e)
	case *FileClosed:
		v = l.fileClosed(e)
	case *NotDenied:
		v = notDenied(e)
	case *NotWritten:
		v = l.notWritten(e)
	case *NoReply:
		v = l.noReply(e)
	case *NotServed:
		v = l.notServed(e)
	case *Answered:
		return e.Verdict
	default: // fails without a reason of ours, which is a defect
		return verdict.Verdict{ID: writeRefused, Headline: "the map was not written", Err: reason}
	}
	if named, ok := reason.(verdict.Reason); ok && v.ID == "" {
		v.ID = named.ID()
	}
	v.Err = errors.Unwrap(reason)
	return v
}

// Lenient is said where the kernel has no way to take setgroups(2) from a namespace (before Linux 3.19): the map is
// written all the same.
const Lenient = "kernel doesn't support setgroups restrictions"
