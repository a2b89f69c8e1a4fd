package whynot

import (
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/subid/slips"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// notGranted is about ids that nobody granted to the user.
func (l Looks) notGranted(e *idmap.NotGranted) verdict.Verdict {
	v := verdict.Verdict{Refused: true, Headline: notAllowed(l.Kind, e.Mapping)}
	switch {
	case e.ID() == idmap.GrantsOff:
		v.Advice = l.switchedOff()
	case e.Grants.Many > 0:
		v.Advice = l.has(e)
	case e.Grants.SSSD:
		v.Advice = e.Grants.Source + " returned no range for " + l.who() + ": it does not know the user, has none for it, or cannot ask its server now"
	default:
		v.Advice = l.hasNone(e.Grants.Source)
	}
	return v
}

func (l Looks) who() string { return Who(l.Facts.User) }

// switchedOff is about a file that login.defs(5) says is not used.
func (l Looks) switchedOff() string {
	key := "SUB_UID_COUNT"
	if l.Kind == idmap.GID {
		key = "SUB_GID_COUNT"
	}
	return "looked for " + l.who() + ": " + key + " is 0 in " + paths.LoginDefs() + ", so " + source.File(l.Kind) +
		" is not used and only your own ID can be mapped"
}

// hasNone is about a user without ranges, and names the lines that seem to be meant for them.
func (l Looks) hasNone(file string) string {
	if found := l.Slips(); found.Many > 0 {
		return file + " has no range for " + l.who() + ": " + found.Describe() + "; an administrator can correct it, see subuid(5)"
	}
	return file + " has no range for " + l.who() + ": an administrator can add one, see subuid(5)"
}

// mostShown bounds the ranges in a message.
const mostShown = 8

// has is about a user with other ranges than those that are asked for.
func (l Looks) has(e *idmap.NotGranted) string {
	grants := e.Grants
	text := []byte(grants.Source + " has for " + l.who())
	shown := grants.Owned[:min(len(grants.Owned), mostShown)]
	for i, row := range shown {
		if i > 0 {
			text = append(text, ',')
		}
		text = appendRow(append(text, ' '), row, grants)
	}
	if more := grants.Many - len(shown); more > 0 {
		text = strconv.AppendInt(append(text, " and "...), int64(more), 10)
		text = append(text, " more"...)
	}
	if grants.Many > 1 {
		text = e.Mapping.Lower.Append(append(text, "; nearest to "...))
		text = appendRow(append(text, " is "...), l.nearest(e), grants)
	}
	if grants.SSSD {
		return string(text)
	}
	if found := l.Slips(); found.Many > 0 {
		text = append(append(text, "; "...), found.Describe()...)
	}
	return string(text)
}

// appendRow appends "[start-end) (line 3)" to text, without the line where there is none.
func appendRow(text []byte, row idmap.Row, grants idmap.Grants) []byte {
	text = row.Range.Append(text)
	if grants.SSSD {
		return text
	}
	return append(strconv.AppendInt(append(text, " (line "...), int64(row.Line), 10), ')')
}

// nearest is the range of the user that is nearest to the refused one. Those that were not kept are looked up in the file.
func (l Looks) nearest(e *idmap.NotGranted) idmap.Row {
	best := e.Grants.Owned[0]
	nearer := func(row idmap.Row) {
		if row.Range.Distance(e.Mapping.Lower) < best.Range.Distance(e.Mapping.Lower) {
			best = row
		}
	}
	for _, row := range e.Grants.Owned {
		nearer(row)
	}
	if e.Grants.Many > len(e.Grants.Owned) {
		l.reread(func(file *trusted.File) {
			_ = subid.List(file, subid.OwnerOf(l.Facts.User.UID, l.Facts.User.Names...), nearer)
		})
	}
	return best
}

// Slips are the lines of the file that mean the user and are of no use. Whoever may not read the file is told of no line.
func (l Looks) Slips() (found slips.Slips) {
	owner := slips.Of(l.Facts.User.UID, l.Facts.User.Names...)
	if l.Kind == idmap.GID {
		owner = owner.InGroup(l.Facts.User.GID)
	}
	l.reread(func(file *trusted.File) { found, _ = slips.Find(file, owner) })
	return found
}

// reread gives the file of the grants to look, if the caller may read it.
func (l Looks) reread(look func(*trusted.File)) {
	if !l.Allowed {
		return
	}
	file, err := trusted.Open(source.File(l.Kind), l.Standing)
	if err != nil {
		return
	}
	defer file.Close()
	look(file)
}
