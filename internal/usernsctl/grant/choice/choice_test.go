package choice

import (
	"errors"
	"math/rand/v2"
	"testing"

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

// lines are claims by lines: start, count, start, count.
func lines(t testing.TB, numbers ...uint64) []Claim {
	t.Helper()
	var claims []Claim
	for i := 0; i < len(numbers); i += 2 {
		claims = append(claims, Claim{Range: ids(t, numbers[i], numbers[i+1]), Rule: Line, Who: "bob", File: "/etc/subuid", Line: i/2 + 1})
	}
	return claims
}

func TestChoose(t *testing.T) {
	const all = 1 << 32
	for _, c := range []struct {
		name      string
		low, high uint64
		taken     []uint64
		count     uint64
		aligned   bool
		want      uint64 // 0: none
	}{
		// As many ranges fit below 524288 from 131072 on as from 100000 on.
		{"the first of a host", 100000, all, nil, 65536, false, 131072},
		{"behind useradd's", 100000, all, []uint64{100000, 65536}, 65536, false, 196608},
		{"between", 100000, all, []uint64{100000, 65536, 231072, 65536}, 65536, false, 165536},
		{"alignment would cost", 100000, 165536, nil, 65536, false, 100000},
		{"a few ids", 100000, all, nil, 1000, false, 100000},
		{"behind systemd's containers", 100000, all, []uint64{100000, 424288}, 65536, false, 1879048192},
		{"a gap that is too small", 100000, all, []uint64{150000, 374288}, 65536, false, 1879048192},
		{"above 2^31 comes last", 100000, all, []uint64{100000, 2147383648}, 65536, false, 1 << 31},
		{"not across 2^31", 2147418112 + 1, all, nil, 65536, false, 1 << 31},
		{"kubelet's 110 pods", 100000, all, nil, 110 * Unit, true, 1879048192},
		{"kubelet's two pods", 100000, all, []uint64{131072, 1}, 2 * Unit, true, 196608},
		{"full", 100000, 200000, []uint64{100000, 65536}, 65536, false, 0},
		{"too much", 100000, all, nil, 1 << 31, false, 0},
		{"an upper bound", 100000, 165535, nil, 65536, false, 0},
		{"the last id is none", 4294901760, all, nil, 65536, false, 0},
		{"no ids", 100000, all, nil, 0, false, 0},
		{"nobody's", 65530, 70000, nil, 10, false, 65536},
	} {
		got, ok := NewSpace(c.low, c.high, lines(t, c.taken...)).Choose(c.count, c.aligned)
		if ok != (c.want > 0) || ok && got.Start() != c.want || ok && got.Count() != c.count {
			t.Errorf("%s: %v, %v, want %d", c.name, got, ok, c.want)
		}
	}
}

// TestChooseModel: whatever is taken, what is chosen is free, nothing lower is that is as good, and of many none overlap.
func TestChooseModel(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		var taken []Claim
		for range random.IntN(12) {
			taken = append(taken, Claim{Range: ids(t, random.Uint64N(500)+1, 1+random.Uint64N(60)), Rule: Line})
		}
		s := NewSpace(1, 500, taken)
		free := func(id uint64) bool {
			return id >= 1 && id < 500 && len(s.busy.Overlapping(ids(t, id, 1))) == 0
		}
		for range 20 {
			count := 1 + random.Uint64N(20)
			var lowest uint64
			for start, run := uint64(1), uint64(0); start < 500 && lowest == 0; start++ {
				if run++; !free(start) {
					run = 0
				}
				if run == count {
					lowest = start - count + 1
				}
			}
			got, ok := s.Choose(count, false)
			if ok != (lowest > 0) || ok && got.Start() != lowest {
				t.Fatalf("%v, %v, want %d+%d", got, ok, lowest, count)
			}
			if ok {
				s.Use(got)
			}
		}
	}
}

func TestClash(t *testing.T) {
	s := NewSpace(100000, 1<<32, lines(t, 100000, 65536), []Claim{{Range: ids(t, 300000, 10), Rule: Service, Who: "SSSD"}, {Range: ids(t, 400000, 1), Rule: Account, Who: "carol"}})
	for _, c := range []struct {
		start, count uint64
		chosen       bool
		rule         Rule
	}{
		{165535, 1, true, Line},
		{165536, 65536, true, ""},
		{300009, 10, true, ""},
		{300009, 10, false, Service},
		{399999, 2, true, Account},
		{524288, 65536, true, ""},
		{524288, 65536, false, Reserved},
	} {
		claim, taken := s.Clash(ids(t, c.start, c.count), c.chosen)
		if claim.Rule != c.rule || taken != (c.rule != "") {
			t.Errorf("%d: %+v, %v", c.start, claim, taken)
		}
	}
	s.Use(ids(t, 200000, 10))
	if claim, taken := s.Clash(ids(t, 200000, 1), true); !taken || claim.Rule != "" {
		t.Errorf("%+v, %v", claim, taken)
	}
}

func TestAvoided(t *testing.T) {
	s := NewSpace(100000, 1<<32, lines(t, 100000, 65536, 165536, 424000, 3000000000, 10), []Claim{{Range: ids(t, 90000, 5), Rule: Account}})
	got, ok := s.Choose(65536, false)
	avoided := s.Avoided(got.Start())
	if !ok || len(avoided) != 2 || avoided[0] != (Avoided{Line, "bob", 100000, 589535, 2}) || avoided[1].Rule != Reserved || avoided[1].Last != 1879048191 {
		t.Errorf("%v: %+v", got, avoided)
	}
}

// TestFormula has the results of the formula of shadow 4.20's login.defs(5).
func TestFormula(t *testing.T) {
	usual := Formula{UIDMin: 1000, Min: 100000, Max: 600100000, Count: 65536}
	for _, c := range []struct {
		f    Formula
		uid  uint32
		want uint64
		err  error
	}{
		{usual, 1000, 100000, nil},
		{usual, 1001, 165536, nil},
		{usual, 999, 0, ErrSystemUser},
		{usual, 10154, 600016544, nil},
		{usual, 10155, 0, ErrBeyond}, // ends with 600147615
		{usual, 4294967294, 0, ErrBeyond},
		{Formula{1000, 100000, 165534, 65536, false}, 1000, 0, ErrNoRoom},
		{Formula{1000, 200000, 100000, 65536, false}, 1000, 0, ErrNoRoom},
		{Formula{1000, 100000, 600100000, 0, false}, 1000, 0, ErrNoRoom},
		{Formula{0, 65536, 4294967295, 65536, false}, 65534, 4294901760, nil},
		{Formula{0, 65536, 4294967295, 65536, false}, 65535, 0, ErrBeyond},
		{Formula{0, 65536, 4294967295, 65536, true}, 65535, 65536, nil},
		{Formula{1000, 100000, 231071, 65536, true}, 1002, 100000, nil},
	} {
		got, err := c.f.Of(c.uid)
		if !errors.Is(err, c.err) || err == nil && (got.Start() != c.want || got.Count() != c.f.Count) {
			t.Errorf("%+v, %d: %v, %v", c.f, c.uid, got, err)
		}
	}
}

// FuzzFormula: nothing wraps, whatever login.defs(5) says.
func FuzzFormula(f *testing.F) {
	f.Add(uint64(1000), uint64(100000), uint64(600100000), uint64(65536), true, uint32(1001))
	f.Add(uint64(0), uint64(1<<63), uint64(1<<64-1), uint64(1<<63), true, uint32(1<<32-1))
	f.Fuzz(func(t *testing.T, uidMin, least, most, count uint64, wrap bool, uid uint32) {
		r, err := Formula{uidMin, least, most, count, wrap}.Of(uid)
		if err == nil && (r.Start() < least || r.Count() != count || !wrap && r.End()-1 > most) {
			t.Errorf("%v", r)
		}
	})
}

// BenchmarkChoose gives ranges to 10,000 users on a host with 100,000 lines.
func BenchmarkChoose(b *testing.B) {
	var taken []Claim
	for i := range uint64(100_000) {
		taken = append(taken, Claim{Range: ids(b, 1879048192+i*200, 100), Rule: Line})
	}
	for b.Loop() {
		s := NewSpace(100000, 1<<32, taken)
		for range 10_000 {
			r, ok := s.Choose(Unit, false)
			if !ok {
				b.Fatal("full")
			}
			s.Use(r)
		}
	}
}
