package plan

import (
	"errors"
	"testing"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/verdict"
)

// termsFor are the terms of a policy for alice on lxcbr0.
func termsFor(t *testing.T, text string) Terms {
	t.Helper()
	p, err := nics.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := nics.Subject{UID: 1, Names: []string{"alice"}, Bridge: "lxcbr0"}
	return Terms{p, s, p.For(s), p.Limits()}
}

// TestPossible: what a kind of bridge does not have is refused with its line, and what does not matter there is not.
func TestPossible(t *testing.T) {
	plain := Link{Kind: Linux, Device: Device{Name: "lxcbr0", Kind: "bridge"}}
	knows, filters, ovs := plain, plain, Link{Kind: OpenVSwitch}
	knows.Device.KnowsVLANs = true
	filters.Device.KnowsVLANs, filters.Device.Filters = true, true
	all := "[defaults]\nmac_lock = true\nisolated = true\nunicast_flood = false\nrate_to_container = \"1mbit\"\n"
	lacks := func(key string, why Lack) *Unprotected {
		return &Unprotected{Key: key, Why: why, Line: 2, Bridge: "lxcbr0"}
	}
	for _, c := range []struct {
		text string
		on   Link
		want *Unprotected // nil is possible
	}{
		{all, plain, nil},
		{all, Link{}, nil},
		{"", ovs, nil},
		{"[defaults]\nisolated = true\nvlan = 5\n", ovs, nil},
		{all, ovs, lacks(nics.MACLock, NotOnOVS)},
		{"[defaults]\nunicast_flood = false\n", ovs, lacks(nics.UnicastFlood, NotOnOVS)},
		{"[defaults]\nrate_to_container = \"1mbit\"\n", ovs, lacks(nics.RateToContainer, NotOnOVS)},
		{"[defaults]\nframe_guard = true\n", ovs, lacks(nics.FrameGuard, NotOnOVS)},
		{"[defaults]\nrouter_guard = true\n", ovs, lacks(nics.RouterGuard, NotOnOVS)},
		{"[defaults]\naddress_guard = true\n[bridge.x]\naddresses = ['10.0.3.0/24']\n", plain, lacks(nics.AddressGuard, NoPools)},
		{"[defaults]\naddress_guard = true\naddresses = ['10.0.3.0/24']\n", ovs, lacks(nics.AddressGuard, NotOnOVS)},
		{"[defaults]\naddress_guard = true\n[bridge.x]\naddresses = ['10.0.3.0/24']\n[bridge.lxcbr0]\naddresses = ['10.0.4.0/24']\n" +
			"[[rule]]\nuser = 'alice'\naddress = '10.0.3.5'\n", plain, lacks(nics.AddressGuard, OutsidePools)},
		{"[defaults]\nvlan = 5\n", plain, lacks(nics.VLAN, KernelWithoutVLANs)},
		{"[defaults]\nvlan = 5\n", knows, lacks(nics.VLAN, BridgeWithoutVLANs)},
		{"[defaults]\nvlan = 5\n", filters, nil},
		{"[defaults]\nvlan = 5\n", Link{}, lacks(nics.VLAN, NoBridge)},
	} {
		if got := termsFor(t, c.text).possible(c.on); !isLacking(got, c.want) {
			t.Errorf("%q: %+v, want %+v", c.text, got, c.want)
		}
	}
}

// isLacking reports whether a reason is the one that is wanted, nil for none.
func isLacking(got verdict.Reason, want *Unprotected) bool {
	var lacking *Unprotected
	if !errors.As(got, &lacking) {
		return got == nil && want == nil
	}
	return want != nil && *lacking == *want
}

// TestKeepsFree: the last ports, and those of bridges of Linux only.
func TestKeepsFree(t *testing.T) {
	for _, c := range []struct {
		kept    string
		number  uint64
		kind    Kind
		refused bool
	}{
		{"free_ports = 64", 959, Linux, false},
		{"free_ports = 64", 960, Linux, true},
		{"free_ports = 0", 1023, Linux, false},
		{"free_ports = 1023", 1, Linux, true},
		{"free_ports = 1023", 0, None, false},
		{"", 1023, Linux, false},
	} {
		got := termsFor(t, "[limits]\n"+c.kept+"\n").KeepsFree(Link{Kind: c.kind}, c.number)
		if (got != nil) != c.refused {
			t.Errorf("%+v: %v", c, got)
		}
	}
}
