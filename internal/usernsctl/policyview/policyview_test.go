package policyview

import (
	"net/netip"
	"reflect"
	"testing"

	"userns-helpers/internal/policy/nics"
)

func mustParse(t *testing.T, text string) *nics.Policy {
	t.Helper()
	p, err := nics.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestExplain(t *testing.T) {
	p := mustParse(t, "[defaults]\nisolated = true\n\n[bridge.\"eth0.5\"]\nvlan = 7\n[[rule]]\nuser = \"x\"\nrouter_guard = true\naddresses = ['10.0.3.0/24', 'FD00:0::/64']\naddress_guard = true\naddress = '10.0.3.7'\n[[rule]]\n# twice\n"+
		"group = \"g\"\nrate_to_container = \"1500kbit\"\nisolated = false\n")
	got := Explain(p, nics.Subject{Names: []string{"x"}, Groups: []string{"g"}, Bridge: "eth0.5"})
	pools := []netip.Prefix{netip.MustParsePrefix("10.0.3.0/24"), netip.MustParsePrefix("fd00::/64")}
	want := []Setting{
		{nics.Setting{Value: 0, Level: nics.BuiltIn, Table: "", Line: 0}, nics.MACLock, "false"},
		{nics.Setting{Value: 0, Level: nics.Group, Table: "[[rule]]", Line: 16}, nics.Isolated, "false"},
		{nics.Setting{Value: 1, Level: nics.BuiltIn, Table: "", Line: 0}, nics.UnicastFlood, "true"},
		{nics.Setting{Value: 1, Level: nics.BuiltIn, Table: "", Line: 0}, nics.BPDUGuard, "true"},
		{nics.Setting{Value: 0, Level: nics.BuiltIn, Table: "", Line: 0}, nics.FrameGuard, "false"},
		{nics.Setting{Value: 1, Level: nics.User, Table: "[[rule]]", Line: 8}, nics.RouterGuard, "true"},
		{nics.Setting{Value: 1, Level: nics.User, Table: "[[rule]]", Line: 10}, nics.AddressGuard, "true"},
		{nics.Setting{Pools: pools, Level: nics.User, Table: "[[rule]]", Line: 9}, nics.Addresses, `["10.0.3.0/24", "fd00::/64"]`},
		{nics.Setting{Address: netip.MustParseAddr("10.0.3.7"), Level: nics.User, Table: "[[rule]]", Line: 11}, nics.Address, `"10.0.3.7"`},
		{nics.Setting{Value: 0, Level: nics.BuiltIn, Table: "", Line: 0}, nics.DHCPHosts, "false"},
		{nics.Setting{Value: 0, Level: nics.BuiltIn, Table: "", Line: 0}, nics.IPv6OnHost, "false"},
		{nics.Setting{Value: 1, Level: nics.BuiltIn, Table: "", Line: 0}, nics.StableMAC, "true"},
		{nics.Setting{Value: 1500000, Level: nics.Group, Table: "[[rule]]", Line: 15}, nics.RateToContainer, `"1500kbit"`},
		{nics.Setting{Value: 7, Level: nics.Bridge, Table: `[bridge."eth0.5"]`, Line: 5}, nics.VLAN, "7"},
		{nics.Setting{Value: 0, Level: nics.BuiltIn, Table: "", Line: 0}, nics.OtherNetworks, "false"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestText: every value that is shown means the same in a file.
func TestText(t *testing.T) {
	pools := `["10.0.3.0/24", "fd00::/64"]`
	shown := make(map[string]bool)
	for _, text := range []string{
		"mac_lock = true", "isolated = false", "unicast_flood = true", "bpdu_guard = false", "frame_guard = true", "router_guard = true",
		"address_guard = true", "addresses = " + pools, `address = "10.0.3.7"`, "dhcp_hosts = true", "ipv6_on_host = true", "stable_mac = false",
		`rate_to_container = "1500kbit"`, "vlan = 7", "other_networks = true",
	} {
		p := mustParse(t, "[defaults]\naddress_guard = true\naddresses = "+pools+"\n[[rule]]\nuser = \"x\"\n"+text+"\n")
		for _, s := range Explain(p, nics.Subject{Names: []string{"x"}}) {
			shown[s.Key] = shown[s.Key] || s.Level == nics.User
			if s.Level == nics.User && s.Key+" = "+s.Text != text {
				t.Errorf("%s: %s", text, s.Text)
			}
		}
	}
	for _, key := range nics.Keys() {
		if !shown[key] {
			t.Error(key)
		}
	}
}

func TestRateText(t *testing.T) {
	for text, want := range map[string]uint64{"8kbit": 8000, "8000bit": 8000, "100mbit": 100e6, "1000gbit": 1e12, "1500kbit": 1.5e6} {
		parsed := func(text string) uint64 {
			return mustParse(t, "[defaults]\nrate_to_container = \""+text+"\"\n").For(nics.Subject{}).RateToContainer
		}
		if rate, again := parsed(text), parsed(rateText(want)); rate != want || again != want {
			t.Error(text, rate, rateText(rate))
		}
	}
}
