package pool

import (
	"errors"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/internal/netquota"
)

func addr(s string) netip.Addr     { return netip.MustParseAddr(s) }
func prefix(s string) netip.Prefix { return netip.MustParsePrefix(s) }
func pools(s ...string) (p []netip.Prefix) {
	for _, text := range s {
		p = append(p, prefix(text))
	}
	return p
}

// TestGives: which addresses are nobody's.
func TestGives(t *testing.T) {
	s := Space{Pools: pools("10.0.3.64/26", "10.0.4.0/23", "fd00::/64", "10.9.0.0/31"), Bridge: pools("10.0.3.65/24", "10.0.5.1/24"), Fixed: []netip.Addr{addr("10.0.3.70")}}
	for text, want := range map[string]bool{
		"10.0.3.64": false, "10.0.3.127": false, "10.0.3.65": false, "10.0.3.66": true, "10.0.3.126": true, "10.0.3.70": false, "10.0.3.63": false,
		"10.0.4.0": false, "10.0.4.255": true, "10.0.5.0": false, "10.0.5.1": false, "10.0.5.255": false, "10.0.4.1": true, "fd00::1": false,
		"10.9.0.0": true, "10.9.0.1": true,
	} {
		if s.Gives(addr(text)) != want {
			t.Errorf("%s: %v", text, !want)
		}
	}
}

// TestUsedUp: what a pool of 62 says when all are in use, and when some are leased still.
func TestUsedUp(t *testing.T) {
	s := Space{Pools: pools("10.0.3.64/26"), Bridge: pools("10.0.3.1/24")}
	var all []Holder
	w := Wanted{Owner: 1, Quota: 100}
	for {
		c, err := s.Choose(all, w)
		var full *Exhausted
		if errors.As(err, &full) {
			if *full != (Exhausted{62, 62, 0}) || len(all) != 62 {
				t.Fatalf("%+v after %d", full, len(all))
			}
			break
		}
		all = append(all, Holder{Address: c.Address, MAC: netquota.MAC{2, byte(len(all))}, Owner: 1})
	}
	all[7].State, all[7].Owner = Leased, 2
	var full *Exhausted
	if _, err := s.Choose(all, w); !errors.As(err, &full) || *full != (Exhausted{62, 62, 1}) {
		t.Errorf("%v %+v", err, full)
	}
	all[7].State = Expired
	if c, err := s.Choose(all, w); err != nil || c.Holder != 7 {
		t.Errorf("%v %v", c, err)
	}
	small := Space{Pools: pools("10.0.3.0/30"), Bridge: pools("10.0.3.1/30")}
	if in, of := small.Room(nil); in != 0 || of != 1 {
		t.Error(in, of)
	}
	if _, err := (Space{Pools: pools("fd00::/64")}).Choose(nil, w); !errors.As(err, &full) || full.Of != 0 {
		t.Error(err, full)
	}
}

// TestOrder: what comes before what.
func TestOrder(t *testing.T) {
	s := Space{Pools: pools("10.0.3.0/29"), Bridge: pools("10.0.3.1/29"), Fixed: []netip.Addr{addr("10.0.3.6")}} // 2, 3, 4, 5 are given
	mac := netquota.MAC{2, 9}
	mine := func(a string, st State, idle uint64) Holder {
		return Holder{Address: addr(a), MAC: netquota.MAC{2, a[len(a)-1]}, Owner: 1, State: st, Idle: idle}
	}
	others := func(a string, st State, idle uint64) Holder { h := mine(a, st, idle); h.Owner = 2; return h }
	had := others("10.0.3.3", Leased, 1)
	had.MAC = mac
	for name, c := range map[string]struct {
		holders []Holder
		w       Wanted
		want    string // "" refused
	}{
		"first":              {nil, Wanted{MAC: mac, Owner: 1, Quota: 1, Seed: 2}, "10.0.3.2"},
		"passes the bridge":  {nil, Wanted{MAC: mac, Owner: 1, Quota: 1, Seed: 8}, "10.0.3.2"},
		"had":                {[]Holder{others("10.0.3.2", InUse, 0), had}, Wanted{MAC: mac, Owner: 1, Quota: 1, Seed: 4}, "10.0.3.3"},
		"free before old":    {[]Holder{mine("10.0.3.2", Expired, 9)}, Wanted{MAC: mac, Owner: 1, Quota: 1, Seed: 2}, "10.0.3.3"},
		"share is used up":   {[]Holder{mine("10.0.3.2", Leased, 1), mine("10.0.3.3", Leased, 2)}, Wanted{MAC: mac, Owner: 1, Quota: 1}, "10.0.3.3"},
		"others' is not":     {[]Holder{others("10.0.3.2", Leased, 1), others("10.0.3.3", Leased, 2)}, Wanted{MAC: mac, Owner: 1, Quota: 1, Seed: 2}, "10.0.3.4"},
		"share, all at work": {[]Holder{mine("10.0.3.2", InUse, 0), mine("10.0.3.3", InUse, 0)}, Wanted{MAC: mac, Owner: 1, Quota: 1, Seed: 2}, "10.0.3.4"},
		"oldest expired": {
			[]Holder{others("10.0.3.2", Expired, 5), others("10.0.3.3", Expired, 6), mine("10.0.3.4", Leased, 9), others("10.0.3.5", InUse, 0)},
			Wanted{MAC: mac, Owner: 1, Quota: 4},
			"10.0.3.3",
		},
		"own leased at last": {
			[]Holder{others("10.0.3.2", Leased, 5), others("10.0.3.3", InUse, 0), mine("10.0.3.4", Leased, 1), others("10.0.3.5", InUse, 0)},
			Wanted{MAC: mac, Owner: 1, Quota: 4},
			"10.0.3.4",
		},
		"none": {
			[]Holder{others("10.0.3.2", Leased, 5), others("10.0.3.3", InUse, 0), mine("10.0.3.4", InUse, 1), others("10.0.3.5", InUse, 0)},
			Wanted{MAC: mac, Owner: 1, Quota: 4},
			"",
		},
		"fixed":            {nil, Wanted{MAC: mac, Owner: 1, Quota: 1, Fixed: addr("10.0.3.6")}, "10.0.3.6"},
		"fixed, old":       {[]Holder{others("10.0.3.6", Leased, 0)}, Wanted{MAC: mac, Owner: 1, Quota: 1, Fixed: addr("10.0.3.6")}, "10.0.3.6"},
		"fixed, in use":    {[]Holder{others("10.0.3.6", InUse, 0)}, Wanted{MAC: mac, Owner: 1, Quota: 1, Fixed: addr("10.0.3.6")}, ""},
		"fixed, of bridge": {nil, Wanted{MAC: mac, Owner: 1, Quota: 1, Fixed: addr("10.0.3.1")}, ""},
	} {
		got, err := s.Choose(c.holders, c.w)
		if (err != nil) != (c.want == "") || err == nil && got.Address != addr(c.want) {
			t.Errorf("%s: %v %v, want %q", name, got, err, c.want)
		}
		if charged := map[bool]uint32{true: 2, false: 1}[name == "had"]; err == nil && got.Owner != charged {
			t.Errorf("%s: charged to %d, want %d", name, got.Owner, charged)
		}
		if err == nil && got.Holder != slices.IndexFunc(c.holders, func(h Holder) bool { return h.Address == got.Address }) {
			t.Errorf("%s: %v is not whose it was", name, got)
		}
	}
}

// TestTwoLines: who starts the same containers on one line and on another, in turns, takes no more than their shares.
func TestTwoLines(t *testing.T) {
	s := Space{Pools: pools("10.0.3.0/24")}
	var all []Holder
	start := func(container byte, owner uint32) int {
		w := Wanted{MAC: netquota.MAC{2, container}, Owner: owner, Quota: 2}
		c, err := s.Choose(all, w)
		if err != nil {
			t.Fatal(err)
		}
		h := Holder{Address: c.Address, MAC: w.MAC, Owner: c.Owner}
		if c.Holder == New {
			all = append(all, h)
			return len(all) - 1
		}
		all[c.Holder] = h
		return c.Holder
	}
	for i := range byte(40) {
		for owner := range uint32(2) { // a new container on the one line, then the same on the other
			all[start(i, owner)].State = Leased
		}
	}
	if len(all) > 8 {
		t.Errorf("%d addresses with two quotas of 2", len(all))
	}
}

// TestManyRecords: no owner has a share of more than a bridge has ports, and where as many addresses are somebody's as there are
// records, those that are idle are given.
func TestManyRecords(t *testing.T) {
	s := Space{Pools: pools("10.0.0.0/8")}
	var all []Holder
	for i := range uint64(netquota.MostSlots) {
		all = append(all, Holder{Address: s.at(i + 1), Owner: 1, State: Expired, Idle: i})
	}
	if c, err := s.Choose(all, Wanted{MAC: netquota.MAC{2}, Owner: 2, Quota: 1}); err != nil || c.Holder != netquota.MostSlots-1 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := s.Choose(all[:3000], Wanted{MAC: netquota.MAC{2}, Owner: 1, Quota: 1 << 40}); err != nil || c.Holder != 2999 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestChoose compares with the documentation, address by address, over random pools, and watches the promises.
func TestChoose(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		host := rapid.Custom(func(r *rapid.T) netip.Addr {
			return netip.AddrFrom4([4]byte{10, 0, 3, byte(rapid.IntRange(0, 40).Draw(r, "host"))})
		})
		s := Space{Pools: rapid.SampledFrom([][]netip.Prefix{pools("10.0.3.0/28"), pools("10.0.3.0/29", "10.0.3.16/28"), pools("fd00::/64", "10.0.3.8/30")}).Draw(r, "pools")}
		if rapid.Bool().Draw(r, "has bridge") {
			s.Bridge = []netip.Prefix{netip.PrefixFrom(host.Draw(r, "bridge"), rapid.IntRange(24, 30).Draw(r, "bits"))}
		}
		s.Fixed = rapid.SliceOfN(host, 0, 2).Draw(r, "fixed")
		var holders []Holder
		for _, a := range rapid.SliceOfNDistinct(host, 0, 32, rapid.ID[netip.Addr]).Draw(r, "held") {
			holders = append(holders, Holder{
				Address: a, MAC: netquota.MAC{2, byte(len(holders))}, Owner: rapid.Uint32Range(1, 3).Draw(r, "owner"),
				State: State(rapid.IntRange(0, 2).Draw(r, "state")), Idle: rapid.Uint64Range(0, 5).Draw(r, "idle"),
			})
		}
		w := Wanted{
			MAC: netquota.MAC{2, byte(rapid.IntRange(0, 60).Draw(r, "mac"))}, Owner: rapid.Uint32Range(1, 3).Draw(r, "mine"),
			Quota: rapid.Uint64Range(1, 5).Draw(r, "quota"), Seed: rapid.Uint64().Draw(r, "seed"),
		}
		got, err := s.Choose(holders, w)
		allowed := modelled(s, holders, w)
		if err != nil {
			if len(allowed) > 0 {
				r.Fatalf("refused, although %v", allowed)
			}
			return
		}
		if !slices.Contains(allowed, got.Address) {
			r.Fatalf("%v, not one of %v", got, allowed)
		}
		if i := slices.IndexFunc(holders, func(h Holder) bool { return h.Address == got.Address }); i != got.Holder {
			r.Fatalf("%v, which holder %d has", got, i)
		}
	})
}

// modelled are the addresses that may be chosen, read off the documentation.
func modelled(s Space, holders []Holder, w Wanted) []netip.Addr {
	var given []netip.Addr
	for i := range 256 {
		a := netip.AddrFrom4([4]byte{10, 0, 3, byte(i)})
		ok := false
		for _, p := range s.Pools {
			ok = ok || p.Addr().Is4() && p.Contains(a) && p.Contains(a.Prev()) && p.Contains(a.Next())
		}
		for _, b := range s.Bridge {
			ok = ok && a != b.Addr() && (!b.Contains(a) || b.Contains(a.Prev()) && b.Contains(a.Next()))
		}
		if ok && !slices.Contains(s.Fixed, a) {
			given = append(given, a)
		}
	}
	holder := func(a netip.Addr) *Holder {
		for i := range holders {
			if holders[i].Address == a {
				return &holders[i]
			}
		}
		return nil
	}
	held, free := 0, []netip.Addr(nil)
	var own, expired []Holder
	for _, a := range given {
		h := holder(a)
		if h == nil {
			free = append(free, a)
			continue
		}
		if h.MAC == w.MAC && h.State != InUse {
			return []netip.Addr{a}
		}
		if h.Owner == w.Owner {
			held++
			if h.State != InUse {
				own = append(own, *h)
			}
		}
		if h.State == Expired {
			expired = append(expired, *h)
		}
	}
	switch {
	case held >= 2*int(w.Quota) && len(own) > 0:
		return oldest(own)
	case len(free) > 0:
		return free
	case len(expired) > 0:
		return oldest(expired)
	}
	return oldest(own)
}

func oldest(all []Holder) (found []netip.Addr) {
	most := uint64(0)
	for _, h := range all {
		most = max(most, h.Idle)
	}
	for _, h := range all {
		if h.Idle == most {
			found = append(found, h.Address)
		}
	}
	return found
}
