package policyview

import (
	"slices"
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
	p := mustParse(t, "[defaults]\nisolated = true\n\n[bridge.\"eth0.5\"]\nvlan = 7\n[[rule]]\nuser = \"x\"\nrouter_guard = true\n[[rule]]\n# twice\n"+
		"group = \"g\"\nrate_to_container = \"1500kbit\"\nisolated = false\n")
	got := Explain(p, nics.Subject{Names: []string{"x"}, Groups: []string{"g"}, Bridge: "eth0.5"})
	want := []Setting{
		{nics.Setting{Value: 0, Level: nics.BuiltIn, Table: "", Line: 0}, nics.MACLock, "false"},
		{nics.Setting{Value: 0, Level: nics.Group, Table: "[[rule]]", Line: 13}, nics.Isolated, "false"},
		{nics.Setting{Value: 1, Level: nics.BuiltIn, Table: "", Line: 0}, nics.UnicastFlood, "true"},
		{nics.Setting{Value: 1, Level: nics.BuiltIn, Table: "", Line: 0}, nics.BPDUGuard, "true"},
		{nics.Setting{Value: 0, Level: nics.BuiltIn, Table: "", Line: 0}, nics.FrameGuard, "false"},
		{nics.Setting{Value: 1, Level: nics.User, Table: "[[rule]]", Line: 8}, nics.RouterGuard, "true"},
		{nics.Setting{Value: 0, Level: nics.BuiltIn, Table: "", Line: 0}, nics.IPv6OnHost, "false"},
		{nics.Setting{Value: 1, Level: nics.BuiltIn, Table: "", Line: 0}, nics.StableMAC, "true"},
		{nics.Setting{Value: 1500000, Level: nics.Group, Table: "[[rule]]", Line: 12}, nics.RateToContainer, `"1500kbit"`},
		{nics.Setting{Value: 7, Level: nics.Bridge, Table: `[bridge."eth0.5"]`, Line: 5}, nics.VLAN, "7"},
	}
	if !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

// TestText: every value that is shown means the same in a file.
func TestText(t *testing.T) {
	for _, key := range nics.Keys() {
		for value := range uint64(2) {
			if key == nics.RateToContainer {
				value *= 1_500_000
			}
			text := textOf(key, value)
			if text == "" {
				continue
			}
			if got := mustParse(t, "[defaults]\n"+key+" = "+text+"\n").Where(nics.Subject{}, key); got.Value != value || got.Level != nics.Defaults {
				t.Errorf("%s = %s: %+v, want %d", key, text, got, value)
			}
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
