package slips

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid"
)

// slips are lines that mean alice (uid 1000), or somebody called 2000 (uid 1000), and are of no use to them.
var cases = []struct {
	line  string
	fault Fault
	words string
}{
	{"alice:100000:65536 ", Blank, "a blank follows the count"},
	{"alice:100000:65536\t", Blank, "a blank follows the count"},
	{"alice:100000 :65536", Blank, "a blank follows the start"},
	{"alice::100000:65536", EmptyField, "two colons"},
	{"alice:100000:65536 # hers", Comment, "a comment follows the count"},
	{"alice:100000:65536#hers", Comment, "a comment follows the count"},
	{"\ufeffalice:100000:65536", Mark, "byte order mark"},
	{"alice 100000 65536", Separators, "OWNER:START:COUNT"},
	{"alice\t100000\t65536", Separators, "OWNER:START:COUNT"},
	{"alice:100000 65536", Separators, "OWNER:START:COUNT"},
	{"alice 100000:65536", Separators, "OWNER:START:COUNT"},
	{"alice;100000;65536", Separators, "OWNER:START:COUNT"},
	{"alice\u00a0100000\u00a065536", Separators, "OWNER:START:COUNT"},
	{"alice:100000-165535", FirstLast, "a first and a last id"},
	{"alice:100000:165535-200000", FirstLast, "a first and a last id"},
	{"alice:-100000:65536", Negative, "the start is negative"},
	{"alice:100000:-65536", Negative, "the count is negative"},
	{"alice:100000:0", Zero, "the count is 0"},
	{"alice:0:0", Zero, "the count is 0"},
	{"alice:1001:4294967294", Beyond, "beyond 4294967295"},
	{"alice:4294967296:1", Beyond, "beyond 4294967295"},
	{"alice:100000:99999999999999999999", Beyond, "beyond 4294967295"},
	{"Alice:100000:65536", Case, "another case"},
	{"ALICE:100000:65536 ", Blank, "a blank follows the count"},
	{"alice", Fields, "three fields"},
	{"alice:", Fields, "three fields"},
	{"alice:100000", Fields, "three fields"},
	{"alice:100000:65536:", Fields, "three fields"},
	{"alice:100000:65536:x", Fields, "three fields"},
	{"alice:100000:", BadCount, "the count is not a number"},
	{"alice::65536", BadStart, "the start is not a number"},
	{"alice:ten:5", BadStart, "the start is not a number"},
	{"alice:100000:\u00a065536", Foreign, "not ASCII"},
	{"alice:100000:65536\u00a0", Foreign, "not ASCII"},
	{"alice\u00a0:100000:65536", Spaced, "a blank stands beside the owner"},
	{"\u00a0alice:100000:65536", Spaced, "a blank stands beside the owner"},
	{" alice:100000:65536", Spaced, "a blank stands beside the owner"},
	{"\talice:100000:65536", Spaced, "a blank stands beside the owner"},
	{"alice :100000:65536", Spaced, "a blank stands beside the owner"},
	{"alice:\uff11\uff10:65536", Foreign, "not ASCII"},
	{"alice:100_000:65536", Grouped, "separators between its digits"},
	{"alice:100000:65,536", Grouped, "separators between its digits"},
	{"alice:0100009:65536", NotOctal, "the start begins with 0"},
	{"alice:100000:65536" + strings.Repeat(" ", 1100), TooLong, "1024 bytes"},
	{"alice:" + strings.Repeat(" ", 100_000) + "100000:65536", TooLong, "1024 bytes"},
	{"alice\x00:100000:65536", NUL, "NUL"},
	{"alice:100000:65536\x00", NUL, "NUL"},
	{"\x00alice:100000:65536", NUL, "NUL"},
	{"+alice:100000:65536", NIS, "NIS"},
	{"\"alice\":100000:65536", Quoted, "quotation marks"},
	{"@alice:100000:65536", At, "@ in front"},
	{"01000:100000:65536", NoOwner, "leading zeros"},
	{"1000:100000:65536 ", Blank, "a blank follows the count"},
	{"2000:100000:65536", Digits, "write the user id"},
	{"alice:0100000:65536", Octal, "octal: the line grants [32768-98304)"},
}

func TestFind(t *testing.T) {
	owner := Of(1000, "alice", "2000")
	for _, c := range cases {
		file := "bob:1:1\n# alice:1:1 \n\n" + c.line + "\r\nbob:2:2\n"
		found, err := Find(strings.NewReader(file), owner)
		if err != nil || found.Many != 1 || len(found.First) != 1 {
			t.Errorf("%.40q: %+v, %v", c.line, found, err)
			continue
		}
		e := found.First[0]
		if e.Line != 4 || e.Fault != c.fault || e.Fault.ID() == "" || !strings.Contains(found.Describe(), c.words) || !strings.HasPrefix(found.Describe(), "line 4 (") {
			t.Errorf("%.40q: %s in line %d: %s; want %s", c.line, e.Fault.ID(), e.Line, found.Describe(), c.fault.ID())
		}
		if len(found.Describe()) > 300 {
			t.Errorf("%.40q: %d bytes", c.line, len(found.Describe()))
		}
	}
}

// TestNoSlip: what grants, and what is for somebody else, is no slip.
func TestNoSlip(t *testing.T) {
	for _, line := range []string{
		"alice:100000:65536", "1000:100000:65536", "alice: +5:0x5", "#alice:1:1 ", " # alice:1:1", "", "bob:1:0", "alice2:1:0", "alice-1:1:0", "alic:1:0", "10000:1:0",
		"alice smith:1:0", "alice smith:1:1", "alice 2:1:1", "bob:alice:1", "x alice 1 1", "alicé:1:0", "alice\\bob:1:0", "EXAMPLE\\alice:1:0", "100:1:0",
	} {
		if found, err := Find(strings.NewReader(line+"\n"), Of(1000, "alice")); err != nil || found.Many != 0 || found.Describe() != "" {
			t.Errorf("%q: %+v, %v", line, found, err)
		}
	}
}

func TestSlipsBound(t *testing.T) {
	found, err := Find(strings.NewReader(strings.Repeat("alice:1:0\n", 100_000)), Of(1000, "alice"))
	if err != nil || found.Many != 100_000 || len(found.First) != mostSlips || !strings.Contains(found.Describe(), "99996 lines more") {
		t.Errorf("%d, %d, %v: %s", found.Many, len(found.First), err, found.Describe())
	}
	broken := errors.New("broken")
	if _, err := Find(iotest.ErrReader(broken), Of(1)); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// FuzzFind: no panic, nothing that is found grants the owner what it seems to, and every line that is found is there.
func FuzzFind(f *testing.F) {
	for _, c := range cases {
		f.Add(c.line)
	}
	f.Fuzz(func(t *testing.T, file string) {
		owner := Of(1000, "alice", "2000")
		granted := map[int]bool{}
		if err := subid.List(strings.NewReader(file), owner.owns, func(g idmap.Row) { granted[g.Line] = true }); err != nil {
			t.Fatal(err)
		}
		found, err := Find(strings.NewReader(file), owner)
		if err != nil || len(found.First) > mostSlips {
			t.Fatal(found, err)
		}
		for _, e := range found.First {
			if e.Fault == NoFault || granted[e.Line] != (e.Fault == Octal) || e.Why() == "" {
				t.Errorf("%+v", e)
			}
		}
	})
}
