package idmap

import (
	"testing"

	"userns-helpers/internal/text/verdict"
)

// wide returns n mappings that do not overlap, each the given number of bytes long as text.
func wide(t *testing.T, n, bytes int) []Mapping {
	t.Helper()
	var mappings []Mapping
	for i := range n {
		id := uint64(1_000_000_000 + 10*i) // ten digits
		if bytes < 20 {
			id = uint64(100 + i) // three digits
		}
		mappings = append(mappings, Mapping{mustRange(t, id, 1), mustRange(t, id, 1)})
		if got := len(Text(mappings[i:])); got != bytes {
			t.Fatalf("a line has %d bytes, not %d", got, bytes)
		}
	}
	return mappings
}

func asked(t *testing.T, arguments string) []Mapping { return mustParse(t, GID, arguments).Asked }

func TestKernelLimits(t *testing.T) {
	for _, accepted := range [][]Mapping{
		wide(t, 340, 10), wide(t, 170, 24), // 4080 bytes
		asked(t, "0 1000 1 1 100000 65536"), asked(t, "0 5 5 5 0 5"),
	} {
		if err := beyondKernel(accepted); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		mappings []Mapping
		want     Limit
	}{
		{wide(t, 341, 10), Limit{Why: TooManyRanges, Is: 341}},
		{wide(t, 171, 24), Limit{Why: TooLong, Is: 4104}},
		{wide(t, 340, 24), Limit{Why: TooLong, Is: 8160}},
		{asked(t, "0 1000 5 4 2000 1"), Limit{Why: Overlap, Inside: true}},
		{asked(t, "0 1000 1 1 900 200"), Limit{Why: Overlap}},
		{asked(t, "0 1000 1 0 1000 1"), Limit{Why: Overlap, Inside: true}},
		{asked(t, "0 10 5 10 30 5 20 14 5"), Limit{Why: Overlap}},
		{asked(t, "0 10 5 10 30 5 4294967290 12 4"), Limit{Why: Overlap}},
	} {
		got, _ := beyondKernel(c.mappings).(*Limit)
		if got != nil && c.want.Why == Overlap {
			c.want.A, c.want.B = c.mappings[0], c.mappings[len(c.mappings)-1]
		}
		if got == nil || *got != c.want {
			t.Errorf("%+v; want %+v", got, c.want)
		}
	}
}

// TestExactlyAPage: 4095 bytes pass, 4096 do not.
func TestExactlyAPage(t *testing.T) {
	mappings := wide(t, 169, 24) // 4056 bytes, below id 1000001690
	for _, c := range []struct {
		tail string
		size int
		want verdict.ID
	}{
		{"2000000000 2000000000 1 3 200000 10000", 4095, ""},
		{"2000000000 2000000000 1 3 200000 100000", 4096, TooLong},
	} {
		all := append(mappings[:169:169], asked(t, c.tail)...)
		if got := len(Text(all)); got != c.size {
			t.Fatalf("%d bytes, not %d", got, c.size)
		}
		if why := beyondKernel(all); (why == nil) != (c.want == "") {
			t.Errorf("%d bytes: %v", c.size, why)
		}
	}
}
