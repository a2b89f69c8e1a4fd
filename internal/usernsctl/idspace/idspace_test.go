package idspace

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"userns-helpers/internal/idmap"
)

func ids(t testing.TB, start, count uint64) idmap.Range {
	t.Helper()
	r, ok := idmap.NewRange(start, count)
	if !ok {
		t.Fatalf("%d+%d is no range", start, count)
	}
	return r
}

// claims are "owner start count", lines counted from 1.
func claims(t testing.TB, lines ...string) []Claim {
	t.Helper()
	var all []Claim
	for i, line := range lines {
		var owner string
		var start, count uint64
		if _, err := fmt.Sscan(line, &owner, &start, &count); err != nil {
			t.Fatal(err)
		}
		all = append(all, Claim{ids(t, start, count), owner, i + 1})
	}
	return all
}

func TestClashes(t *testing.T) {
	for _, c := range []struct {
		name  string
		lines []string
		want  []string // "line with-line both"
	}{
		{"none", nil, nil},
		{"apart", []string{"a 0 10", "b 10 10"}, nil},
		{"one owner", []string{"a 0 10", "a 5 10", "a 0 10"}, nil},
		{"two", []string{"a 0 10", "b 9 10"}, []string{"2 1 [9-10)"}},
		{"within", []string{"a 0 100", "b 5 1", "b 50 1"}, []string{"2 1 [5-6)", "3 1 [50-51)"}},
		{"the same", []string{"a 7 3", "b 7 3"}, []string{"2 1 [7-10)"}},
		{"behind one's own", []string{"a 0 50", "b 10 10", "a 15 10"}, []string{"2 1 [10-20)", "3 2 [15-20)"}},
		{"out of order", []string{"b 20 10", "a 0 25"}, []string{"1 2 [20-25)"}},
		{"three", []string{"a 0 10", "b 0 10", "c 0 10"}, []string{"2 1 [0-10)", "3 1 [0-10)"}},
	} {
		var got []string
		for _, clash := range Of(claims(t, c.lines...)).Clashes() {
			got = append(got, fmt.Sprint(clash.Claim.Line, clash.With.Line, " ", clash.Both))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestClashesModel compares with the comparison of all pairs: a claim is named, as one of the two, if and only if it
// has ids in common with another owner's.
func TestClashesModel(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 3000 {
		var all []Claim
		for i := range 1 + random.IntN(9) {
			all = append(all, Claim{ids(t, random.Uint64N(60), 1+random.Uint64N(20)), string(rune('a' + random.IntN(3))), i + 1})
		}
		want := map[int]bool{}
		for i, a := range all {
			for _, b := range all[:i] {
				if a.Owner != b.Owner && !a.Range.Intersect(b.Range).Empty() {
					want[a.Line], want[b.Line] = true, true
				}
			}
		}
		got := map[int]bool{}
		for _, c := range Of(all).Clashes() {
			if c.Both.Empty() || c.Both != c.Claim.Range.Intersect(c.With.Range) || c.Claim.Owner == c.With.Owner {
				t.Fatalf("%v", c)
			}
			got[c.Claim.Line], got[c.With.Line] = true, true
		}
		for line := range got {
			if !want[line] {
				t.Fatalf("%v: line %d does not clash", all, line)
			}
		}
		// Of several that clash with one another each is named, the first by the others.
		if len(want) > 0 && len(got) == 0 {
			t.Fatalf("%v: %v clash, none is named", all, want)
		}
		for _, c := range all {
			first := slices.IndexFunc(all, func(o Claim) bool {
				return o.Owner != c.Owner && o.Range.Start() <= c.Range.Start() && !o.Range.Intersect(c.Range).Empty() && o.Range.Start() < c.Range.Start()
			})
			if first >= 0 && !got[c.Line] {
				t.Fatalf("%v: line %d is not named", all, c.Line)
			}
		}
	}
}

func TestHolders(t *testing.T) {
	s := Of(claims(t, "a 0 5", "b 100 10", "c 105 10", "d 0 50"))
	var got []string
	s.Holders([]uint32{0, 4, 49, 50, 99, 100, 109, 114, 115, 1<<32 - 1}, func(id uint32, holder Claim) {
		got = append(got, fmt.Sprint(id, holder.Owner))
	})
	want := []string{"0d", "4d", "49d", "100b", "109c", "114c"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestGaps(t *testing.T) {
	for _, c := range []struct {
		lines []string
		want  string
	}{
		{nil, "[[0-4294967295)]"},
		{[]string{"a 0 4294967295"}, "[]"},
		{[]string{"a 0 4294967296"}, "[]"},
		{[]string{"a 4294967290 6"}, "[[0-4294967290)]"},
		{[]string{"a 10 10", "b 15 10", "c 30 5"}, "[[0-10) [25-30) [35-4294967295)]"},
	} {
		if got := fmt.Sprint(Of(claims(t, c.lines...)).Gaps()); got != c.want {
			t.Errorf("%q: %s, want %s", c.lines, got, c.want)
		}
	}
}

func TestFirstFree(t *testing.T) {
	s := Of(claims(t, "a 100000 65536", "b 300000 65536"))
	if got, ok := s.FirstFree(100000, 65536); !ok || got.Start() != 165536 {
		t.Errorf("%v, %v", got, ok)
	}
	if got, ok := s.FirstFree(100000, 200000); !ok || got.Start() != 365536 {
		t.Errorf("%v, %v", got, ok)
	}
	if got, ok := s.FirstFree(0, 1<<32); ok {
		t.Errorf("%v", got)
	}
}

// FuzzDraw: whatever is drawn, no line is too wide, and every row has a mark.
func FuzzDraw(f *testing.F) {
	f.Add([]byte{1, 2, 3, 4, 5, 6}, 80, 3)
	f.Add([]byte{}, 80, 0)
	f.Add([]byte{255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 1}, 40, 9)
	f.Fuzz(func(t *testing.T, seed []byte, width, most int) {
		width = leastWidth + (width&0xff)%120
		var all []Claim
		for i := 0; i+6 <= len(seed); i += 6 {
			start := uint64(seed[i])<<24 | uint64(seed[i+1])<<16 | uint64(seed[i+2])<<8 | uint64(seed[i+3])
			r, ok := idmap.NewRange(start, 1<<(seed[i+4]%33))
			if !ok {
				continue
			}
			all = append(all, Claim{r, strings.Repeat("ö", int(seed[i+5]%40)), i})
		}
		s := Of(all)
		rows := s.Rows(most)
		for i, line := range s.Draw(rows, width) {
			if n := utf8.RuneCountInString(line); n > width {
				t.Fatalf("%d columns: %q", n, line)
			}
			if i > 0 && !strings.ContainsAny(line, "=!.") {
				t.Fatalf("no mark: %q", line)
			}
		}
	})
}
