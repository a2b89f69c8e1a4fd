// Package whynot says in words why lxc-user-nic did not do what it was asked for.
//
// It has every text of the program but the usage line. It looks around to tell causes apart, with the rights that are left,
// the caller's; it grants nothing, and what it says changes nothing.
package whynot

import (
	"errors"
	"strconv"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernic/plan"
)

// program is the name of the program in its messages.
const program = "lxc-user-nic"

// Eyes are how to look around.
type Eyes struct {
	Do       func(func() error) error // with the rights of whoever is told; nil: nobody looks
	Standing privilege.Standing       // whose files are believed
}

// Explain puts a reason into words.
func Explain(reason error, eyes Eyes) verdict.Verdict {
	var known verdict.Reason
	if !errors.As(reason, &known) {
		return verdict.Verdict{Headline: reason.Error(), Err: reason}
	}
	if answer := (*Answered)(nil); errors.As(reason, &answer) {
		return answer.Verdict
	}
	v := words(known, eyes)
	v.ID = known.ID()
	return v
}

// words are the two lines of a reason.
func words(reason verdict.Reason, eyes Eyes) verdict.Verdict {
	switch r := reason.(type) {
	case *Failed:
		return failed(r)
	case *NotUndone:
		return notUndone(r)
	case *plan.NotGranted:
		return notGranted(r, Around(r, eyes))
	case *Unidentified:
		return unidentified(r)
	case *UsernetUnread:
		return usernetUnread(r)
	case *PolicyUnread:
		return policyUnread(r)
	case *plan.GroupsUnknown:
		return groupsUnknown(r)
	case *NoReply:
		return noReply(r)
	case *NotServed:
		return notServed(r)
	}
	headline, advice := refusal(reason)
	return verdict.Verdict{Refused: true, Headline: headline, Advice: advice, Usage: asksForUsage(reason)}
}

// refusal are the two lines of a reason that is always an answer.
func refusal(reason verdict.Reason) (headline, advice string) {
	switch r := reason.(type) {
	case *Malformed:
		return malformed(r)
	case *NotPrivileged:
		return "Not privileged", notPrivileged(r)
	case *InUserNamespace:
		return "Not privileged", inUserNamespace
	case *UnfitName:
		return unfitName(r)
	case *Namespace:
		return "Failed to open the network namespace of " + r.reference(), r.advice()
	case *plan.Unprotected:
		return unprotected(r)
	case *plan.NoRoom:
		return noRoom(r)
	case *plan.NoAddress:
		return noAddress(r)
	case *NotYours:
		return notYours(r)
	case *plan.OtherNetwork:
		return otherNetwork(r)
	}
	return onTheWay(reason)
}

// quoted is s in quotes, cut where a caller made it long.
func quoted(s string) string {
	const most = 64
	if len(s) > most {
		return strconv.Quote(s[:most]) + "…"
	}
	return strconv.Quote(s)
}

func decimal[T int | uint32 | uint64](n T) string { return strconv.FormatUint(uint64(n), 10) }
