package nics

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// example is the file that the documentation shows.
func example(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../../../docs/policy.toml.example")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func mustParse(t *testing.T, text string) *Policy {
	t.Helper()
	p, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExample(t *testing.T) {
	text := example(t)
	if found := Check(text); len(found) > 0 {
		t.Fatal(found)
	}
	p := mustParse(t, string(text))
	builtIn := Protections{UnicastFlood: true, BPDUGuard: true, StableMAC: true}
	locked := builtIn
	locked.MACLock, locked.Isolated, locked.FrameGuard, locked.RouterGuard = true, true, true, true
	alice := locked
	alice.MACLock, alice.FrameGuard = false, false
	student := locked
	student.RateToContainer = 20_000_000
	for _, c := range []struct {
		s    Subject
		want Protections
	}{
		{Subject{UID: 1, Names: []string{"bob"}, Bridge: "br9"}, builtIn},
		{Subject{UID: 1, Names: []string{"bob"}, Bridge: "lxcbr0"}, locked},
		{Subject{UID: 2, Names: []string{"x", "alice"}, Bridge: "lxcbr0"}, alice},
		{Subject{UID: 2, Names: []string{"alice"}, Bridge: "none"}, builtIn},
		{Subject{UID: 1, Names: []string{"bob"}, Groups: []string{"x", "students"}, Bridge: "lxcbr0"}, student},
	} {
		if got := p.For(c.s); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.s, got, c.want)
		}
	}
	l := p.Limits()
	if l.NicsPerUser.Most != 20 || l.NicsPerGroupMember.Most != 2 || l.FreePorts.Most != 64 || l.CreatesPerMinute.Most != 60 {
		t.Errorf("%+v", l)
	}
	if line := p.LineOf(l.FreePorts); !strings.Contains(strings.Split(string(text), "\n")[line-1], "free_ports") {
		t.Error(line)
	}
}

// TestManual: the example of the manual is without a mistake, to both parsers.
func TestManual(t *testing.T) {
	page, err := os.ReadFile("../../../man/policy.toml.5")
	if err != nil {
		t.Fatal(err)
	}
	_, text, begins := strings.Cut(string(page), ".Bd -literal\n")
	text, _, ends := strings.Cut(text, ".Ed\n")
	if !begins || !ends {
		t.Fatal("no example")
	}
	if found := Check([]byte(text)); len(found) > 0 {
		t.Error(found)
	}
}

// TestAbsent: without a file nothing is asked for that can break a container, and nothing is limited.
func TestAbsent(t *testing.T) {
	want := Protections{UnicastFlood: true, BPDUGuard: true, StableMAC: true}
	for _, p := range []*Policy{{}, mustParse(t, ""), mustParse(t, "# nothing\n")} {
		if got := p.For(Subject{Bridge: "lxcbr0"}); got != want {
			t.Errorf("%+v", got)
		}
		if p.Limits().NicsPerUser.Set || p.LineOf(p.Limits().NicsPerUser) != 0 {
			t.Error(p.Limits())
		}
		for _, s := range p.Explain(Subject{}) {
			if s.Level != BuiltIn || s.Line != 0 || s.Table != "" {
				t.Errorf("%+v", s)
			}
		}
	}
}

func TestExplain(t *testing.T) {
	p := mustParse(t, "[defaults]\nisolated = true\n\n[bridge.\"eth0.5\"]\nvlan = 7\n[[rule]]\nuser = \"x\"\nrouter_guard = true\n[[rule]]\n# twice\n"+
		"group = \"g\"\nrate_to_container = \"1500kbit\"\nisolated = false\n")
	got := p.Explain(Subject{Names: []string{"x"}, Groups: []string{"g"}, Bridge: "eth0.5"})
	want := []Setting{
		{MACLock, "false", BuiltIn, "", 0},
		{Isolated, "false", Group, "[[rule]]", 13},
		{UnicastFlood, "true", BuiltIn, "", 0},
		{BPDUGuard, "true", BuiltIn, "", 0},
		{FrameGuard, "false", BuiltIn, "", 0},
		{RouterGuard, "true", User, "[[rule]]", 8},
		{IPv6OnHost, "false", BuiltIn, "", 0},
		{StableMAC, "true", BuiltIn, "", 0},
		{RateToContainer, `"1500kbit"`, Group, "[[rule]]", 12},
		{VLAN, "7", Bridge, `[bridge."eth0.5"]`, 5},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
	if line := p.Where(Subject{Bridge: "eth0.5"}, Isolated); line != 2 {
		t.Error(line)
	}
}

// TestWrong: one mistake each, with its line. Nothing of such a file is used.
func TestWrong(t *testing.T) {
	for _, c := range []struct {
		text string
		line int
		word string
	}{
		{"[defaults]\nmac_lok = true\n", 2, "mac_lok is not a key"},
		{"[defaults]\n\nMAC_LOCK = true\n", 3, "MAC_LOCK is not a key"},
		{"[defaults]\nmac_lock = 1\n", 2, "true or false"},
		{"[defaults]\nmac_lock = \"true\"\n", 2, "true or false"},
		{"[defaults]\nmac_lock = [\"true\"]\n", 2, "true or false"},
		{"[defaults]\nvlan = 0\n", 2, "1 to 4094"},
		{"[defaults]\nvlan = 4095\n", 2, "1 to 4094"},
		{"[defaults]\nvlan = \"5\"\n", 2, "1 to 4094"},
		{"[defaults]\nvlan = 5.0\n", 2, "not a plain value"},
		{"[defaults]\nrate_to_container = 100\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"100\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"100Mbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"-1mbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"7999bit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"1001gbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"18446744074gbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"1.5mbit\"\n", 2, "a rate"},
		{"[defaults]\nrate_to_container = \"mbit\"\n", 2, "a rate"},
		{"[defaults]\nnics_per_user = 3\n", 2, "not a key"},
		{"[limits]\nmac_lock = true\n", 2, "not a key"},
		{"[limits]\nnics_per_user = -1\n", 2, "0 to 65536"},
		{"[limits]\nfree_ports = 1024\n", 2, "0 to 1023"},
		{"[default]\n", 1, `"default"`},
		{"mac_lock = true\n", 1, `"mac_lock"`},
		{"defaults = true\n", 1, "must be a table"},
		{"[[defaults]]\n", 1, "must be a table"},
		{"[bridge]\nmac_lock = true\n", 2, "must be a table"},
		{"[bridge.a]\n[bridge.\"a/b\"]\n", 2, "name of a bridge"},
		{"[bridge.sixteen-letters-]\n", 1, "name of a bridge"},
		{"[bridge.eth0.5]\nmac_lock = true\n", 1, "not a table header"},
		{"[rule]\nuser = \"x\"\n", 1, "[[rule]]"},
		{"[[rule]]\ngroup = \"1001\"\n", 2, "a number is not accepted"},
		{"[[rule]]\nmac_lock = true\n", 1, "either a user or a group"},
		{"[[rule]]\nbridge = \"x\"\nmac_lock = true\n", 1, "either a user or a group"},
		{"[[rule]]\nuser = \"x\"\n[[rule]]\nuser = \"x\"\ngroup = \"y\"\n", 3, "either a user or a group"},
		{"[[rule]]\nuser = \"\"\n", 2, "name of a user"},
		{"[[rule]]\nuser = 1000\n", 2, "in quotes"},
		{"[[rule]]\ngroup = \"@x\"\n", 2, "without @"},
		{"[[rule]]\nuser = \"@x\"\n", 2, "without @"},
		{"[[rule]]\nuser = \"x\ty\"\n", 2, "name of a user"},
		{"[[rule]]\nuser = \"x\"\nbridge = \"\"\n", 3, "name of a bridge"},
		{"[[rule]]\nuser = \"x\"\nmac_lock = true\n[[rule]]\nuser = \"x\"\nmac_lock = false\n", 6, "earlier rule"},
		{"[[rule]]\nuser = \"x\"\nbridge = \"b\"\n\n[[rule]]\nuser = \"y\"\nmak = 1\n", 7, "mak is not a key"},
		{"[defaults]\nmac_lock = true\nmac_lock = false\n", 3, "duplicate key mac_lock"},
		{"[defaults]\n[defaults]\n", 2, "duplicate table defaults"},
		{"[defaults\n", 1, "not a table header"},
		{"[defaults]\nmac_lock = yes\n", 2, "not a plain value"},
		{"\xff", 0, "UTF-8"},
		{"[idmap]\n", 1, "idmap is not for this file: IDs that are never mapped are listed in /etc/userns-helpers/forbidden-host-ids, one"},
		{"[defaults]\n[idmap]\nforbidden_host_ids = [\"0-999\"]\n", 3, "forbidden_host_ids is not for this file: IDs"},
		{"[idmap]\n\nforbidden_host_ids = 1\n", 3, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[[idmap]]\n", 1, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"idmap = 1\n", 1, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"forbidden_host_ids = [\"0-999\"]\n", 1, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[limits]\nforbidden_host_ids = [\"0-999\"]\n", 2, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[bridge.br0]\nforbidden_host_ids = true\n", 2, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[bridge]\nforbidden_host_ids = []\n", 2, "listed in /etc/userns-helpers/forbidden-host-ids"},
		{"[[rule]]\nuser = \"a\"\n[[rule]]\nuser = \"b\"\nforbidden_host_ids = [\"0-999\"]\n", 5, "listed in /etc/userns-helpers/forbidden-host-ids"},
	} {
		_, err := Parse([]byte(c.text))
		problem, ok := err.(*Problem)
		if !ok || problem.Line != c.line || !strings.Contains(problem.Text, c.word) {
			t.Errorf("%q: %+v, want line %d", c.text, err, c.line)
		}
	}
}

// TestGroupRule: whose groups are not known has to know which rules could be for them.
func TestGroupRule(t *testing.T) {
	for text, want := range map[string]int{
		"":                         0,
		"[[rule]]\nuser = \"a\"\n": 0,
		"[[rule]]\nuser = \"a\"\n[[rule]]\ngroup = \"b\"\n": 3,
		"[[rule]]\ngroup = \"b\"\nbridge = \"br0\"\n":       1,
		"[[rule]]\ngroup = \"b\"\nbridge = \"br1\"\n":       0,
		"[bridge.br0]\nisolated = true\n[limits]\n":         0,
	} {
		p, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.GroupRule("br0"); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
}

func TestCheckFindsAll(t *testing.T) {
	text := "[limits]\nx = 1\n[idmap]\ny = 1\n[[rule]]\nuser = \"a\"\n[defaults]\nvlan = 0\nz = 2\n"
	var lines []int
	for _, problem := range Check([]byte(text)) {
		lines = append(lines, problem.Line)
	}
	if !slices.Equal(lines, []int{2, 3, 8, 9}) {
		t.Error(lines)
	}
	if found := Check([]byte("[\n")); len(found) != 1 {
		t.Error(found)
	}
	if found := Check(make([]byte, LongestFile+1)); len(found) != 1 || found[0].Line != 0 {
		t.Error(found)
	}
}

// TestLines: what a statement of several lines, a comment or a string looks like does not mislead.
func TestLines(t *testing.T) {
	text := "# [defaults]\n[idmap]\nforbidden_host_ids = [\n \"1\", # vlan = 1\n\n]\n\n[defaults]\nvlan = 9 # x\ny = 3\n"
	if found := Check([]byte(text)); len(found) != 2 || found[0].Line != 3 || found[1].Line != 10 {
		t.Error(found)
	}
}

func TestRateText(t *testing.T) {
	for text, want := range map[string]uint64{"8kbit": 8000, "8000bit": 8000, "100mbit": 100e6, "1000gbit": 1e12, "1500kbit": 1.5e6} {
		rate, ok := parseRate(text)
		again, _ := parseRate(rateText(rate))
		if !ok || rate != want || again != want {
			t.Error(text, rate, ok, rateText(rate))
		}
	}
}

// FuzzParse: no panic, never a policy and an error, and Check finds what Parse refuses.
func FuzzParse(f *testing.F) {
	text, err := os.ReadFile("../../../docs/policy.toml.example")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte("[[rule]]\nuser = \"x\"\nmac_lock = 1\n[[rule]]\n[bridge.x]\ny = [\n1]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := Parse(text)
		if (p == nil) == (err == nil) {
			t.Fatal(p, err)
		}
		refused := false
		lines := strings.Count(string(text), "\n") + 1
		for _, problem := range Check(text) {
			refused = true
			if problem.Line < 0 || problem.Line > lines {
				t.Fatal(problem)
			}
		}
		if refused != (err != nil) {
			t.Fatal(err, Check(text))
		}
	})
}

// TestBridgeNames: a bridge that lxc-usernet(5) can grant has a name here too, and one that cannot exist has none.
func TestBridgeNames(t *testing.T) {
	for name, can := range map[string]bool{"br\u2003": true, "br\u00fc": true, "br0#1": true, "br\u00a0": false, "all": false, "default": false, "-br": false} {
		for _, text := range []string{"[bridge.\"" + name + "\"]\nisolated = true\n", "[[rule]]\nuser = \"alice\"\nbridge = \"" + name + "\"\n"} {
			if found := Check([]byte(text)); (len(found) == 0) != can {
				t.Errorf("%q: %v", text, found)
			}
		}
	}
}
