package usernic

import (
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/nics"
)

// termsFor are the terms of a policy for alice on lxcbr0.
func termsFor(t *testing.T, text string) terms {
	t.Helper()
	p, err := nics.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := nics.Subject{UID: 1, Names: []string{"alice"}, Bridge: "lxcbr0"}
	return terms{p, s, p.For(s), p.Limits()}
}

func TestFlags(t *testing.T) {
	for text, want := range map[string]rtnl.Flags{
		"":                                    {Learning: true, UnicastFlood: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nmac_lock = true\n":       {Locked: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nunicast_flood = false\n": {Learning: true, BPDUGuard: true, RootBlock: true},
		"[defaults]\nbpdu_guard = false\nisolated = true\n": {Learning: true, UnicastFlood: true, Isolated: true},
	} {
		asked := termsFor(t, text)
		if got := asked.flags(); got != want {
			t.Errorf("%q: %+v", text, got)
		}
		if asked.static() == (want.Learning && want.UnicastFlood) {
			t.Errorf("%q: static %v", text, asked.static())
		}
	}
}

// TestPossible: what a kind of bridge does not have is refused with its line, and what does not matter there is not.
func TestPossible(t *testing.T) {
	plain := bridge{kind: linuxBridge, device: rtnl.Device{Name: "lxcbr0"}}
	knows, filters := plain, plain
	knows.device.Bridge = rtnl.Bridge{KnowsVLANs: true}
	filters.device.Bridge = rtnl.Bridge{KnowsVLANs: true, Filters: true}
	all := "[defaults]\nmac_lock = true\nisolated = true\nunicast_flood = false\nrate_to_container = \"1mbit\"\n"
	for _, c := range []struct {
		text string
		on   bridge
		want string // "" is possible
	}{
		{all, plain, ""},
		{all, bridge{}, ""},
		{"", bridge{kind: openVSwitch}, ""},
		{"[defaults]\nisolated = true\nvlan = 5\n", bridge{kind: openVSwitch}, ""},
		{all, bridge{kind: openVSwitch}, "No interface without mac_lock: lxc-user-nic does not do it on bridges of Open vSwitch; mac_lock is asked for (/etc/userns-helpers/policy.toml line 2)"},
		{"[defaults]\nunicast_flood = false\n", bridge{kind: openVSwitch}, "No interface without unicast_flood"},
		{"[defaults]\nrate_to_container = \"1mbit\"\n", bridge{kind: openVSwitch}, "No interface without rate_to_container"},
		{"[defaults]\nframe_guard = true\n", bridge{kind: openVSwitch}, "No interface without frame_guard"},
		{"[defaults]\nrouter_guard = true\n", bridge{kind: openVSwitch}, "No interface without router_guard"},
		{"[defaults]\nvlan = 5\n", plain, "CONFIG_BRIDGE_VLAN_FILTERING"},
		{"[defaults]\nvlan = 5\n", knows, "vlan_filtering 1"},
		{"[defaults]\nvlan = 5\n", filters, ""},
		{"[defaults]\nvlan = 5\n", bridge{}, "there is no bridge"},
	} {
		err := termsFor(t, c.text).possible(c.on)
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q", c.text, err, c.want)
		}
	}
}

func TestPortSettings(t *testing.T) {
	got := termsFor(t, "[defaults]\nisolated = true\nvlan = 5\n").portSettings()
	if want := []string{"other-config:stp-enable=false", "other-config:rstp-enable=false", "protected=true", "tag=5"}; !slices.Equal(got, want) {
		t.Error(got)
	}
	if got := termsFor(t, "[defaults]\nbpdu_guard = false\n").portSettings(); len(got) > 0 {
		t.Error(got)
	}
}

// TestKeepsFree: the last ports, and those of bridges of Linux only.
func TestKeepsFree(t *testing.T) {
	for _, c := range []struct {
		kept    string
		number  uint16
		kind    bridgeKind
		refused bool
	}{
		{"free_ports = 64", 959, linuxBridge, false},
		{"free_ports = 64", 960, linuxBridge, true},
		{"free_ports = 0", 1023, linuxBridge, false},
		{"free_ports = 1023", 1, linuxBridge, true},
		{"free_ports = 1023", 0, noBridge, false},
		{"", 1023, linuxBridge, false},
	} {
		n := &nic{terms: termsFor(t, "[limits]\n"+c.kept+"\n"), kernel: kernel{bridge: bridge{kind: c.kind}}}
		if err := n.keepsFree(rtnl.Device{Port: rtnl.Port{Number: c.number}}); (err != nil) != c.refused {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestInForce: a kernel that does not know a flag leaves the port as it was, and that is a refusal.
func TestInForce(t *testing.T) {
	asked := termsFor(t, "[defaults]\nmac_lock = true\nisolated = true\n\nunicast_flood = false\n")
	if err := asked.inForce(asked.flags()); err != nil {
		t.Error(err)
	}
	for want, change := range map[string]func(*rtnl.Flags){
		"No interface without mac_lock: this kernel cannot lock a port of a bridge (since Linux 5.18); mac_lock is asked for (/etc/userns-helpers/policy.toml line 2)":    func(f *rtnl.Flags) { f.Locked = false },
		"No interface without isolated: this kernel cannot isolate a port of a bridge (since Linux 4.18); isolated is asked for (/etc/userns-helpers/policy.toml line 3)": func(f *rtnl.Flags) { f.Isolated = false },
		"No interface without mac_lock: this kernel cannot keep a port from learning":                                                                                     func(f *rtnl.Flags) { f.Learning = true },
		"No interface without unicast_flood: this kernel cannot keep a port from being flooded; unicast_flood is asked for (/etc/userns-helpers/policy.toml line 5)":      func(f *rtnl.Flags) { f.UnicastFlood = true },
		"No interface without bpdu_guard: this kernel has no BPDU guard or root block; bpdu_guard is asked for (it is built in)":                                          func(f *rtnl.Flags) { f.BPDUGuard = false },
		"bpdu_guard": func(f *rtnl.Flags) { f.RootBlock = false },
	} {
		got := asked.flags()
		change(&got)
		if err := asked.inForce(got); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestRandomMAC(t *testing.T) {
	a, errA := randomMAC()
	b, errB := randomMAC()
	if errA != nil || errB != nil || a == b || a[0] != firstOfContainer || b[0] != firstOfContainer {
		t.Error(a, b, errA, errB)
	}
}
