package carve

import (
	"slices"
	"testing"

	"userns-helpers/internal/idmap"
)

func ranges(t *testing.T, pairs ...uint64) (all []idmap.Range) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		r, ok := idmap.NewRange(pairs[i], pairs[i+1])
		if !ok {
			t.Fatal(pairs)
		}
		all = append(all, r)
	}
	return all
}

func TestInto(t *testing.T) {
	for _, c := range []struct {
		name       string
		n          int
		uids, gids []uint64
		want       []uint64 // uid, gid, count
	}{
		{"one", 1, []uint64{100_000, 65_536}, []uint64{100_000, 65_536}, []uint64{100_000, 100_000, 65_536}},
		{"two of one range", 2, []uint64{100_000, 65_536}, []uint64{100_000, 65_536}, []uint64{100_000, 100_000, 32_768, 132_768, 132_768, 32_768}},
		{"two of one that is large", 2, []uint64{100_000, 131_072}, []uint64{100_000, 131_072}, []uint64{100_000, 100_000, 65_536, 165_536, 165_536, 65_536}},
		{"ranges that overlap", 2, []uint64{100_000, 65_536, 120_000, 10}, []uint64{0, 65_536}, []uint64{100_000, 0, 32_768, 132_768, 32_768, 32_768}},
		{"the same of both kinds first", 2, []uint64{0, 65_536, 200_000, 65_536}, []uint64{200_000, 65_536, 400_000, 65_536}, []uint64{200_000, 200_000, 65_536, 0, 400_000, 65_536}},
		{"too few", 65, []uint64{0, 65_536}, []uint64{0, 65_536}, nil},
		{"none of one kind", 1, []uint64{0, 65_536}, nil, nil},
	} {
		parts, ok := Into(c.n, ranges(t, c.uids...), ranges(t, c.gids...))
		var got []uint64
		for _, p := range parts {
			if p.UIDs.Count() != p.GIDs.Count() {
				t.Errorf("%s: %v", c.name, p)
			}
			got = append(got, p.UIDs.Start(), p.GIDs.Start(), p.UIDs.Count())
		}
		if ok != (c.want != nil) || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if parts, ok := Into(64, ranges(t, 0, 65_536), ranges(t, 0, 65_536)); !ok || len(parts) != 64 {
		t.Errorf("%d parts", len(parts))
	}
}

// TestWithout: what others have is left out, whatever part of it is the user's.
func TestWithout(t *testing.T) {
	for _, c := range []struct{ ranges, others, want []uint64 }{
		{[]uint64{100, 10}, nil, []uint64{100, 10}},
		{nil, []uint64{100, 10}, nil},
		{[]uint64{100, 10}, []uint64{100, 10}, nil},
		{[]uint64{100, 10}, []uint64{90, 40}, nil},
		{[]uint64{100, 10}, []uint64{90, 10, 110, 5}, []uint64{100, 10}},
		{[]uint64{100, 10}, []uint64{90, 11, 109, 5}, []uint64{101, 8}},
		{[]uint64{100, 10}, []uint64{103, 2, 107, 1}, []uint64{100, 3, 105, 2, 108, 2}},
		{[]uint64{100, 10, 200, 10}, []uint64{105, 100}, []uint64{100, 5, 205, 5}},
		{[]uint64{1<<32 - 5, 5}, []uint64{1<<32 - 1, 1}, []uint64{1<<32 - 5, 4}},
	} {
		if got, want := Without(ranges(t, c.ranges...), ranges(t, c.others...)...), ranges(t, c.want...); !slices.Equal(got, want) {
			t.Errorf("%v without %v: %v, want %v", c.ranges, c.others, got, want)
		}
	}
}
