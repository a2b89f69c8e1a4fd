package usernic

import (
	"errors"
	"strings"
	"testing"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic/plan"
)

// TestGuarded: which filter a policy asks for, and that bpdu_guard and isolated have one of their own on a bridge of Linux.
func TestGuarded(t *testing.T) {
	linux, none, ovs := bridge{Link: plan.Link{Kind: plan.Linux}}, bridge{}, bridge{Link: plan.Link{Kind: plan.OpenVSwitch}}
	for _, c := range []struct {
		text string
		on   bridge
		want guard.Nic
	}{
		{"", linux, guard.Nic{Groups: true}},
		{"", none, guard.Nic{}},
		{"", ovs, guard.Nic{}},
		{"[defaults]\nbpdu_guard = false\n", linux, guard.Nic{}},
		{"[defaults]\nisolated = true\n", linux, guard.Nic{Groups: true, Queries: true}},
		{"[defaults]\nisolated = true\n", ovs, guard.Nic{}},
		{"[defaults]\nframe_guard = true\n", linux, guard.Nic{Frames: true, Groups: true}},
		{"[bridge.lxcbr0]\nframe_guard = true\nrouter_guard = true\n", none, guard.Nic{Frames: true, Routers: true}},
		{"[defaults]\nframe_guard = true\n[[rule]]\nuser = \"alice\"\nframe_guard = false\n", linux, guard.Nic{Groups: true}},
	} {
		got, err := termsFor(t, c.text).guarded(nil, c.on, standIn())
		if err != nil || got.Frames != c.want.Frames || got.Routers != c.want.Routers || got.Groups != c.want.Groups || got.Queries != c.want.Queries || got.MAC != standIn() {
			t.Errorf("%q: %+v %v", c.text, got, err)
		}
	}
}

// TestUnguarded: what was asked for is refused with its line where the kernel has no filters; what is built in is not.
func TestUnguarded(t *testing.T) {
	for text, want := range map[string]plan.Unprotected{
		"":                                  {},
		"[defaults]\nbpdu_guard = true\n":   {Key: nics.BPDUGuard, Line: 2},
		"[defaults]\nisolated = true\n":     {Key: nics.Isolated, Line: 2},
		"[defaults]\nrouter_guard = true\n": {Key: nics.RouterGuard, Line: 2},
		"[defaults]\nrouter_guard = true\nframe_guard = true\n": {Key: nics.FrameGuard, Line: 3},
		"[[rule]]\nuser = \"alice\"\nrouter_guard = true\n":     {Key: nics.RouterGuard, Line: 3},
	} {
		for why, discipline := range map[plan.Lack]bool{plan.NoClsact: true, plan.NoFilter: false} {
			err := termsFor(t, text).unguarded(&rtnl.MissingError{Discipline: discipline})
			var lacking *plan.Unprotected
			if want.Key == "" {
				if err != nil {
					t.Error(err)
				}
				continue
			}
			want.Why, want.Bridge = why, "lxcbr0"
			if !errors.As(err, &lacking) || *lacking != want {
				t.Errorf("%q: %+v, want %+v", text, lacking, want)
			}
		}
	}
}

// TestGuards: a filter is known again by the interface and the addresses that it was made for, and by no others.
func TestGuards(t *testing.T) {
	host := [6]byte{0xfe, 1, 2, 3, 4, 5}
	own := [6]byte{2, 1, 2, 3, 4, 5}
	bridge := [6]byte{2, 0, 0, 0, 1, 0}
	of := rtnl.Addresses{IPv4: [][4]byte{{10, 0, 3, 9}, {10, 0, 3, 1}}, IPv6: [][16]byte{{0xfd, 9, 15: 1}}}
	ipv4 := [][4]byte{{10, 0, 3, 1}, {10, 0, 3, 9}}
	ipv6 := [][16]byte{{0xfd, 9, 15: 1}, {0xfe, 0x80, 11: 0xff, 0xfe, 0, 1, 0}}
	for want, n := range map[string]guard.Nic{
		"frame_guard, no link-local groups":                                     {MAC: own, Frames: true},
		"no link-local groups":                                                  {Groups: true},
		"no link-local groups but BPDUs":                                        {Groups: true, STP: true},
		"no link-local groups, no multicast queries":                            {Groups: true, Queries: true},
		"router_guard, no multicast queries":                                    {Routers: true, IPv4: ipv4, IPv6: ipv6},
		"frame_guard, router_guard, no link-local groups, no multicast queries": {MAC: own, Frames: true, Routers: true, IPv4: ipv4, IPv6: ipv6},
	} {
		words, known := Guards(host, programOf(n.Filter()), bridge, of)
		if got := strings.Join(words, ", "); got != want || !known {
			t.Errorf("%s: %s %v", want, got, known)
		}
	}
	for name, n := range map[string]guard.Nic{
		"another interface": {MAC: [6]byte{2}, Frames: true}, "other addresses": {Routers: true, IPv4: [][4]byte{{10, 0, 3, 2}}},
	} {
		if words, known := Guards(host, programOf(n.Filter()), bridge, of); known {
			t.Errorf("%s: %v", name, words)
		}
	}
	if words, known := Guards(host, nil, bridge, of); !known || words != nil {
		t.Error(words, known)
	}
}
