package whynot

import (
	"errors"

	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/whynot/asked"
)

// noReply is about a service that was asked.
func noReply(e *NoReply) verdict.Verdict {
	if e.Busy {
		return verdict.Verdict{Headline: "The service is busy", Advice: asked.TooMany}
	}
	return verdict.Verdict{
		Headline: "The service did not answer", Err: e.Err, Advice: e.Err.Error() + "; look whether the interface is there (usernsctl nics), " +
			"which then counts, until its container ends or it is deleted; the administrator finds the reason in the log of userns-helperd(8)",
	}
}

// notServed is about somebody for whom the service does nothing.
func notServed(e *NotServed) verdict.Verdict {
	v := verdict.Verdict{Refused: true, Headline: "The service does not serve you", Err: e.Err}
	switch e.ID() {
	case "peer-unmapped":
		v.Advice = asked.Unmapped
	case "peer-elsewhere":
		v.Advice = asked.Elsewhere
	case "peer-unknown":
		v.Refused, v.Advice = false, asked.Unknown+e.Err.Error()
		if cause := errors.Unwrap(e.Err); cause != nil {
			v.Advice = asked.Unknown + cause.Error()
		}
	default:
		return failed(&Failed{At: Reset, Err: e.Err})
	}
	return v
}

// otherNetwork is about somebody who asks the service from another network namespace.
func otherNetwork(e *plan.OtherNetwork) (headline, advice string) {
	where := "which is built in"
	if e.Line != 0 {
		where = at(e.Line)
	}
	return "The service does not serve you", "you are in another network namespace than the service, as in a sandbox without network, and " +
		"would get an interface on a bridge of the host's: call the program outside, or have the administrator allow it " +
		"(other_networks in " + paths.Policy() + ": false, " + where + ")"
}
