package whynot

import (
	"errors"
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/policy/forbidden"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// denied is about ids that are never mapped, and about a list of them that nobody can use. A range that is denied has the
// words of one that is not granted.
func (l Looks) denied(e *idmap.Denied) verdict.Verdict {
	const only = "; until then only your own ID can be mapped"
	v := verdict.Verdict{Refused: true, Headline: notAllowed(l.Kind, e.Mapping)}
	var wrong *forbidden.Error
	var untrusted *trusted.UntrustedError
	switch {
	case e.Err == nil:
		v.Advice = paths.Forbidden() + " line " + strconv.Itoa(e.Row.Line) + " forbids " + e.Row.Range.String() + " to everybody"
	case errors.As(e.Err, &wrong):
		v.Advice = paths.Forbidden() + " says which IDs are never mapped, and has a mistake: " + Unusable(wrong) + ": correct it (forbidden-host-ids(5))" + only
	case errors.As(e.Err, &untrusted):
		v.Advice = untrusted.Error() + ": it says which IDs are never mapped, so " + untrusted.Remedy() + only
	default:
		return verdict.Verdict{
			Headline: "cannot open " + paths.Forbidden() + ": " + strerror(e.Err),
			Advice:   "it says which IDs are never mapped: make it readable (chmod 644, and 755 for its directory), or remove it" + only,
		}
	}
	return v
}

// Unusable says why the list cannot be used, and names the line.
func Unusable(err error) string {
	var wrong *forbidden.Error
	switch {
	case !errors.As(err, &wrong):
		return causeText(err)
	case wrong.Line == 0:
		return Mistake(wrong)
	}
	return "line " + strconv.Itoa(wrong.Line) + ": " + Mistake(wrong)
}

// longestLine is how many bytes of a line a message repeats.
const longestLine = 48

// Mistake says what is wrong with a line of forbidden-host-ids(5), or with all of it. These are the words for all programs.
func Mistake(e *forbidden.Error) string {
	text := strconv.Quote(e.Text[:min(len(e.Text), longestLine)])
	if len(e.Text) > longestLine {
		text += "..."
	}
	switch e.Fault {
	case forbidden.Control:
		return text + " contains a control character"
	case forbidden.TooLong:
		return "the line is longer than " + strconv.Itoa(forbidden.LongestLine) + " bytes"
	case forbidden.TooLarge:
		return "the file is larger than " + strconv.Itoa(forbidden.LongestFile) + " bytes"
	case forbidden.NoFault, forbidden.NotRange:
	}
	return text + " is not an ID or a range of IDs like 0-999 (at most 4294967295, the smaller first)"
}
