package usernic

import (
	"errors"
	"net/netip"
	"testing"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic/mark"
	"userns-helpers/internal/usernic/plan"
)

// TestGuarded: which filter a policy asks for, and that bpdu_guard and isolated have one of their own on a bridge of Linux.
func TestGuarded(t *testing.T) {
	linux, none, ovs := bridge{Link: plan.Link{Kind: plan.Linux}}, bridge{}, bridge{Link: plan.Link{Kind: plan.OpenVSwitch}}
	own := [6]byte{mark.OfContainer}
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
		{"[defaults]\naddress_guard = true\naddresses = ['fd00::/64']\n", none, guard.Nic{Addresses: true}},
		{"[defaults]\nframe_guard = true\n[[rule]]\nuser = \"alice\"\nframe_guard = false\n", linux, guard.Nic{Groups: true}},
	} {
		got, err := termsFor(t, c.text).guarded(nil, c.on, own, netip.Addr{})
		if err != nil || got.Frames != c.want.Frames || got.Routers != c.want.Routers || got.Groups != c.want.Groups || got.Queries != c.want.Queries || got.MAC != own ||
			got.Addresses != c.want.Addresses || got.Addresses != (len(got.OwnIPv6) == 2) {
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
		"[defaults]\nrouter_guard = true\nframe_guard = true\n":         {Key: nics.FrameGuard, Line: 3},
		"[[rule]]\nuser = \"alice\"\nrouter_guard = true\n":             {Key: nics.RouterGuard, Line: 3},
		"[defaults]\naddress_guard = true\naddresses = ['fd00::/64']\n": {Key: nics.AddressGuard, Line: 2},
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
