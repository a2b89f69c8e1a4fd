package idmap

import (
	"errors"
	"strings"
	"testing"

	"userns-helpers/internal/text/verdict"
)

func mustRange(t *testing.T, start, count uint64) Range {
	t.Helper()
	r, ok := NewRange(start, count)
	if !ok {
		t.Fatalf("NewRange(%d, %d) is false", start, count)
	}
	return r
}

func mustParse(t *testing.T, arguments string) []Mapping {
	t.Helper()
	mappings, err := ParseMappings(strings.Fields(arguments))
	if err != nil {
		t.Fatal(arguments, err)
	}
	return mappings
}

// alice has uid 1000, and three lines of which two adjoin.
func alice(t *testing.T) Set {
	return SetOf(mustRange(t, 165536, 100), mustRange(t, 100000, 65536), mustRange(t, 300000, 10))
}

func TestAuthorise(t *testing.T) {
	for _, c := range []struct {
		arguments string
		rules     string
		usesGrant bool
	}{
		{"0 1000 1", "own id", false},
		{"4294967294 1000 1", "own id", false}, // any upper id
		{"0 100000 65536", "granted", true},
		{"0 100000 65636", "granted", true}, // across the seam of two lines
		{"0 165535 2", "granted", true},
		{"0 1000 1 1 100000 65536", "own id, granted", true},
		{"1 300009 1 0 1000 1", "granted, own id", true},
		{"0 1000 1 5 1000 1", "own id, own id", false}, // the kernel's business
	} {
		d := Authorise(mustParse(t, c.arguments), 1000, alice(t))
		var rules []string
		for _, rule := range d.Rules() {
			rules = append(rules, rule.String())
		}
		if got := strings.Join(rules, ", "); !d.Allowed() || got != c.rules || d.UsesGrant() != c.usesGrant {
			t.Errorf("%s: allowed %v by %s, uses a grant %v", c.arguments, d.Allowed(), got, d.UsesGrant())
		}
	}
}

func TestAuthoriseRefuses(t *testing.T) {
	for _, c := range []struct {
		arguments string
		headline  string
	}{
		{"0 0 1", "uid range [0-1) -> [0-1) not allowed"},
		{"1000 0 1", "uid range [1000-1001) -> [0-1) not allowed"}, // the upper id is not the lower one
		{"0 999 1", "uid range [0-1) -> [999-1000) not allowed"},
		{"0 1001 1", "uid range [0-1) -> [1001-1002) not allowed"},
		{"0 1000 2", "uid range [0-2) -> [1000-1002) not allowed"}, // the own id and one more
		{"0 999 2", "uid range [0-2) -> [999-1001) not allowed"},
		{"0 99999 1", "uid range [0-1) -> [99999-100000) not allowed"},
		{"0 99999 2", "uid range [0-2) -> [99999-100001) not allowed"},
		{"0 100000 65637", "uid range [0-65637) -> [100000-165637) not allowed"},
		{"0 165636 1", "uid range [0-1) -> [165636-165637) not allowed"},
		{"0 300000 11", "uid range [0-11) -> [300000-300011) not allowed"},
		{"0 100000 200010", "uid range [0-200010) -> [100000-300010) not allowed"}, // ends granted, middle not
		{"0 0 4294967295", "uid range [0-4294967295) -> [0-4294967295) not allowed"},
		{"0 100000 4294867295", "uid range [0-4294867295) -> [100000-4294967295) not allowed"}, // CVE-2016-6252
		{"0 1000 1 1 100000 65536 70000 5 1", "uid range [70000-70001) -> [5-6) not allowed"},
	} {
		d := Authorise(mustParse(t, c.arguments), 1000, alice(t))
		if d.Allowed() || d.Headline(UID) != c.headline || d.UsesGrant() {
			t.Errorf("%s: allowed %v, %q", c.arguments, d.Allowed(), d.Headline(UID))
		}
		if lower := d.Refused().Lower; Authorise([]Mapping{{lower, lower}}, 1000, alice(t)).Allowed() {
			t.Errorf("%s: %v is named as refused, and is not", c.arguments, lower)
		}
	}
	if got := Authorise(mustParse(t, "0 0 1"), 1000, Set{}).Headline(GID); got != "gid range [0-1) -> [0-1) not allowed" {
		t.Error(got)
	}
}

// TestNothingIsNotAllowed: neither an empty request nor a decision that nobody made.
func TestNothingIsNotAllowed(t *testing.T) {
	all := SetOf(mustRange(t, 0, end))
	for _, d := range []Decision{{}, Authorise(nil, 0, all), Authorise([]Mapping{{}}, 0, all)} {
		if d.Allowed() || d.UsesGrant() {
			t.Errorf("%+v is allowed", d)
		}
	}
}

// TestGrantOfOwnID: an administrator who grants the own gid lets setgroups(2) be.
func TestGrantOfOwnID(t *testing.T) {
	own := SetOf(mustRange(t, 1000, 1))
	if !Authorise(mustParse(t, "0 1000 1"), 1000, own).UsesGrant() {
		t.Error("the grant of the own id is not used")
	}
}

func TestMapsRoot(t *testing.T) {
	for arguments, want := range map[string]bool{
		"0 0 1": true, "5 0 3": true, "0 1 1": false, "0 1000 1 1 0 1": true, "0 1000 1": false, "0 4294967294 1": false,
	} {
		if got := MapsRoot(mustParse(t, arguments)); got != want {
			t.Errorf("%s: %v", arguments, got)
		}
	}
}

func TestWords(t *testing.T) {
	for kind, want := range map[Kind]string{
		UID: "newuidmap uid uid_map usage: newuidmap [<pid>|fd:<pidfd>] <uid> <loweruid> <count> [ <uid> <loweruid> <count> ] ...",
		GID: "newgidmap gid gid_map usage: newgidmap [<pid>|fd:<pidfd>] <gid> <lowergid> <count> [ <gid> <lowergid> <count> ] ...",
	} {
		if got := kind.Program() + " " + kind.Word() + " " + kind.MapFile() + " " + kind.Usage(); got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
	}
}

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

func TestKernelLimits(t *testing.T) {
	for _, accepted := range [][]Mapping{
		wide(t, 340, 10), wide(t, 170, 24), // 4080 bytes
		mustParse(t, "0 1000 1 1 100000 65536"), mustParse(t, "0 5 5 5 0 5"),
	} {
		if err := CheckKernelLimits(UID, accepted); err != nil {
			t.Error(err)
		}
	}
	for _, c := range []struct {
		mappings []Mapping
		advice   string
	}{
		{wide(t, 341, 10), "341 ranges are asked for; the kernel accepts 340"},
		{wide(t, 171, 24), "the map is 4104 bytes long; the kernel accepts 4095"},
		{wide(t, 340, 24), "8160 bytes"},
		{mustParse(t, "0 1000 5 4 2000 1"), "gid ranges [0-5) -> [1000-1005) and [4-5) -> [2000-2001) overlap inside"},
		{mustParse(t, "0 1000 1 1 900 200"), "[0-1) -> [1000-1001) and [1-201) -> [900-1100) overlap outside the namespace: each id can be mapped once; if the single one is your own"},
		{mustParse(t, "0 1000 1 0 1000 1"), "overlap inside"},
		{mustParse(t, "0 10 5 10 30 5 20 14 5"), "[0-5) -> [10-15) and [20-25) -> [14-19) overlap outside the namespace: each id can be mapped once"},
		{mustParse(t, "0 10 5 10 30 5 4294967290 12 4"), "overlap outside"},
	} {
		err := CheckKernelLimits(GID, c.mappings)
		var refusal *verdict.Refusal
		if !errors.As(err, &refusal) || !strings.Contains(refusal.Advice, c.advice) ||
			refusal.Headline != "write to gid_map failed: Invalid argument" || refusal.Usage {
			t.Errorf("%v; want %s", err, c.advice)
		}
	}
}

// TestExactlyAPage: 4095 bytes pass, 4096 do not.
func TestExactlyAPage(t *testing.T) {
	mappings := wide(t, 169, 24) // 4056 bytes, below id 1000001690
	for _, c := range []struct {
		tail string
		size int
	}{
		{"2000000000 2000000000 1 3 200000 10000", 4095},
		{"2000000000 2000000000 1 3 200000 100000", 4096},
	} {
		all := append(mappings[:169:169], mustParse(t, c.tail)...)
		if got := len(Text(all)); got != c.size {
			t.Fatalf("%d bytes, not %d", got, c.size)
		}
		if err := CheckKernelLimits(UID, all); (err == nil) != (c.size <= 4095) {
			t.Errorf("%d bytes: %v", c.size, err)
		}
	}
}
