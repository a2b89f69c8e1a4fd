package pool

import (
	"encoding/binary"
	"net/netip"

	"userns-helpers/internal/netquota"
)

// free finds an address that nobody has or had, from the seed's on; none where as many are somebody's as are kept.
func (s Space) free(holders []Holder, seed uint64) (netip.Addr, bool) {
	had := make(map[netip.Addr]bool, len(holders))
	for _, h := range holders {
		had[h.Address] = true
	}
	if len(had) >= netquota.MostSlots {
		return netip.Addr{}, false
	}
	size := s.size()
	for i := range min(size, s.longest(len(holders))) {
		a := s.at((seed%size + i) % size)
		if !had[a] && s.Gives(a) {
			return a, true
		}
	}
	return netip.Addr{}, false
}

// longest bounds a search: so many addresses are somebody's or nobody's to have, so one of as many and one more is free.
func (s Space) longest(holders int) uint64 {
	return uint64(holders + len(s.Fixed) + 3*len(s.Bridge) + 2*len(s.Pools) + 1)
}

// size is how many addresses the pools have, of whatever kind.
func (s Space) size() (n uint64) {
	for _, p := range s.Pools {
		n += sizeOf(p)
	}
	return n
}

func sizeOf(p netip.Prefix) uint64 {
	if !p.Addr().Is4() {
		return 0
	}
	return 1 << (32 - p.Bits())
}

// at is the nth address of the pools.
func (s Space) at(n uint64) netip.Addr {
	for _, p := range s.Pools {
		if n < sizeOf(p) {
			first := p.Masked().Addr().As4()
			return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(first[:])+uint32(n))))
		}
		n -= sizeOf(p)
	}
	return netip.Addr{}
}

// Room is how many addresses there are to give, and how many of them are in use.
func (s Space) Room(holders []Holder) (inUse, of int) {
	full := s.exhausted(holders)
	return full.InUse - full.Leased, full.Of
}

// exhausted counts.
func (s Space) exhausted(holders []Holder) *Exhausted {
	e := &Exhausted{Of: s.given()}
	for _, h := range holders {
		if s.Gives(h.Address) && h.State != Expired {
			e.InUse++
			if h.State == Leased {
				e.Leased++
			}
		}
	}
	return e
}

// given is how many addresses can be given: all of the pools, less those that nobody is given.
func (s Space) given() int {
	kept := make(map[netip.Addr]bool)
	keep := func(a netip.Addr) { kept[a] = true }
	for _, p := range append(s.Pools[:len(s.Pools):len(s.Pools)], s.Bridge...) {
		keep(p.Addr())
		keep(p.Masked().Addr())
		keep(last(p))
	}
	for _, a := range s.Fixed {
		keep(a)
	}
	n := int(s.size())
	for a := range kept {
		if s.has(a) && !s.Gives(a) {
			n--
		}
	}
	return n
}

// has reports whether a pool contains an address.
func (s Space) has(a netip.Addr) bool {
	for _, p := range s.Pools {
		if a.Is4() && p.Contains(a) {
			return true
		}
	}
	return false
}

// last is the last address of a network of IPv4.
func last(p netip.Prefix) netip.Addr {
	if !p.Addr().Is4() {
		return p.Addr()
	}
	first := p.Masked().Addr().As4()
	return netip.AddrFrom4([4]byte(binary.BigEndian.AppendUint32(nil, binary.BigEndian.Uint32(first[:])|uint32(1<<(32-p.Bits())-1))))
}
