package idmap

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"userns-helpers/internal/text/verdict"
)

// wrong fails the test unless err is a command line that is wrong.
func wrong(t *testing.T, what string, err error) verdict.ID {
	t.Helper()
	var wrong *Malformed
	if !errors.As(err, &wrong) || wrong == nil {
		t.Errorf("%s: error %v, want *Malformed", what, err)
		return ""
	}
	return wrong.ID()
}

func TestParseTarget(t *testing.T) {
	for _, c := range []struct {
		argument string
		want     Target
	}{
		{"1", Target{1, -1}},
		{"2982", Target{2982, -1}},
		{" 2982", Target{2982, -1}},
		{"\t\n\v\f\r2982", Target{2982, -1}},
		{"+2982", Target{2982, -1}},
		{"00002982", Target{2982, -1}},
		{"2147483647", Target{2147483647, -1}},
		{"fd:0", Target{0, 0}},
		{"fd:3", Target{0, 3}},
		{"fd:2147483647", Target{0, 2147483647}},
	} {
		if got, err := ParseTarget([]string{c.argument}); err != nil || got != c.want {
			t.Errorf("ParseTarget(%q) = %+v, %v; want %+v", c.argument, got, err, c.want)
		}
	}
	for _, argument := range []string{
		"0", "-0", "+0", "-1", "-2982", // shadow#728: 0 and negative numbers mean other things to the kernel
		"2147483648", "4294967297", "4294969278", "18446744073709551617", // wrap to a pid in 32 or 64 bits
		"0xba6", "2982 ", "2982\n", "2982x", "29 82", "++1", "", " ", "self", "2982/../1", "2982\x00",
		"--help", "-h", "--version", "--",
		"fd:", "fd: ", "fd:-1", "fd:-0", "fd:x", "fd:0x3", "fd:3 ", "fd:2147483648", "fd:4294967296", "fd:fd:3", // shadow#666
		"FD:3", " fd:3", "fd", "fd3", "pidfd:3",
	} {
		got, err := ParseTarget([]string{argument})
		if id := wrong(t, strconv.Quote(argument), err); id != BadProcess {
			t.Errorf("%q: %s", argument, id)
		}
		if got != (Target{}) {
			t.Errorf("ParseTarget(%q) returns %+v with an error", argument, got)
		}
	}
}

func TestParse(t *testing.T) {
	for _, c := range []struct {
		arguments string // separated by commas
		want      string // kernel text
	}{
		{"0,100000,65536", "0 100000 65536\n"},
		{"0,1000,1,1,100000,65536", "0 1000 1\n1 100000 65536\n"},
		{"-0,+100000, 1", "0 100000 1\n"},
		{"010,0x10,0X1", "8 16 1\n"},
		{"4294967294,100000,1", "4294967294 100000 1\n"},
		{"4294967293,4294967293,2", "4294967293 4294967293 2\n"},
		{"0,0,4294967295", "0 0 4294967295\n"},
	} {
		q := Parse(UID, strings.Split(c.arguments, ","))
		if got := string(Text(q.Asked)); q.Wrong != nil || got != c.want {
			t.Errorf("%s: %q, %v; want %q", c.arguments, got, q.Wrong, c.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, c := range []struct {
		arguments string
		overflow  bool // the headline of the original
	}{
		{"0,1000", false},
		{"0,1000,1,1", false},
		{"0,1000,1,1,100000", false},
		{",100000,1", false},
		{"0,,1", false},
		{"0,100000,", false},
		{" ,100000,1", false},
		{"0,100000,1 ", false},
		{"0,100000,1x", false},
		{"0x,100000,1", false},
		{"08,100000,1", false},
		{"+-0,100000,1", false},
		{"0,1e5,1", false},
		{"4294967295,4294967295,x", false},               // what is no number comes first
		{"4294967295,4294967295,10", true},               // shadow#1117
		{"4294967295,100000,1", true},                    // (uid_t)-1
		{"0,4294967295,1", true},                         //
		{"0,100000,0", true},                             // shadow#1689
		{"0,4294967294,2", true},                         //
		{"4294967294,0,2", true},                         //
		{"0,1,4294967295", true},                         //
		{"0,100000,4294967295", true},                    // CVE-2016-6252: wraps in 32 bits
		{"0,100000,4294867297", true},                    // CVE-2016-6252: to 1
		{"0,0,4294967296", true},                         //
		{"4294967296,1000,1", true},                      // 0 in 32 bits
		{"0,4294968296,1", true},                         // 1000 in 32 bits
		{"-5,100000,1", true},                            //
		{"0,-5,1", true},                                 //
		{"0,100000,-5", true},                            //
		{"-18446744073709551615,100000,1", true},         // 1 in strtoul(3)
		{"0,100000,18446744073709551615", true},          // CVE-2016-6252: wraps in 64 bits
		{"0,100000,18446744073709451617", true},          //
		{"18446744073709551616,1000,1", true},            //
		{"0,99999999999999999999999,1", true},            //
		{"0,1000,1,1,100000,0", true},                    // the second of two
		{"0,1000,1,1,100000,65536,2,4294967295,1", true}, // the third of three
	} {
		q := Parse(GID, strings.Split(c.arguments, ","))
		if id := wrong(t, c.arguments, q.Wrong); (id == OutOfBounds) != c.overflow {
			t.Errorf("%s: %s", c.arguments, id)
		}
		if q.Asked != nil || q.Kind != GID {
			t.Errorf("%s: %v is asked for", c.arguments, q)
		}
	}
	for _, none := range [][]string{nil, {}} {
		if id := wrong(t, "no triple", Parse(UID, none).Wrong); id != NoRange { // 4.13 has written deny to setgroups by then
			t.Errorf("no triple: %s", id)
		}
	}
}

func FuzzParseTarget(f *testing.F) {
	for _, seed := range []string{"1", " +02982", "fd:3", "fd:", "-1", "4294967297"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, argument string) {
		got, err := ParseTarget([]string{argument})
		if err != nil {
			wrong(t, argument, err)
			if got != (Target{}) {
				t.Errorf("%q: %+v with an error", argument, got)
			}
			return
		}
		text := strconv.Itoa(got.PID)
		if got.FD >= 0 {
			text = "fd:" + strconv.Itoa(got.FD)
		}
		if again, err := ParseTarget([]string{text}); err != nil || again != got || (got.PID > 0) == (got.FD >= 0) {
			t.Errorf("%q: %+v, but %q: %+v, %v", argument, got, text, again, err)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"0 1000 1", "0 1000 1 1 100000 65536", "0 -5 1", "010 0x10 4294967294", "0 1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, input string) {
		q := Parse(UID, strings.Split(input, " "))
		if q.Wrong != nil {
			if q.Asked != nil {
				t.Errorf("%q: mappings with an error", input)
			}
			return
		}
		for _, m := range q.Asked {
			if m.Upper.Count() != m.Lower.Count() || m.Lower.Empty() || m.Lower.End() > none || m.Upper.End() > none {
				t.Errorf("%q: %+v", input, m)
			}
		}
		text := string(Text(q.Asked))
		again := Parse(UID, strings.Fields(text))
		if again.Wrong != nil || string(Text(again.Asked)) != text {
			t.Errorf("%q: %q does not survive a round trip: %v", input, text, again.Wrong)
		}
	})
}
