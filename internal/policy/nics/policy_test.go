package nics

import (
	"net/netip"
	"os"
	"reflect"
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

// check is everything that is wrong with a policy.
func check(text []byte) []Problem {
	_, found := ParseAll(text)
	return found
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
	if found := check(text); len(found) > 0 {
		t.Fatal(found)
	}
	p := mustParse(t, string(text))
	builtIn := Protections{UnicastFlood: true, BPDUGuard: true, StableMAC: true}
	locked := builtIn
	locked.MACLock, locked.Isolated, locked.FrameGuard, locked.RouterGuard, locked.AddressGuard = true, true, true, true, true
	locked.Pools = []netip.Prefix{netip.MustParsePrefix("10.0.3.0/24"), netip.MustParsePrefix("fd00:3::/64")}
	alice := locked
	alice.MACLock, alice.FrameGuard, alice.AddressGuard = false, false, false
	web := locked
	web.Fixed = netip.MustParseAddr("10.0.3.50")
	student := locked
	student.RateToContainer = 20_000_000
	for _, c := range []struct {
		s    Subject
		want Protections
	}{
		{Subject{UID: 1, Names: []string{"bob"}, Bridge: "br9"}, builtIn},
		{Subject{UID: 1, Names: []string{"bob"}, Bridge: "lxcbr0"}, locked},
		{Subject{UID: 1, Names: []string{"bob"}, Bridge: "lxcbr0", Container: "web"}, web},
		{Subject{UID: 2, Names: []string{"x", "alice"}, Bridge: "lxcbr0"}, alice},
		{Subject{UID: 2, Names: []string{"alice"}, Bridge: "none"}, builtIn},
		{Subject{UID: 1, Names: []string{"bob"}, Groups: []string{"x", "students"}, Bridge: "lxcbr0"}, student},
	} {
		if got := p.For(c.s); !reflect.DeepEqual(got, c.want) {
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
	if found := check([]byte(text)); len(found) > 0 {
		t.Error(found)
	}
}

// TestAbsent: without a file nothing is asked for that can break a container, and nothing is limited.
func TestAbsent(t *testing.T) {
	want := Protections{UnicastFlood: true, BPDUGuard: true, StableMAC: true}
	for _, p := range []*Policy{{}, mustParse(t, ""), mustParse(t, "# nothing\n")} {
		if got := p.For(Subject{Bridge: "lxcbr0"}); !reflect.DeepEqual(got, want) {
			t.Errorf("%+v", got)
		}
		if p.Limits().NicsPerUser.Set || p.LineOf(p.Limits().NicsPerUser) != 0 {
			t.Error(p.Limits())
		}
		for _, key := range Keys() {
			if s := p.Where(Subject{}, key); s.Level != BuiltIn || s.Line != 0 || s.Table != "" {
				t.Errorf("%+v", s)
			}
		}
	}
}

// TestWhere: which table decides.
func TestWhere(t *testing.T) {
	p := mustParse(t, "[defaults]\nisolated = true\n\n[bridge.\"eth0.5\"]\nvlan = 7\n[[rule]]\n# twice\ngroup = \"g\"\nisolated = false\n")
	if got := p.Where(Subject{Bridge: "eth0.5"}, Isolated); !reflect.DeepEqual(got, Setting{Value: 1, Level: Defaults, Table: "[defaults]", Line: 2}) {
		t.Errorf("%+v", got)
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
		if got := p.Groups("br0"); (len(got) == 1 && got[0] == "b") != (want != 0) || len(got) > 1 {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestCheckFindsAll(t *testing.T) {
	text := "[limits]\nx = 1\n[idmap]\ny = 1\n[[rule]]\nuser = \"a\"\n[defaults]\nvlan = 0\nz = 2\n"
	var lines []int
	for _, problem := range check([]byte(text)) {
		lines = append(lines, problem.Line)
	}
	if !slices.Equal(lines, []int{2, 3, 8, 9}) {
		t.Error(lines)
	}
	if found := check([]byte("[\n")); len(found) != 1 {
		t.Error(found)
	}
	if found := check(make([]byte, LongestFile+1)); len(found) != 1 || found[0].Line != 0 {
		t.Error(found)
	}
}

// TestLines: what a statement of several lines, a comment or a string looks like does not mislead.
func TestLines(t *testing.T) {
	text := "# [defaults]\n[idmap]\nforbidden_host_ids = [\n \"1\", # vlan = 1\n\n]\n\n[defaults]\nvlan = 9 # x\ny = 3\n"
	if found := check([]byte(text)); len(found) != 2 || found[0].Line != 3 || found[1].Line != 10 {
		t.Error(found)
	}
}

// FuzzParse: no panic, never a policy and an error, and ParseAll finds what Parse refuses.
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
		for _, problem := range check(text) {
			refused = true
			if problem.Line < 0 || problem.Line > lines {
				t.Fatal(problem)
			}
		}
		if refused != (err != nil) {
			t.Fatal(err, check(text))
		}
	})
}

// TestBridgeNames: a bridge that lxc-usernet(5) can grant has a name here too, and one that cannot exist has none.
func TestBridgeNames(t *testing.T) {
	for name, can := range map[string]bool{"br\u2003": true, "br\u00fc": true, "br0#1": true, "br\u00a0": false, "all": false, "default": false, "-br": false} {
		for _, text := range []string{"[bridge.\"" + name + "\"]\nisolated = true\n", "[[rule]]\nuser = \"alice\"\nbridge = \"" + name + "\"\n"} {
			if found := check([]byte(text)); (len(found) == 0) != can {
				t.Errorf("%q: %v", text, found)
			}
		}
	}
}

// guarded is a policy with pools on two bridges and addresses that are fixed.
const guarded = `
[defaults]
address_guard = true
[bridge.a]
addresses = ["10.0.3.0/24", "fd00:3::/64"]
dhcp_hosts = true
[bridge.b]
addresses = ["10.0.4.0/30"]
[[rule]]
user = "x"
bridge = "a"
address = "10.0.3.7"
[[rule]]
user = "x"
container = "web"
address = "10.0.3.8"
[[rule]]
user = "x"
bridge = "a"
container = "db"
address = "10.0.3.9"
[[rule]]
user = "y"
address_guard = false
`

// TestAddresses: pools by the bridge, and the address of the most special rule, that for a container.
func TestAddresses(t *testing.T) {
	p := mustParse(t, guarded)
	for _, c := range []struct {
		s     Subject
		pools int
		fixed string
		guard bool
		hosts bool
		line  int // of the address
	}{
		{Subject{Names: []string{"x"}, Bridge: "a"}, 2, "10.0.3.7", true, true, 12},
		{Subject{Names: []string{"x"}, Bridge: "a", Container: "web"}, 2, "10.0.3.8", true, true, 16},
		{Subject{Names: []string{"x"}, Bridge: "a", Container: "db"}, 2, "10.0.3.9", true, true, 21},
		{Subject{Names: []string{"x"}, Bridge: "b", Container: "db"}, 1, "", true, false, 0},
		{Subject{Names: []string{"z"}, Bridge: "a", Container: "web"}, 2, "", true, true, 0},
		{Subject{Names: []string{"y"}, Bridge: "a"}, 2, "", false, false, 0},
		{Subject{Names: []string{"z"}, Bridge: "none"}, 0, "", true, false, 0},
	} {
		got, fixed := p.For(c.s), ""
		if got.Fixed.IsValid() {
			fixed = got.Fixed.String()
		}
		if len(got.Pools) != c.pools || fixed != c.fixed || got.AddressGuard != c.guard || got.DHCPHosts != c.hosts || p.Where(c.s, Address).Line != c.line {
			t.Errorf("%+v: %+v, line %d", c.s, got, p.Where(c.s, Address).Line)
		}
	}
	for bridge, want := range map[string]int{"a": 3, "b": 1, "none": 1} {
		if got := p.FixedOn(bridge); len(got) != want {
			t.Error(bridge, got)
		}
	}
}

// TestHasHost: neither the address of the network nor that for everybody; in IPv6 there is none of those but the first.
func TestHasHost(t *testing.T) {
	for address, want := range map[string]bool{
		"10.0.3.0": false, "10.0.3.1": true, "10.0.3.254": true, "10.0.3.255": false, "10.0.4.1": false, "fd00:3::1": false, "::ffff:10.0.3.1": false,
	} {
		if got := HasHost(netip.MustParsePrefix("10.0.3.0/24"), netip.MustParseAddr(address)); got != want {
			t.Error(address, got)
		}
	}
	for address, want := range map[string]bool{"fd00:3::": false, "fd00:3::1": true, "fd00:3::ffff:ffff:ffff:ffff": true, "10.0.3.1": false} {
		if got := HasHost(netip.MustParsePrefix("fd00:3::/64"), netip.MustParseAddr(address)); got != want {
			t.Error(address, got)
		}
	}
}

// TestGuardTogether: pools and the guard may stand in two tables that apply together, in any order.
func TestGuardTogether(t *testing.T) {
	for _, text := range []string{
		"[defaults]\naddress_guard = true\n[bridge.a]\naddresses = ['10.0.3.0/24']\n",
		"[bridge.a]\naddress_guard = true\ndhcp_hosts = true\n[defaults]\naddresses = ['10.0.3.0/24']\n",
		"[[rule]]\ngroup = 'g'\naddress_guard = true\n[[rule]]\nuser = 'x'\nbridge = 'a'\naddresses = ['10.0.3.0/24']\n",
		"[defaults]\naddresses = ['10.0.3.0/24']\n", "[defaults]\naddress_guard = false\n", "[defaults]\ndhcp_hosts = false\n",
		"[[rule]]\nuser = 'x'\nbridge = 'a'\naddress = '10.0.3.5'\n[[rule]]\nuser = 'y'\nbridge = 'b'\naddress = '10.0.3.5'\n" +
			"[defaults]\naddress_guard = true\naddresses = ['10.0.3.0/24']\n",
	} {
		if found := check([]byte(text)); len(found) > 0 {
			t.Errorf("%q: %+v", text, found)
		}
	}
}
