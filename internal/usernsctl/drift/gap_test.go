package drift

import (
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernsctl/nicview"
)

// termsFor are the terms of a policy for alice on lxcbr0.
func termsFor(t *testing.T, text string) plan.Terms {
	t.Helper()
	p, err := nics.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	s := nics.Subject{UID: 1, Names: []string{"alice"}, Bridge: "lxcbr0"}
	return plan.Terms{Policy: p, Subject: s, Protections: p.For(s), Limits: p.Limits()}
}

// TestGaps: an interface that has what it should has no gap; each thing that is missing is one, under the key that asks for it;
// and what is more than the policy gives is told apart.
func TestGaps(t *testing.T) {
	linux, none, ovs := plan.Link{Kind: plan.Linux}, plan.Link{}, plan.Link{Kind: plan.OpenVSwitch}
	all := "[defaults]\nmac_lock = true\nisolated = true\nunicast_flood = false\nframe_guard = true\nrate_to_container = \"1mbit\"\nvlan = 5\n"
	for name, c := range map[string]struct {
		text   string
		on     plan.Link
		change func(*State)
		keys   []string
		lacks  bool
	}{
		"as it should be":      {all, linux, func(*State) {}, nil, false},
		"by default":           {"", linux, func(*State) {}, nil, false},
		"unlocked":             {all, linux, func(s *State) { s.Flags.Locked = false }, []string{"mac_lock"}, true},
		"learns":               {all, linux, func(s *State) { s.Flags.Learning = true }, []string{"mac_lock"}, true},
		"not isolated":         {all, linux, func(s *State) { s.Flags.Isolated = false }, []string{"isolated"}, true},
		"flooded":              {all, linux, func(s *State) { s.Flags.UnicastFlood = true }, []string{"unicast_flood"}, true},
		"not pinned":           {all, linux, func(s *State) { s.Pinned = false }, []string{"mac_lock"}, true},
		"no guard":             {"", linux, func(s *State) { s.Flags.BPDUGuard = false }, []string{"bpdu_guard"}, true},
		"no root block":        {"", linux, func(s *State) { s.Flags.RootBlock = false }, []string{"bpdu_guard"}, true},
		"no filter":            {all, linux, func(s *State) { s.Filter = nil }, []string{"filter"}, true},
		"another filter":       {all, linux, func(s *State) { s.Filter = s.Filter[1:] }, []string{"filter"}, true},
		"no rate":              {all, linux, func(s *State) { s.Rate = 0 }, []string{"rate_to_container"}, true},
		"another VLAN":         {all, linux, func(s *State) { s.VLANs = []VLAN{{1, true}} }, []string{"vlan"}, true},
		"one more VLAN":        {all, linux, func(s *State) { s.VLANs = append(s.VLANs, VLAN{6, false}) }, []string{"vlan"}, true},
		"IPv6":                 {all, linux, func(s *State) { s.Quiet = false }, []string{"ipv6_on_host"}, true},
		"everything":           {all, linux, func(s *State) { *s = State{Flags: plan.Flags{Learning: true, UnicastFlood: true}} }, []string{"mac_lock", "isolated", "unicast_flood", "mac_lock", "bpdu_guard", "vlan", "filter", "rate_to_container", "ipv6_on_host"}, true},
		"more":                 {"", linux, func(s *State) { s.Flags.Isolated, s.Rate = true, 8 }, []string{"isolated", "rate_to_container"}, false},
		"pinned all the same":  {"", linux, func(s *State) { s.Pinned = true }, []string{"unicast_flood"}, false},
		"a filter nobody asks": {"[defaults]\nbpdu_guard = false\n", linux, func(s *State) { s.Filter = make([]unix.SockFilter, 1) }, []string{"filter"}, false},
		"no bridge":            {"[defaults]\nmac_lock = true\n", none, func(s *State) { s.Flags = plan.Flags{} }, nil, false},
		"no bridge, IPv6":      {"", none, func(s *State) { s.Quiet = false }, []string{"ipv6_on_host"}, true},
		"Open vSwitch":         {"[defaults]\nisolated = true\n", ovs, func(s *State) { s.Flags = plan.Flags{} }, nil, false},
	} {
		terms := termsFor(t, c.text)
		filter, err := terms.Guard(c.on, [6]byte{2}, netip.Addr{}, plan.Claims{})
		if err != nil {
			t.Fatal(err)
		}
		want := wanted(terms, c.on, filter)
		have := want
		have.Filter, have.VLANs = slices.Clone(want.Filter), slices.Clone(want.VLANs)
		c.change(&have)
		found := gaps(terms, c.on, want, have, "x")
		var keys []string
		for _, g := range found {
			keys = append(keys, g.Key)
		}
		lacks, _ := NIC{NIC: nicview.NIC{}, Gaps: found}.Lacks()
		if !slices.Equal(keys, c.keys) || lacks != c.lacks {
			t.Errorf("%s: %q lacks %v, want %q", name, keys, lacks, c.keys)
		}
	}
}

// TestBuiltin: what nobody asked for, and a kernel that cannot have it does without, is told apart from what somebody did.
func TestBuiltin(t *testing.T) {
	linux := plan.Link{Kind: plan.Linux}
	for text, builtin := range map[string]bool{"": true, "[defaults]\nbpdu_guard = true\nipv6_on_host = false\n": false} {
		terms := termsFor(t, text)
		filter, _ := terms.Guard(linux, [6]byte{2}, netip.Addr{}, plan.Claims{})
		want := wanted(terms, linux, filter)
		have := want
		have.Filter, have.Quiet = nil, false
		if lacks, is := (NIC{Gaps: gaps(terms, linux, want, have, "x")}).Lacks(); !lacks || is != builtin {
			t.Errorf("%q: %v, %v", text, lacks, is)
		}
	}
	// A port without the guard that is built in has lost it: every kernel has that.
	terms := termsFor(t, "")
	filter, _ := terms.Guard(linux, [6]byte{2}, netip.Addr{}, plan.Claims{})
	want := wanted(terms, linux, filter)
	have := want
	have.Flags.BPDUGuard = false
	if lacks, builtin := (NIC{Gaps: gaps(terms, linux, want, have, "x")}).Lacks(); !lacks || builtin {
		t.Error(lacks, builtin)
	}
}
