package plan

import (
	"errors"
	"slices"
	"testing"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/verdict"
)

// TestMTU: the MTU is the bridge's, and only a Linux bridge is for the kernel to connect.
func TestMTU(t *testing.T) {
	device := Device{Index: 7, MTU: 1400}
	for _, c := range []struct {
		link        Link
		mtu, master int
	}{{Link{}, 1500, 0}, {Link{Kind: Linux, Device: device}, 1400, 7}, {Link{Kind: OpenVSwitch, Device: device}, 1400, 0}} {
		if c.link.MTU() != c.mtu || c.link.Master() != c.master {
			t.Errorf("%+v: %d %d", c.link, c.link.MTU(), c.link.Master())
		}
	}
}

// TestConnect: the kind of the device decides, and Open vSwitch where that may be its own.
func TestConnect(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		device Device
		isOVS  *bool
		kind   Kind
		next   Need
		id     verdict.ID
	}{
		{Device{}, nil, None, Nothing, "no-such-bridge"},
		{Device{Name: "br1", Kind: "bridge"}, nil, None, Nothing, "bridge-alias"},
		{Device{Name: "br0", Kind: "bridge"}, nil, Linux, Nothing, ""},
		{Device{Name: "br0"}, nil, None, Nothing, "not-a-bridge"},
		{Device{Name: "br0", Kind: "dummy"}, &yes, None, Nothing, "not-a-bridge"},
		{Device{Name: "br0", Kind: "tun"}, nil, None, OVS, ""},
		{Device{Name: "br0", Kind: "tun"}, &no, None, Nothing, "not-a-bridge"},
		{Device{Name: "br0", Kind: "tun"}, &yes, OpenVSwitch, Nothing, ""},
		{Device{Name: "br0", Kind: "openvswitch"}, &yes, OpenVSwitch, Nothing, ""},
	} {
		link, next, refused := Connect("br0", c.device, c.isOVS)
		id := verdict.ID("")
		if refused != nil {
			id = refused.ID()
		}
		if link.Kind != c.kind || next != c.next || id != c.id {
			t.Errorf("%+v: %v %v %q", c.device, link.Kind, next, id)
		}
	}
}

// TestAbroad: who asks from another network namespace is refused before anything is looked at, unless the policy says so; who is
// granted nothing hears that. A delete, which needs no grant, is refused alike.
func TestAbroad(t *testing.T) {
	place := netquota.Place{Type: "veth", Bridge: "br0"}
	granted := &Grants{Allotments: []netquota.Allotment{{Owner: "alice", Place: place, Quota: 1}}}
	for _, c := range []struct {
		abroad bool
		grants *Grants
		policy string
		next   Need
		id     verdict.ID
	}{
		{false, granted, "", Namespace, ""},
		{true, granted, "", Nothing, "other-network"},
		{true, granted, "[defaults]\nother_networks = false\n", Nothing, "other-network"},
		{true, granted, "[defaults]\nother_networks = true\n", Namespace, ""},
		{true, granted, "[defaults]\nother_networks = true\n[bridge.br0]\nother_networks = false\n", Nothing, "other-network"},
		{true, granted, "[bridge.br0]\nother_networks = true\n", Namespace, ""},
		{true, granted, "[[rule]]\nuser = \"alice\"\nother_networks = true\n", Namespace, ""},
		{true, granted, "[[rule]]\nuser = \"bob\"\nother_networks = true\n", Nothing, "other-network"},
		{true, &Grants{}, "", Nothing, "not-granted"},
	} {
		policy, err := nics.Parse([]byte(c.policy))
		if err != nil {
			t.Fatal(err)
		}
		who := Person{Account: netquota.Account{UID: 1001, Names: []string{"alice"}}, Names: []string{"alice"}}
		_, next, refused := Decide(Facts{Person: who, Place: place, Abroad: c.abroad, Grants: c.grants, Policy: policy})
		id := verdict.ID("")
		if refused != nil {
			id = refused.ID()
		}
		if next != c.next || id != c.id {
			t.Errorf("%v, %q: %v, %q", c.abroad, c.policy, next, id)
		}
		f := Facts{Person: who, Place: place, Abroad: c.abroad}
		if next, refused := Reach(f); refused != nil || (next == Policy) != c.abroad {
			t.Errorf("a delete, %v, before the policy is known: %v, %v", c.abroad, next, refused)
		}
		f.Policy = policy
		if next, refused := Reach(f); next != Nothing || (refused != nil) != (c.id != "") || refused != nil && refused.ID() != "other-network" {
			t.Errorf("a delete, %v, %q: %v, %v", c.abroad, c.policy, next, refused)
		}
	}
}

// asked are the facts that a decision asks for, answered one by one, and how it ends.
func asked(f Facts, answer func(*Facts, Need)) ([]Need, error) {
	var needs []Need
	_, err := f.Gather(Nothing, func(n Need) error {
		needs = append(needs, n)
		answer(&f, n)
		return nil
	})
	return needs, err
}

// granting answers every question so that there is an interface.
func granting(f *Facts, need Need) {
	port := uint64(1)
	switch need {
	case Lines:
		f.Grants = &Grants{Allotments: []netquota.Allotment{{Owner: "alice", Place: f.Place, Quota: 1, Line: 1}}}
	case Policy:
		f.Policy = &nics.Policy{}
	case Namespace:
		f.Namespace = true
	case Bridge:
		f.Device = &Device{Name: f.Place.Bridge, Kind: "bridge"}
	case Room:
		f.Room = &netquota.Plan{}
	case Port:
		f.NextPort = &port
	case Nothing, OVS:
	}
}

// TestDecide: facts are asked for one after the other, and nothing is after the first that speaks against an interface.
func TestDecide(t *testing.T) {
	alice := Facts{
		Person: Person{Account: netquota.Account{UID: 1, Names: []string{"alice"}}, Names: []string{"alice"}},
		Place:  netquota.Place{Type: "veth", Bridge: "lxcbr0"},
	}
	all := []Need{Lines, Policy, Namespace, Bridge, Room, Port}
	if needs, err := asked(alice, granting); err != nil || !slices.Equal(needs, all) {
		t.Errorf("%v, %v", needs, err)
	}
	group := "[[rule]]\ngroup = \"lan\"\nisolated = true\n[limits]\nfree_ports = 1023\n"
	for id, c := range map[verdict.ID]struct {
		last  Need
		wrong func(f *Facts)
	}{
		"not-granted":     {Lines, func(f *Facts) { f.Grants = &Grants{} }},
		"no-usernet":      {Lines, func(f *Facts) { f.Grants = &Grants{NoFile: true} }},
		"groups-unknown":  {Policy, func(f *Facts) { f.Policy, _ = nics.Parse([]byte(group)); f.Person.Doubt = errors.New("x") }},
		"no-port-left":    {Port, func(f *Facts) { f.Policy, _ = nics.Parse([]byte(group)) }},
		"no-such-bridge":  {Bridge, func(f *Facts) { f.Device = &Device{} }},
		"unprotected":     {Bridge, func(f *Facts) { f.Policy, _ = nics.Parse([]byte("[defaults]\nvlan = 2\n")) }},
		"over-quota":      {Room, func(f *Facts) { f.Room = &netquota.Plan{Refusal: &netquota.OverQuota{}} }},
		"over-user-limit": {Room, func(f *Facts) { f.Room = &netquota.Plan{Refusal: &netquota.OverLimit{}} }},
		"over-member-limit": {Room, func(f *Facts) {
			f.Room = &netquota.Plan{Refusal: &netquota.OverLimit{Allotment: netquota.Allotment{Owner: "@lan"}}}
		}},
		"rate-limited": {Room, func(f *Facts) { f.Room = &netquota.Plan{Refusal: &netquota.RateLimited{}} }},
		"bridge-full":  {Port, func(f *Facts) { *f.NextPort = 1024 }},
	} {
		needs, err := asked(alice, func(f *Facts, need Need) {
			granting(f, need)
			if need == c.last || need == Policy && c.last > Policy && (id == "no-port-left" || id == "unprotected") {
				c.wrong(f)
			}
		})
		var refused verdict.Reason
		if !errors.As(err, &refused) || refused.ID() != id || needs[len(needs)-1] != c.last {
			t.Errorf("%s: %v after %v", id, err, needs)
		}
	}
}
