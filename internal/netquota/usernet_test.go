package netquota

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

// understood are lines that grant, each with its defect of the original where it has one.
var understood = map[string]Rule{
	"alice veth lxcbr0 10":                {"alice", lan, 10},
	"  alice veth lxcbr0 10":              {"alice", lan, 10}, // the original loses it
	"\talice\tveth\tlxcbr0\t10\t":         {"alice", lan, 10},
	"alice   veth \t lxcbr0  010":         {"alice", lan, 10},
	"alice veth lxcbr0 10 # ten":          {"alice", lan, 10},
	"alice veth lxcbr0 10 #":              {"alice", lan, 10},
	"alice veth lxcbr0 10\r":              {"alice", lan, 10}, // a file from another system
	"alice veth lxcbr0 10 \r":             {"alice", lan, 10},
	"alice veth lxcbr0 10 # ten\r":        {"alice", lan, 10},
	"alice veth lxcbr0 10#ten":            {"alice", lan, 10}, // what follows a number the original does not read
	"alice veth lxcbr0 10#5 or 6":         {"alice", lan, 10},
	"alice veth 10#x 5":                   {"alice", Place{"veth", "10#x"}, 5},
	"a b veth 10#x 5":                     {"a b", Place{"veth", "10#x"}, 5},
	"@students veth lxcbr0 4294967295":    {"@students", lan, 4294967295},
	"@domain users veth lxcbr0 1":         {"@domain users", lan, 1},
	"alice veth none 1":                   {"alice", Place{"veth", "none"}, 1},
	"alice macvlan lxcbr0 1":              {"alice", Place{"macvlan", "lxcbr0"}, 1},
	"al#ice veth lxcbr0 1":                {"al#ice", lan, 1},
	"alice veth lxcbr0 0":                 {"alice", lan, 0},
	strings.Repeat("a", 999) + " v b 123": {strings.Repeat("a", 999), Place{"v", "b"}, 123},
}

// refused are lines that grant nothing to anybody.
var refused = []string{
	"", " ", "\t", "#", "# alice veth lxcbr0 10", " #alice veth lxcbr0 10", "alice", "alice veth", "alice veth lxcbr0", "veth lxcbr0 10",
	"alice veth lxcbr0 #10", "alice veth # lxcbr0 10", "alice veth lxcbr0 -1", "alice veth lxcbr0 +1", "alice veth lxcbr0 1.5", "alice veth lxcbr0 0x10",
	"alice veth lxcbr0 1_0", "alice veth lxcbr0 ten", "alice veth lxcbr0 1e3", "alice veth lxcbr0 4294967296", "alice veth lxcbr0 18446744073709551617",
	"alice veth lxcbr0 99999999999999999999999", "alice veth lxcbr0 10\r\r", "\ralice veth\rlxcbr0 10", "alice veth lxcbr0 10x", "alice veth lxcbr0 10x#", "alice veth 10#x", "alice lxcbr0 10#x", "alice macvlan lxcbr0 10#x", "alice veth lxcbr0 \x00", "al\x00ice veth lxcbr0 10",
	"alice veth lxcbr0 10\x00", "alice\vveth\vlxcbr0\v10", "alice veth lxcbr0 ١", "@ veth lxcbr0 10",
	strings.Repeat("a", 1100) + " veth lxcbr0 10", "alice veth lxcbr0 10" + strings.Repeat(" ", 1024),
}

func TestParseRule(t *testing.T) {
	for line, want := range understood {
		if got, ok := ParseRule([]byte(line)); !ok || got != want {
			t.Errorf("%q: %v %v, want %v", line, got, ok, want)
		}
	}
	for _, line := range refused {
		if got, ok := ParseRule([]byte(line)); ok {
			t.Errorf("%q grants %v", line, got)
		}
	}
}

// TestRefusedLinesSpoilNothing: a bad line affects no other.
func TestRefusedLinesSpoilNothing(t *testing.T) {
	for _, line := range refused {
		for _, file := range []string{line + "\nalice veth lxcbr0 2\n", "alice veth lxcbr0 2\n" + line, "alice veth lxcbr0 1\n" + line + "\nalice veth lxcbr0 1"} {
			allotments, err := Allotments(strings.NewReader(file), alice, lan)
			if err != nil || len(allotments) != 1 || allotments[0].Quota != 2 {
				t.Errorf("%q: %v %v", file, allotments, err)
			}
		}
	}
}

func TestAllotments(t *testing.T) {
	carol := Account{UID: 1, Names: []string{"carol", "caroline"}, Groups: []string{"lan", "students"}}
	for _, c := range []struct {
		file string
		want []Allotment
	}{
		{"", nil},
		{"bob veth lxcbr0 9\n", nil},
		{"carol veth lxcbr1 9\n", nil},
		{"carol veth lxcbr 9\ncarol veth lxcbr00 9\n", nil},
		{"carol veth none 9\n", nil},
		{"carol macvlan lxcbr0 9\n", nil},
		{"carol veth lxcbr0 0\n", nil},
		{"carol veth lxcbr0 -5\n", nil},
		{"caro veth lxcbr0 9\ncarolin veth lxcbr0 9\nCarol veth lxcbr0 9\n", nil},
		{"@carol veth lxcbr0 9\nstudents veth lxcbr0 9\n@@lan veth lxcbr0 9\n@la veth lxcbr0 9\n", nil},
		{"carol carol veth lxcbr0 9\n", nil},
		{"carol veth lxcbr0 9 9\n", nil},
		{"carol veth lxcbr0 2\ncarol veth lxcbr1 7\ncarol veth lxcbr0 3\n", []Allotment{{"carol", lan, 5, 1}}}, // the original: 3, all bridges together
		{"carol veth lxcbr0 2\ncarol veth lxcbr0 -3\n", []Allotment{{"carol", lan, 2, 1}}},                     // the original subtracts
		{"#\n@students veth lxcbr0 1\ncaroline veth lxcbr0 2\ncarol veth lxcbr0 3\n@lan veth lxcbr0 4\n@students veth lxcbr0 5\n", []Allotment{
			{"@students", lan, 6, 2}, {"caroline", lan, 2, 3}, {"carol", lan, 3, 4}, {"@lan", lan, 4, 5},
		}},
		{"carol veth lxcbr0 4294967295\ncarol veth lxcbr0 4294967295\n", []Allotment{{"carol", lan, 8589934590, 1}}}, // the original overflows
	} {
		got, err := Allotments(strings.NewReader(c.file), carol, lan)
		if err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%q: %v %v, want %v", c.file, got, err, c.want)
		}
	}
	if got, err := Allotments(strings.NewReader("carol veth lxcbr0 1\n"), Account{}, lan); got != nil || err != nil {
		t.Error(got, err)
	}
}

func TestAllotmentsOfBrokenReader(t *testing.T) {
	_, err := Allotments(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("alice veth lxcbr0 10"))), alice, lan)
	if !errors.Is(err, iotest.ErrTimeout) {
		t.Fatal(err)
	}
}

func TestSaturated(t *testing.T) {
	if saturated(1<<64-1, 1) != 1<<64-1 || saturated(1<<64-2, 1) != 1<<64-1 || saturated(2, 3) != 5 {
		t.Fatal("does not saturate")
	}
}

func FuzzParseRule(f *testing.F) {
	for line := range understood {
		f.Add([]byte(line))
	}
	for _, line := range refused {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		rule, ok := ParseRule(line)
		if !ok {
			if rule != (Rule{}) {
				t.Fatalf("%q: %v without being understood", line, rule)
			}
			return
		}
		again, ok := ParseRule([]byte(" " + Allotment{Owner: rule.Owner}.Owner + "\t" + rule.Place.Type + " " + rule.Place.Bridge + " 7 # c"))
		again.Number = rule.Number
		if len(line) < 1000 && (!ok || again != rule) {
			t.Fatalf("%q: %v, and again %v %v", line, rule, again, ok)
		}
		if rule.Owner == "" || rule.Place.Type == "" || rule.Place.Bridge == "" || rule.Number >= 1<<32 {
			t.Fatalf("%q: %v", line, rule)
		}
	})
}

var (
	lan      = Place{"veth", "lxcbr0"}
	alice    = Account{UID: 2001, Names: []string{"alice"}, Groups: []string{"students"}}
	ofAlice  = Allotment{"alice", lan, 2, 1}
	students = Allotment{"@students", lan, 2, 2}
)
