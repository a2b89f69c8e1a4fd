package whynot

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/whynot/asked"
)

// door says what became of asking the service, where the program has no privilege: after a sentence that says why not, with
// what separates the two. It is empty where nobody thought of asking.
func (l Looks) door() string {
	cause := ""
	if l.Service != nil {
		cause = causeText(l.Service)
	}
	return asked.Door(l.Service, cause, paths.Maps(), "write a map")
}

// lacking is about a service that was not given what a map needs.
func lacking(kind idmap.Kind, missing privilege.Set) verdict.Verdict {
	v := verdict.Verdict{ID: noPrivilege}
	name := "CAP_SET" + strings.ToUpper(kind.Word())
	if missing.Has(privilege.Of(unix.CAP_SETFCAP)) {
		v.ID, name = noSetfcap, "CAP_SETFCAP, which mapping host ID 0 needs since Linux 5.12,"
	}
	v.Advice = name + " is not in the capability bounding set of the service: have it added (CapabilityBoundingSet= of its unit)"
	return v
}

// noReply is about a service that was asked.
func (l Looks) noReply(e *NoReply) verdict.Verdict {
	if e.Busy {
		return verdict.Verdict{Headline: "the service is busy", Advice: asked.TooMany}
	}
	return verdict.Verdict{
		Headline: "the service did not answer", Advice: causeText(e.Err) + "; whether the map is written can be seen in " + l.Kind.MapFile() +
			" of the process; the administrator finds the reason in the log of userns-helperd(8)",
	}
}

// notServed is about somebody for whom the service does nothing.
func (l Looks) notServed(e *NotServed) verdict.Verdict {
	v := verdict.Verdict{Refused: true, Headline: "the service does not serve you"}
	switch e.ID() {
	case peerUnmapped:
		v.Advice = asked.Unmapped
	case peerElsewhere:
		v.Advice = asked.Elsewhere
	case peerUnknown:
		v.Refused, v.Advice = false, asked.Unknown+causeText(errors.Unwrap(e))
	default:
		return l.noRights(&NoRights{errors.Unwrap(e)})
	}
	return v
}
