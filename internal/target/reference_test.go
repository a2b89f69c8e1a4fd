package target

import "testing"

func TestParseReference(t *testing.T) {
	granted := []struct {
		text, want string
		descriptor int
	}{
		{"2982", "2982", -1},
		{" 2982", "2982", -1},
		{"\t\n\v\f\r 2982", "2982", -1},
		{"+2982", "2982", -1},
		{"02982", "2982", -1}, // base 10: no octal
		{"2147483647", "2147483647", -1},
		{"fd:0", "fd:0", 0},
		{"fd:3", "fd:3", 3},
		{"fd: +07", "fd:7", 7},
	}
	for _, c := range granted {
		r, ok := ParseReference(c.text)
		if !ok || r.String() != c.want || r.Descriptor() != c.descriptor {
			t.Errorf("ParseReference(%q) = %v (descriptor %d), %v; want %s", c.text, r, r.Descriptor(), ok, c.want)
		}
	}
	refused := []string{
		"", " ", "0", "-0", "-1", "+", "+-1", "-+1", "++1", "0xba6", "2982 ", "2982x", "2147483648", "4294967298",
		"18446744073709551617", "self", "thread-self", "1/../2", "--help", "--",
		"fd:", "fd:-1", "fd:-0", "fd:x", "fd:3 ", "fd:0x3", "fd:2147483648", "fd:4294967299", "FD:3", " fd:3", "fd:fd:3",
	}
	for _, text := range refused {
		if r, ok := ParseReference(text); ok {
			t.Errorf("ParseReference(%q) = %v, want a refusal", text, r)
		}
	}
}

func FuzzParseReference(f *testing.F) {
	f.Add("1")
	f.Add(" fd:3")
	f.Add("fd: +03")
	f.Fuzz(func(t *testing.T, text string) {
		r, ok := ParseReference(text)
		if !ok {
			return
		}
		if r.number < 0 || r.number > maxNumber || r.number == 0 && !r.descriptor {
			t.Errorf("ParseReference(%q) accepts the number %d", text, r.number)
		}
		if again, ok := ParseReference(r.String()); !ok || again != r {
			t.Errorf("ParseReference(%q) = %v does not survive a round trip", text, r)
		}
	})
}

func TestParsePid(t *testing.T) {
	cases := []struct {
		info string
		pid  int
		ok   bool
	}{
		{"pos:\t0\nflags:\t02000002\nmnt_id:\t15\nino:\t8\nPid:\t1234\nNSpid:\t1234\t1\n", 1234, true},
		{"pos:\t0\nPid:\t-1\nNSpid:\t-1\n", -1, true},
		{"Pid:\t0\nNSpid:\t0\n", 0, true},
		{"Name:\tsleep\nUmask:\t0022\nState:\tS (sleeping)\nTgid:\t7\nNgid:\t0\nPid:\t7\nPPid:\t1\n", 7, true},
		{"Pid:\t7", 7, true},
		{"", 0, false},
		{"pos:\t0\nflags:\t02\n", 0, false},
		{"PPid:\t7\n", 0, false},
		{"Pid:\n", 0, false},
		{"Pid:\t-2\n", 0, false},
		{"Pid:\t7x\n", 0, false},
		{"Pid:\t99999999999999999999\n", 0, false},
		{"Pid:\tx\nPid:\t7\n", 0, false}, // the first line decides
	}
	for _, c := range cases {
		if pid, ok := parsePid(c.info); pid != c.pid && c.ok || ok != c.ok {
			t.Errorf("parsePid(%q) = %d, %v; want %d, %v", c.info, pid, ok, c.pid, c.ok)
		}
	}
}
