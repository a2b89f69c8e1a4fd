package plan

import (
	"net/netip"

	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/policy/nics"
)

// Flags are the settings of a port of a Linux bridge that protect others from it.
type Flags struct {
	Locked       bool // frames from an address that the table has not behind this port are dropped
	Isolated     bool // no frames to and from other isolated ports
	Learning     bool // addresses of frames that come in go into the table
	UnicastFlood bool // frames for addresses that the table does not have go out here
	BPDUGuard    bool // a BPDU that comes in shuts the port
	RootBlock    bool // what is behind the port cannot become the root of the spanning tree
}

// Flags are those that the port of the interface gets. A locked port learns nothing: its one address is in the table.
func (t Terms) Flags() Flags {
	return Flags{
		Locked: t.MACLock, Isolated: t.Isolated, Learning: !t.MACLock, UnicastFlood: t.UnicastFlood && !t.MACLock,
		BPDUGuard: t.BPDUGuard, RootBlock: t.BPDUGuard,
	}
}

// Pinned reports whether the interface's address has to be in the bridge's table before its first frame.
func (t Terms) Pinned() bool { return t.MACLock || !t.UnicastFlood }

// PinnedBy is the key that has the address pinned.
func (t Terms) PinnedBy() string {
	if t.MACLock {
		return nics.MACLock
	}
	return nics.UnicastFlood
}

// InForce is the reason against a port that is not as it was asked for, nil where it is.
func (t Terms) InForce(got Flags) error {
	want := t.Flags()
	switch {
	case want.Locked != got.Locked:
		return t.Lacks(nics.MACLock, NoLock)
	case want.Isolated != got.Isolated:
		return t.Lacks(nics.Isolated, NoIsolation)
	case want.Learning != got.Learning:
		return t.Lacks(nics.MACLock, AlwaysLearns)
	case want.UnicastFlood != got.UnicastFlood:
		return t.Lacks(nics.UnicastFlood, AlwaysFloods)
	case want != got:
		return t.Lacks(nics.BPDUGuard, NoGuard)
	}
	return nil
}

// FilteredBy is the key that has to have a filter, "" where none was asked for: what bpdu_guard has one for is built in, and
// done without where the kernel has no filters.
func (t Terms) FilteredBy() string {
	for _, asked := range []struct {
		key string
		is  bool
	}{
		{nics.FrameGuard, t.FrameGuard},
		{nics.RouterGuard, t.RouterGuard},
		{nics.AddressGuard, t.AddressGuard},
		{nics.Isolated, t.Isolated},
		{nics.BPDUGuard, t.BPDUGuard && t.Policy.Where(t.Subject, nics.BPDUGuard).Level != nics.BuiltIn},
	} {
		if asked.is {
			return asked.key
		}
	}
	return ""
}

// Claims are the addresses that a bridge has.
type Claims struct {
	IPv4 [][4]byte
	IPv6 [][16]byte
}

// Compares reports whether the filter of the interface has to know the addresses of its bridge.
func (t Terms) Compares(l Link) bool { return t.RouterGuard && l.Kind != None }

// Guard is what the filter of the interface with that hardware address and its own IPv4 address, invalid if it has none, is for,
// on a bridge with those addresses. On a bridge of Linux
// bpdu_guard and isolated are not whole without one: a bridge that speaks no spanning tree hands BPDUs on, and takes a
// container that asks who is in which group for the way to all of them.
func (t Terms) Guard(l Link, mac [6]byte, own netip.Addr, of Claims) (guard.Nic, error) {
	on := l.Kind == Linux
	n := guard.Nic{MAC: mac, Frames: t.FrameGuard, Routers: t.RouterGuard, Groups: on && t.BPDUGuard, Queries: on && t.Isolated, STP: on && l.Device.STP}
	if t.AddressGuard {
		n = n.Owning(own, t.Pools)
	}
	if !t.Compares(l) {
		return n, nil
	}
	n = n.Claiming(of.IPv4, of.IPv6, l.Device.Address)
	if max(len(n.IPv4), len(n.IPv6)) > guard.MostAddresses {
		return guard.Nic{}, t.Lacks(nics.RouterGuard, TooManyAddresses)
	}
	return n, nil
}
