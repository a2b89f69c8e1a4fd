package nics

import (
	"cmp"
	"net/netip"
	"slices"
)

// scope is a table, and the bridge that it is for. Whether it is for a user nobody knows before one asks: an account has more
// than one name, and groups.
type scope struct {
	table
	bridge string // "" is every one
}

// meets reports whether two tables can apply to one interface.
func (s scope) meets(other scope) bool {
	return s.bridge == "" || other.bridge == "" || s.bridge == other.bridge
}

// scopes are all tables, in the order of the file.
func (p *Policy) scopes() []scope {
	all := []scope{{table: p.defaults}}
	for name, t := range p.bridges {
		all = append(all, scope{t, name})
	}
	for _, r := range p.rules {
		all = append(all, scope{r.table, r.bridge})
	}
	line := func(s scope) int { return p.document.Line(s.path...) }
	slices.SortStableFunc(all, func(a, b scope) int { return cmp.Compare(line(a), line(b)) })
	return all
}

// together looks at what no table can say alone. What cannot work for anybody is a mistake; what works for some is refused to
// the others when they ask.
func (b *builder) together() {
	all := b.policy.scopes()
	for i, s := range all {
		if s.values[AddressGuard].number != 0 && !anyMeets(all, s, func(t table) bool { return len(t.values[Addresses].pools) > 0 }) {
			b.wrong(s.path.of(AddressGuard), Problem{Fault: NoAddresses, Key: AddressGuard})
		}
		guarded := anyMeets(all, s, func(t table) bool { return t.values[AddressGuard].number != 0 })
		if s.values[DHCPHosts].number != 0 && !guarded {
			b.wrong(s.path.of(DHCPHosts), Problem{Fault: NoGuard, Key: DHCPHosts})
		}
		if fixed := s.values[Address].address; fixed.IsValid() {
			b.fixed(all[:i], all, s, guarded)
		}
	}
}

// fixed looks at an address that is fixed, in the face of all tables, and of those before it.
func (b *builder) fixed(before, all []scope, s scope, guarded bool) {
	address := s.values[Address].address
	p := Problem{Key: Address, Name: address.String()}
	switch {
	case !guarded:
		p.Fault = NoGuard
	case !anyMeets(all, s, func(t table) bool { return inPools(t.values[Addresses].pools, address) }):
		p.Fault = OutsidePools
	case slices.ContainsFunc(before, func(o scope) bool {
		return o.values[Address].address == address && o.meets(s)
	}):
		p.Fault = FixedTwice
	default:
		return
	}
	b.wrong(s.path.of(Address), p)
}

// anyMeets reports whether a table for which something is so can apply together with s.
func anyMeets(all []scope, s scope, is func(table) bool) bool {
	return slices.ContainsFunc(all, func(o scope) bool { return o.meets(s) && is(o.table) })
}

// inPools reports whether a host can have an address in one of the pools.
func inPools(pools []netip.Prefix, address netip.Addr) bool {
	return slices.ContainsFunc(pools, func(p netip.Prefix) bool { return HasHost(p, address) })
}

// FixedOn returns the addresses that rules fix for interfaces on a bridge, in the order of the file: others are given none of
// them. It is nobody's secret which they are.
func (p *Policy) FixedOn(bridge string) []netip.Addr {
	var all []netip.Addr
	for _, r := range p.rules {
		if address := r.values[Address].address; address.IsValid() && (r.bridge == "" || r.bridge == bridge) {
			all = append(all, address)
		}
	}
	return all
}
