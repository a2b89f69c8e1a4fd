package subid

import "userns-helpers/internal/idmap"

// Within looks for the wanted ids in ranges that a directory returned for their owner. There, a wanted range is granted
// if it lies inside one of the ranges: two that touch are two grants, as the original's module has it. A Grant of the
// answer has the number of its range in the place of that of a line.
func Within(ranges, wanted []idmap.Range) Found {
	found := newFound(wanted)
	found.directory = true
	for i, r := range ranges {
		found.keep(Grant{i + 1, r})
	}
	for _, w := range wanted {
		if g, ok := containing(ranges, w); ok {
			found.Granted.Add(w)
			found.use(g)
		}
	}
	return found
}

// containing returns the first of ranges that contains all of wanted.
func containing(ranges []idmap.Range, wanted idmap.Range) (Grant, bool) {
	for i, r := range ranges {
		if !wanted.Empty() && r.Intersect(wanted) == wanted {
			return Grant{i + 1, r}, true
		}
	}
	return Grant{}, false
}
