// Package pool chooses the IPv4 address of an interface on a bridge where each has one of its own.
//
// It promises that no address is chosen that is in use, that is the bridge's, that of a network or for everybody, or one
// that a rule fixes for others; that a hardware address gets the address again that it had, while nobody needed that; and
// that whoever may have n interfaces takes no more than 2n addresses from others, whatever they do, once calls that are at
// work are done. It makes no system call.
package pool

import (
	"net/netip"
	"slices"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/ifname"
)

// Space is the addresses that interfaces on a bridge can have.
type Space struct {
	Pools  []netip.Prefix // those of IPv6 are passed over
	Bridge []netip.Prefix // the addresses of the bridge, each with the length of its network
	Fixed  []netip.Addr   // that rules fix: whoever they are not for has none of them
}

// State is that of an address that is somebody's.
type State uint8

// The states. An address that was never anybody's has none.
const (
	InUse   State = iota // an interface lives with it, or some process is at work on one
	Leased               // no interface has it, but a DHCP server may still have it for the last one
	Expired              // nor has a DHCP server
)

// Holder is whose an address is.
type Holder struct {
	Address netip.Addr
	MAC     netquota.MAC
	Owner   uint32 // of the allotment that it was charged to
	State   State
	Idle    uint64 // for how long it has been in no use, in nanoseconds
}

// Wanted is what an interface needs.
type Wanted struct {
	MAC   netquota.MAC
	Owner uint32     // of the allotment that it is charged to
	Quota uint64     // of that
	Fixed netip.Addr // the address that a rule fixes for it; invalid where none does
	Seed  uint64     // says where the search for a free one begins
}

// New is the Holder of a Choice that nobody had.
const New = -1

// Choice is an address, and whose it was.
type Choice struct {
	Address netip.Addr
	Holder  int    // index; New: nobody's
	Owner   uint32 // whom it is charged to from now on
}

// Exhausted says that there is no free address.
type Exhausted struct {
	InUse  int // how many are in use, those included that are leased still
	Of     int // how many there are
	Leased int // of those in use: no interface has them any more
}

// Taken says that the address that a rule fixes cannot be given.
type Taken struct {
	Address netip.Addr
	Bridge  bool // it is the bridge's own
}

// Error is for tests: the program has words of its own for the facts.
func (*Exhausted) Error() string { return "no free address" }

// Error is for tests.
func (*Taken) Error() string { return "address taken" }

// shares is how many addresses an owner may hold for each interface that they may have: one in use, and one that a container
// that is stopped finds again.
const shares = 2

// Choose chooses. The order is: what a rule fixes; what the hardware address had; what nobody had, while the owner holds less
// than their share; the owner's own that has been idle for longest, if they hold more; anybody's that has been idle for
// longest, once no DHCP server has it; the owner's own that one still has. Errors: *Exhausted, *Taken.
//
// What the hardware address had stays charged to whom it was. Whoever has a line of their own and one of a group's could
// otherwise take their share on the one, start the same containers on the other, and begin anew.
func (s Space) Choose(holders []Holder, w Wanted) (Choice, error) {
	if w.Fixed.IsValid() {
		return s.fixed(holders, w)
	}
	had := slices.IndexFunc(holders, func(h Holder) bool { return h.MAC == w.MAC && h.State != InUse && s.Gives(h.Address) })
	if had >= 0 {
		return Choice{holders[had].Address, had, holders[had].Owner}, nil
	}
	mine := func(h Holder) bool { return h.Owner == w.Owner }
	idle := s.idle(holders, mine)
	if !s.isCrowded(holders, w) || idle < 0 {
		if free, found := s.free(holders, w.Seed); found {
			return Choice{free, New, w.Owner}, nil
		}
		if other := s.idle(holders, func(h Holder) bool { return h.State == Expired }); other >= 0 {
			idle = other
		}
	}
	if idle < 0 {
		return Choice{}, s.exhausted(holders)
	}
	return Choice{holders[idle].Address, idle, w.Owner}, nil
}

// fixed chooses what a rule fixes, unless it is in use.
func (s Space) fixed(holders []Holder, w Wanted) (Choice, error) {
	if s.isBridge(w.Fixed) {
		return Choice{}, &Taken{w.Fixed, true}
	}
	i := slices.IndexFunc(holders, func(h Holder) bool { return h.Address == w.Fixed })
	if i >= 0 && holders[i].State == InUse {
		return Choice{}, &Taken{Address: w.Fixed}
	}
	return Choice{w.Fixed, i, w.Owner}, nil
}

// isCrowded reports whether an owner holds their share. What is granted beyond the ports of a bridge is no share: one owner
// would fill the file.
func (s Space) isCrowded(holders []Holder, w Wanted) bool {
	held := uint64(0)
	for _, h := range holders {
		if h.Owner == w.Owner && s.Gives(h.Address) {
			held++
		}
	}
	return held >= shares*min(w.Quota, ifname.BridgePorts)
}

// idle is the holder, among those of which something holds, whose address has been in no use for longest; -1 if all are in use.
func (s Space) idle(holders []Holder, is func(Holder) bool) int {
	found := -1
	for i, h := range holders {
		if h.State != InUse && is(h) && s.Gives(h.Address) && (found < 0 || h.Idle > holders[found].Idle) {
			found = i
		}
	}
	return found
}

// Gives reports whether an address is one that is given to anybody: of a host in a pool, not the bridge's, not fixed.
func (s Space) Gives(a netip.Addr) bool {
	return slices.ContainsFunc(s.Pools, func(p netip.Prefix) bool { return isHost(p, a) }) && !s.isBridge(a) && !slices.Contains(s.Fixed, a)
}

// isBridge reports whether an address is the bridge's, or its network's own or for everybody there.
func (s Space) isBridge(a netip.Addr) bool {
	return slices.ContainsFunc(s.Bridge, func(b netip.Prefix) bool { return a == b.Addr() || b.Contains(a) && !isHost(b, a) })
}

// isHost reports whether a host can have an address of a network: the first is the network's own and the last for everybody
// (RFC 919, 922), unless there are but two, or one (RFC 3021).
func isHost(network netip.Prefix, a netip.Addr) bool {
	if !a.Is4() || !network.Contains(a) {
		return false
	}
	return network.Bits() >= 31 || a != network.Masked().Addr() && network.Contains(a.Next())
}
