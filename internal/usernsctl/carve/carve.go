// Package carve cuts the IDs of a user into parts of the same size, one for each container. It is pure.
package carve

import (
	"slices"

	"userns-helpers/internal/idmap"
)

// Unit is how many IDs a container wants: those of accounts, and 65534, which is nobody.
const Unit = 65_536

// Least is how many a container gets at least. Fewer than Unit are enough for images without accounts of high numbers.
const Least = 1024

// Part is the IDs of one container, of each kind.
type Part struct{ UIDs, GIDs idmap.Range }

// Into cuts the IDs of a user, ranges of each kind, into n parts that do not overlap: of Unit IDs each, or of the largest
// power of two from Least on of which there are n. A part begins with the same ID of both kinds where that is possible. False:
// there are too few IDs.
func Into(n int, uids, gids []idmap.Range) ([]Part, bool) {
	for size := uint64(Unit); size >= Least; size /= 2 {
		first, second := blocks(size, uids), blocks(size, gids)
		if len(first) >= n && len(second) >= n {
			return pair(n, first, second), true
		}
	}
	return nil, false
}

// Without are the IDs of ranges that none of others has.
func Without(ranges []idmap.Range, others ...idmap.Range) []idmap.Range {
	taken := idmap.SetOf(others...)
	var left []idmap.Range
	for _, r := range ranges {
		from := r.Start()
		for _, t := range taken.Overlapping(r) {
			if before, ok := idmap.NewRange(from, max(from, t.Start())-from); ok {
				left = append(left, before)
			}
			from = t.End()
		}
		if rest, ok := idmap.NewRange(from, max(from, r.End())-from); ok {
			left = append(left, rest)
		}
	}
	return left
}

// blocks are all ranges of size in ranges, each ID in one at most: granted ranges may overlap.
func blocks(size uint64, ranges []idmap.Range) []idmap.Range {
	var all []idmap.Range
	for _, r := range idmap.SetOf(ranges...).Ranges() {
		for at := r.Start(); at+size <= r.End(); at += size {
			block, _ := idmap.NewRange(at, size)
			all = append(all, block)
		}
	}
	return all
}

// pair puts blocks of both kinds together: first those that are the same.
func pair(n int, uids, gids []idmap.Range) []Part {
	var parts []Part
	for _, r := range uids {
		if len(parts) < n && slices.Contains(gids, r) {
			parts = append(parts, Part{r, r})
		}
	}
	used := func(r idmap.Range) bool { return slices.Contains(parts, Part{r, r}) }
	uids, gids = slices.DeleteFunc(slices.Clone(uids), used), slices.DeleteFunc(slices.Clone(gids), used)
	for i := 0; len(parts) < n; i++ {
		parts = append(parts, Part{uids[i], gids[i]})
	}
	return parts
}
