package whynot

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/unixsock"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// door says what became of asking the service, where the program has no privilege: after a sentence that says why not, with
// what separates the two. It is empty where nobody thought of asking.
func (l Looks) door() string {
	switch {
	case l.Service == nil:
		return ""
	case errors.Is(l.Service, unix.ENOENT), errors.Is(l.Service, unix.ECONNREFUSED):
		return "; or have the administrator enable the service that needs no setuid bit (userns-helperd(8)): nothing listens on " + paths.Maps()
	case errors.Is(l.Service, unixsock.ErrUntrusted):
		return "; and the service is not asked: whoever listens on " + paths.Maps() + " is not root here, as in a user namespace that " +
			"does not contain root, from which no service could write a map"
	}
	return "; and the service (userns-helperd(8)) cannot be asked: " + causeText(l.Service)
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
		return verdict.Verdict{
			Headline: "the service is busy", Advice: "it has had as many calls of yours as it takes for 5 seconds: wait for others that you started, or end them",
		}
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
		v.Advice = "your user or group ID may be one that its user namespace does not contain: it looks like nobody's, 65534, whom it never serves"
	case peerElsewhere:
		v.Advice = "you are in another PID namespace than the service, as in a container, where your user ID may be somebody else's: " +
			"call the program outside, or have the administrator allow it (userns-helperd --pid-namespaces)"
	case peerUnknown:
		v.Refused, v.Advice = false, "the kernel does not say who you are: "+causeText(errors.Unwrap(e))
	default:
		return l.noRights(&NoRights{errors.Unwrap(e)})
	}
	return v
}
