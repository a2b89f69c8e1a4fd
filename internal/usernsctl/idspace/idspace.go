// Package idspace lays out who has which ids: overlaps, gaps, and a map of them that a person can read.
//
// It is pure: no file, no system call. It reports and decides nothing; what a line grants is the business of package
// subid.
package idspace

import (
	"cmp"
	"slices"

	"userns-helpers/internal/idmap"
)

// Claim is a range of ids and whose it is.
type Claim struct {
	Range idmap.Range
	Owner string // claims with one owner never clash
	Line  int    // of the file that it comes from
}

// Space is a set of claims, in ascending order.
type Space struct {
	claims []Claim
	blocks []idmap.Range
}

// Of returns the space of claims. Empty ranges are left out.
func Of(claims []Claim) Space {
	sorted := slices.DeleteFunc(slices.Clone(claims), func(c Claim) bool { return c.Range.Empty() })
	slices.SortStableFunc(sorted, func(a, b Claim) int {
		return cmp.Or(cmp.Compare(a.Range.Start(), b.Range.Start()), cmp.Compare(b.Range.End(), a.Range.End()), cmp.Compare(a.Line, b.Line))
	})
	var all idmap.Set
	for _, c := range sorted {
		all.Add(c.Range)
	}
	return Space{sorted, all.Ranges()}
}

// Claims are the claims in ascending order of their first ids, of those the longer first.
func (s Space) Claims() []Claim { return s.claims }

// Clash is a claim that has ids in common with one of another owner.
type Clash struct {
	Claim, With Claim       // With begins before Claim, or at the same id
	Both        idmap.Range // the ids that both have
}

// Clashes returns the claims that have ids in common with an earlier one of another owner: for each the one that reaches
// furthest. So every claim that clashes is named, and there are no more clashes than claims.
func (s Space) Clashes() []Clash {
	var clashes []Clash
	var far, other Claim // the claim that reaches furthest, and of those of other owners the one that does
	for _, c := range s.claims {
		with := far
		if with.Owner == c.Owner {
			with = other
		}
		if both := with.Range.Intersect(c.Range); !both.Empty() {
			clashes = append(clashes, Clash{c, with, both})
		}
		switch {
		case c.Range.End() > far.Range.End():
			if far.Owner != c.Owner {
				other = far
			}
			far = c
		case c.Owner != far.Owner && c.Range.End() > other.Range.End():
			other = c
		}
	}
	return clashes
}

// Holders returns for each id, which are in ascending order, a claim that has it, if there is one.
func (s Space) Holders(ids []uint32, each func(id uint32, holder Claim)) {
	next := 0
	var far Claim
	for _, id := range ids {
		for ; next < len(s.claims) && s.claims[next].Range.Start() <= uint64(id); next++ {
			if s.claims[next].Range.End() > far.Range.End() {
				far = s.claims[next]
			}
		}
		if far.Range.Contains(idmap.ID(id)) {
			each(id, far)
		}
	}
}

// last is one past the greatest id that can be mapped, 4294967294.
const last = 1<<32 - 1

// Gaps returns the ranges of ids that nobody has, in ascending order.
func (s Space) Gaps() []idmap.Range {
	var gaps []idmap.Range
	at := uint64(0)
	for _, block := range s.Blocks() {
		if gap, ok := idmap.NewRange(at, max(block.Start(), at)-at); ok {
			gaps = append(gaps, gap)
		}
		at = block.End()
	}
	if gap, ok := idmap.NewRange(at, max(last, at)-at); ok {
		gaps = append(gaps, gap)
	}
	return gaps
}

// Blocks returns the ids that somebody has, as ranges that do not touch.
func (s Space) Blocks() []idmap.Range { return s.blocks }

// FirstFree returns the first count ids from an id on that nobody has.
func (s Space) FirstFree(from, count uint64) (idmap.Range, bool) {
	for _, gap := range s.Gaps() {
		start := max(gap.Start(), from)
		if start < gap.End() && gap.End()-start >= count {
			return idmap.NewRange(start, count)
		}
	}
	return idmap.Range{}, false
}
