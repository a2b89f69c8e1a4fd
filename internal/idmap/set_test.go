package idmap

import (
	"slices"
	"testing"
)

func TestNewRange(t *testing.T) {
	for _, c := range []struct {
		start, count uint64
		ok           bool
	}{
		{0, 1, true},
		{0, 1 << 32, true},
		{1<<32 - 1, 1, true},
		{4294967290, 6, true},
		{0, 0, false}, // shadow#1689
		{5, 0, false},
		{4294967290, 7, false},
		{0, 1<<32 + 1, false},
		{1 << 32, 1, false},
		{1 << 32, 0, false},
		{1<<64 - 1, 1, false},
		{1<<64 - 1, 2, false}, // wraps to 1
		{1, 1<<64 - 1, false}, // wraps to 0
		{100000, 1<<64 - 50000, false},
	} {
		r, ok := NewRange(c.start, c.count)
		if ok != c.ok || ok && (r.Start() != c.start || r.End() != c.start+c.count || r.Count() != c.count) || !ok && !r.Empty() {
			t.Errorf("NewRange(%d, %d) = %v, %v", c.start, c.count, r, ok)
		}
	}
}

func TestEmptySetCoversNothing(t *testing.T) {
	var s Set
	if s.Covers(Range{}) || s.Covers(mustRange(t, 0, 1)) || s.Count() != 0 || len(s.Overlapping(mustRange(t, 0, end))) > 0 {
		t.Error("the empty set has something")
	}
	if full := SetOf(mustRange(t, 0, end)); full.Covers(Range{}) {
		t.Error("the empty range is covered, although it asks for nothing")
	}
}

func TestDistance(t *testing.T) {
	a, b := mustRange(t, 10, 5), mustRange(t, 20, 5)
	for _, c := range []struct {
		x, y Range
		want uint64
	}{{a, b, 5}, {b, a, 5}, {a, a, 0}, {a, mustRange(t, 15, 1), 0}, {a, mustRange(t, 16, 1), 1}, {mustRange(t, 12, 1), a, 0}} {
		if got := c.x.Distance(c.y); got != c.want {
			t.Errorf("%v to %v: %d", c.x, c.y, got)
		}
	}
}

// FuzzSet compares the set with one bit for each of 256 ids.
func FuzzSet(f *testing.F) {
	f.Add([]byte{10, 5, 15, 5, 0, 255, 20, 1})
	f.Add([]byte{200, 1, 202, 1, 201, 1, 0, 0})
	f.Fuzz(func(t *testing.T, input []byte) {
		var s Set
		var naive [512]bool
		for ; len(input) >= 2; input = input[2:] {
			r, _ := NewRange(uint64(input[0]), uint64(input[1]))
			s.Add(r)
			for id := r.Start(); id < r.End(); id++ {
				naive[id] = true
			}
		}
		compare(t, s, naive[:])
	})
}

func compare(t *testing.T, s Set, naive []bool) {
	t.Helper()
	count := uint64(0)
	for id, want := range naive {
		one, _ := NewRange(uint64(id), 1)
		if s.Covers(one) != want || (len(s.Overlapping(one)) > 0) != want {
			t.Fatalf("%d in %v: want %v", id, s.Ranges(), want)
		}
		if want {
			count++
		}
	}
	if s.Count() != count {
		t.Errorf("%v has %d ids, want %d", s.Ranges(), s.Count(), count)
	}
	for i, r := range s.Ranges() {
		next := min(r.End(), uint64(len(naive)-1))
		if wider, _ := NewRange(r.Start(), r.Count()+1); r.Empty() || naive[next] || s.Covers(wider) || !s.Covers(r) {
			t.Errorf("range %d of %v is not a maximal one", i, s.Ranges())
		}
	}
	if !slices.IsSortedFunc(s.Ranges(), func(a, b Range) int { return int(a.Start()) - int(b.Start()) }) {
		t.Errorf("%v is not in order", s.Ranges())
	}
}
