package idmap

import "slices"

// Set is a set of ids: ranges in ascending order that neither touch nor overlap. The zero Set is empty.
type Set struct {
	ranges []Range
	count  uint64
}

// SetOf returns the union of ranges.
func SetOf(ranges ...Range) Set {
	var s Set
	for _, r := range ranges {
		s.Add(r)
	}
	return s
}

// Add adds the ids of r. Ranges that touch or overlap become one.
func (s *Set) Add(r Range) {
	if r.Empty() {
		return
	}
	first, _ := slices.BinarySearchFunc(s.ranges, r.start, func(have Range, start uint64) int {
		if have.end < start {
			return -1
		}
		return 1
	})
	last := first
	for ; last < len(s.ranges) && s.ranges[last].start <= r.end; last++ {
		s.count -= s.ranges[last].Count()
		r = Range{min(r.start, s.ranges[last].start), max(r.end, s.ranges[last].end)}
	}
	s.count += r.Count()
	s.ranges = slices.Replace(s.ranges, first, last, r)
}

// Covers reports whether every id of r is in s. An empty range asks for nothing and is not covered.
func (s Set) Covers(r Range) bool {
	i := s.search(r.start)
	return !r.Empty() && i < len(s.ranges) && s.ranges[i].start <= r.start && r.end <= s.ranges[i].end
}

// Overlapping returns the ranges of s that have an id in common with r, in ascending order.
func (s Set) Overlapping(r Range) []Range {
	if r.Empty() {
		return nil
	}
	first := s.search(r.start)
	last := first
	for last < len(s.ranges) && s.ranges[last].start < r.end {
		last++
	}
	return s.ranges[first:last]
}

// search returns the index of the first range that ends after id.
func (s Set) search(id uint64) int {
	i, _ := slices.BinarySearchFunc(s.ranges, id, func(have Range, id uint64) int {
		if have.end <= id {
			return -1
		}
		return 1
	})
	return i
}

// Count is the number of ids in s.
func (s Set) Count() uint64 { return s.count }

// Ranges returns the ranges of s in ascending order.
func (s Set) Ranges() []Range { return s.ranges }
