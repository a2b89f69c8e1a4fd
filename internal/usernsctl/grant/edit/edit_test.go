package edit

import (
	"strings"
	"testing"

	"userns-helpers/internal/netquota"
)

func TestAppend(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"", "a:1:2\n"},
		{"x\n", "x\na:1:2\n"},
		{"x", "x\na:1:2\n"},
		{"x\r\n", "x\r\na:1:2\n"},
		{"x\r", "x\r\na:1:2\n"},
		{"\n\n", "\n\na:1:2\n"},
	} {
		if got := string(Append([]byte(c.text), "a:1:2")); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	if got := string(Append([]byte("x"))); got != "x" {
		t.Errorf("%q", got)
	}
}

func TestAllow(t *testing.T) {
	for _, c := range []struct {
		name, text, bridge string
		number             uint32
		want               string
		change             Change
	}{
		{"new", "", "br0", 5, "alice veth br0 5\n", Appended},
		{"beside others", "bob veth br0 1\nalice veth br1 7", "br0", 5, "bob veth br0 1\nalice veth br1 7\nalice veth br0 5\n", Appended},
		{"as it is", "alice veth br0 5\n", "br0", 5, "alice veth br0 5\n", Same},
		{"as it adds up", "alice veth br0 2\nbob veth br0 1\nal veth br0 3", "br0", 5, "alice veth br0 2\nbob veth br0 1\nal veth br0 3", Same},
		{"edited", "# x\nalice veth br0 5\nbob veth br0 5\n", "br0", 12, "# x\nalice veth br0 12\nbob veth br0 5\n", Edited},
		{"with a comment", "\talice  veth\tbr0 5# 5 since 2015\r\n", "br0", 6, "\talice  veth\tbr0 6# 5 since 2015\r\n", Edited},
		{"digits everywhere", "alice veth br5 5\n", "br5", 55, "alice veth br5 55\n", Edited},
		{"several", "alice veth br0 1\nbob veth br0 1\nal veth br0 1\n", "br0", 5, "alice veth br0 5\nbob veth br0 1\n", Edited},
		{"nought", "alice veth br0 0\n", "br0", 5, "alice veth br0 5\n", Edited},
		{"a group's", "@alice veth br0 5\n", "br0", 5, "@alice veth br0 5\nalice veth br0 5\n", Appended},
		{"another type", "alice phys br0 5\n", "br0", 5, "alice phys br0 5\nalice veth br0 5\n", Appended},
		{"malformed", "alice veth br0 x\n", "br0", 5, "alice veth br0 x\nalice veth br0 5\n", Appended},
	} {
		got, change := Allow([]byte(c.text), []string{"alice", "al"}, c.bridge, c.number)
		if string(got) != c.want || change != c.change {
			t.Errorf("%s: %q, %v, want %q", c.name, got, change, c.want)
		}
	}
}

func TestDisallow(t *testing.T) {
	left, lines := Disallow([]byte("alice veth br0 5\r\nbob veth br0 1\n# alice veth br0 1\nal veth none 0\n@alice veth br0 1\nalice veth br0"), []string{"alice", "al"})
	if string(left) != "bob veth br0 1\n# alice veth br0 1\n@alice veth br0 1\nalice veth br0" || len(lines) != 2 {
		t.Errorf("%q, %q", left, lines)
	}
}

// FuzzAllow: whatever was there, the user has as many as was said, asking again changes nothing, and no line of others is
// another one.
func FuzzAllow(f *testing.F) {
	f.Add("alice veth br0 5 # 5\nbob veth br0 1", uint32(7))
	f.Add("alice veth br0 +5\n alice veth br0 4294967295\nalice veth br0 1", uint32(1))
	f.Fuzz(func(t *testing.T, text string, number uint32) {
		if number == 0 {
			return
		}
		names := []string{"alice"}
		once, _ := Allow([]byte(text), names, "br0", number)
		if twice, change := Allow(once, names, "br0", number); change != Same || string(twice) != string(once) {
			t.Errorf("%q, then %q", once, twice)
		}
		if got := total(rulesOf(once, names, "br0")); got != uint64(number) {
			t.Errorf("%q grants %d", once, got)
		}
		others := func(text string) (all []string) {
			for line := range strings.Lines(text) {
				if rule, ok := netquota.ParseRule([]byte(strings.TrimSuffix(line, "\n"))); !ok || rule.Owner != "alice" || rule.Place.Bridge != "br0" {
					all = append(all, strings.TrimSuffix(line, "\n"))
				}
			}
			return all
		}
		if was, is := others(text), others(string(once)); strings.Join(was, "\n") != strings.Join(is, "\n") {
			t.Errorf("%q became %q", was, is)
		}
	})
}
