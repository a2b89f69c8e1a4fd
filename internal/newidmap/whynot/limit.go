package whynot

import (
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/verdict"
)

// limit is about a map that the kernel would refuse with a bare EINVAL.
func (l Looks) limit(e *idmap.Limit) verdict.Verdict {
	v := verdict.Verdict{Refused: true, Headline: "write to " + l.Kind.MapFile() + " failed: Invalid argument"}
	switch e.Why {
	case idmap.TooManyRanges:
		v.Advice = strconv.Itoa(e.Is) + " ranges are asked for; the kernel accepts " + strconv.Itoa(idmap.MaxRanges) + " in a map"
	case idmap.TooLong:
		v.Advice = "the map is " + strconv.Itoa(e.Is) + " bytes long; the kernel accepts " + strconv.Itoa(idmap.MaxBytes) + ": ask for fewer ranges"
	default:
		v.Advice = l.overlap(e)
	}
	return v
}

// overlap names the two ranges that have an id in common.
func (l Looks) overlap(e *idmap.Limit) string {
	text := e.A.Append([]byte(l.Kind.Word() + " ranges "))
	text = e.B.Append(append(text, " and "...))
	where := " overlap outside the namespace"
	if e.Inside {
		where = " overlap inside the namespace"
	}
	text = append(text, where+": each ID can be mapped once"...)
	if e.A.Lower.Count() == 1 || e.B.Lower.Count() == 1 {
		text = append(text, "; if the single one is your own, leave it out of the other range"...)
	}
	return string(text)
}
