package subid

import (
	"strconv"

	"userns-helpers/internal/idmap"
)

// Found is what a file says about an owner and the ids that are wanted.
type Found struct {
	Granted   idmap.Set // of the wanted ids, those that are granted
	Used      []Grant   // the first lines that grant some of them, in file order, at most 64
	Owned     []Grant   // the first ranges of the owner, wanted or not, in file order, at most 8
	OwnedMany int       // how many ranges of the owner were read: more than Owned holds if there are more
	Slips     Slips     // lines that are of no use to the owner, where somebody looked for them
	wanted    idmap.Set
	nearest   []nearest
	directory bool // the grants are of a directory, not lines of a file
}

// nearest is a wanted range and the grant that is nearest to it.
type nearest struct {
	wanted idmap.Range
	grant  Grant // Line 0: none
}

func newFound(wanted []idmap.Range) Found {
	f := Found{wanted: idmap.SetOf(wanted...), nearest: make([]nearest, len(wanted))}
	for i, w := range wanted {
		f.nearest[i].wanted = w
	}
	return f
}

// complete reports whether all wanted ids are granted. Nothing but wanted ids is ever in Granted.
func (f *Found) complete() bool { return f.Granted.Count() == f.wanted.Count() }

// add keeps what matters of a grant, and reports whether there was room for it.
func (f *Found) add(grant Grant) bool {
	f.keep(grant)
	matters := f.wanted.Overlapping(grant.Range)
	if len(matters) > 0 {
		f.use(grant)
	}
	for _, w := range matters {
		f.Granted.Add(w.Intersect(grant.Range))
	}
	return len(f.Granted.Ranges()) <= maxFragments
}

// keep keeps what a message about the owner's ranges needs.
func (f *Found) keep(grant Grant) {
	f.OwnedMany++
	if len(f.Owned) < maxOwned {
		f.Owned = append(f.Owned, grant)
	}
	f.keepNearest(grant)
}

// use keeps that a grant granted something.
func (f *Found) use(grant Grant) {
	if len(f.Used) < maxUsed {
		f.Used = append(f.Used, grant)
	}
}

func (f *Found) keepNearest(grant Grant) {
	for i := range f.nearest {
		n := &f.nearest[i]
		if n.grant.Line == 0 || grant.Range.Distance(n.wanted) < n.grant.Range.Distance(n.wanted) {
			n.grant = grant
		}
	}
}

// Nearest returns the range of the owner that is nearest to wanted, one of the ranges that Scan was given; false if the
// owner has none.
func (f Found) Nearest(wanted idmap.Range) (Grant, bool) {
	for _, n := range f.nearest {
		if n.wanted == wanted && n.grant.Line != 0 {
			return n.grant, true
		}
	}
	return Grant{}, false
}

// Advice says which ranges the owner has, which one is nearest to the refused range, one of those that Scan was given, and
// which lines are of no use to the owner. The owner is named by who ("alice (uid 1000)"), the file by source ("/etc/subuid").
func (f Found) Advice(who, source string, refused idmap.Range) string {
	switch {
	case f.OwnedMany == 0 && f.directory:
		return source + " returned no range for " + who + ": it does not know the user, has none for it, or cannot ask its server now"
	case f.OwnedMany == 0 && f.Slips.Many > 0:
		return source + " has no range for " + who + ": " + f.Slips.Describe() + "; an administrator can correct it, see subuid(5)"
	case f.OwnedMany == 0:
		return source + " has no range for " + who + ": an administrator can add one, see subuid(5)"
	case f.Slips.Many > 0:
		return f.has(who, source, refused) + "; " + f.Slips.Describe()
	}
	return f.has(who, source, refused)
}

// has is the advice where the owner has ranges.
func (f Found) has(who, source string, refused idmap.Range) string {
	text := []byte(source + " has for " + who)
	for i, grant := range f.Owned {
		if i > 0 {
			text = append(text, ',')
		}
		text = f.append(append(text, ' '), grant)
	}
	if more := f.OwnedMany - len(f.Owned); more > 0 {
		text = strconv.AppendInt(append(text, " and "...), int64(more), 10)
		text = append(text, " more"...)
	}
	if grant, ok := f.Nearest(refused); ok && f.OwnedMany > 1 {
		text = refused.Append(append(text, "; nearest to "...))
		text = f.append(append(text, " is "...), grant)
	}
	return string(text)
}

// append appends "[start-end) (line 3)" to text, without the line where there is none.
func (f Found) append(text []byte, g Grant) []byte {
	if f.directory {
		return g.Range.Append(text)
	}
	text = strconv.AppendInt(append(g.Range.Append(text), " (line "...), int64(g.Line), 10)
	return append(text, ')')
}
