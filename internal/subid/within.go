package subid

import "userns-helpers/internal/idmap"

// Within looks for the wanted ids in ranges that a directory returned for their owner. There, a wanted range is granted
// if it lies inside one of the ranges: two that touch are two grants, as the original's module has it.
func Within(ranges, wanted []idmap.Range) idmap.Grants {
	found := idmap.Grants{Many: len(ranges)}
	for i, r := range ranges {
		found.Owned = append(found.Owned, idmap.Row{Line: i + 1, Range: r})
	}
	for _, w := range wanted {
		for _, row := range found.Owned {
			if !w.Empty() && row.Range.Intersect(w) == w {
				found.Granted.Add(w)
				found.Used = append(found.Used, row)
				break
			}
		}
	}
	return found
}
