// Package nics says which protections a network interface gets, and the limits besides quotas: policy.toml(5).
//
// It promises that a file with an error in it gives no answer but that error: an unknown key, a wrong type, a value out
// of bounds. The file is read by package plain; what it means is decided here, without input or output.
package nics

import (
	"net/netip"

	"userns-helpers/internal/policy/plain"
)

// Subject is for whom the policy is asked: a user, and the bridge of the interface.
type Subject struct {
	UID       uint32
	Names     []string // of the uid
	Groups    []string // names of the real and the supplementary groups
	Bridge    string   // or "none"
	Container string   // as the user calls it: it decides on nothing but which address of theirs is whose
}

// Protections are what an interface gets.
type Protections struct {
	MACLock         bool   // no address but the one that it was made with
	Isolated        bool   // no frames to and from other isolated ports
	UnicastFlood    bool   // frames for unknown addresses are sent there
	BPDUGuard       bool   // no part in the spanning tree: BPDU guard and root block
	FrameGuard      bool   // frames of ARP and IP alone, from its own address
	RouterGuard     bool   // no messages of routers and DHCP servers, no address of the bridge
	AddressGuard    bool   // its own IP addresses alone
	DHCPHosts       bool   // dnsmasq learns its IPv4 address; never without AddressGuard
	IPv6OnHost      bool   // the host speaks IPv6 on its end
	StableMAC       bool   // the same address at each start
	RateToContainer uint64 // bits a second, 0: no limit
	VLAN            uint16 // 1 to 4094, 0: none
	OtherNetworks   bool   // also for callers who ask the service from another network namespace than its own

	Pools []netip.Prefix // what its addresses are taken from; none overlap
	Fixed netip.Addr     // its IPv4 address, of a host in one of Pools where AddressGuard is; invalid where none is fixed
}

// Policy is a policy without an error. The zero value is that of a file that does not exist: built-in values, no limits.
type Policy struct {
	document plain.Document
	defaults table
	bridges  map[string]table
	rules    []rule
	limits   values
}

// value is one setting: a number, with 0 and 1 for switches, or what addresses have.
type value struct {
	number  uint64
	pools   []netip.Prefix
	address netip.Addr
}

// values are the settings of one table.
type values map[string]value

// table is a table of the file.
type table struct {
	path   path
	level  Level
	values values
}

// rule is a table of [[rule]]. Exactly one of user and group is set.
type rule struct {
	table
	user      string // a name, or a uid in decimal
	group     string
	bridge    string // "" is every bridge
	container string // "" is every container of the user
}

// Level is how special a table is, from 0, the most special.
type Level int

// The levels in their precedence.
const (
	ContainerOnBridge Level = iota
	Container
	UserOnBridge
	User
	GroupOnBridge
	Group
	Bridge
	Defaults
	BuiltIn
)

// String is how the table of a level is written; for BuiltIn there is none.
func (l Level) String() string {
	switch l {
	case ContainerOnBridge, Container, UserOnBridge, User, GroupOnBridge, Group:
		return "[[rule]]"
	case Bridge:
		return "[bridge]"
	case Defaults:
		return "[defaults]"
	case BuiltIn:
	}
	return "built-in"
}

// For returns the protections of an interface. Each key on its own has the value of the most special table that applies
// and has the key: a rule for the user on the bridge, for the user, for a group of the user's on the bridge, for a group,
// the bridge's table, the defaults, what is built in. Among rules of one level the first in the file wins. A rule for one
// container has no key but Address, and comes before all.
func (p *Policy) For(s Subject) Protections {
	tables := p.tables(s)
	get := func(key string) uint64 { return p.where(tables, key).Value }
	return Protections{
		MACLock: get(MACLock) != 0, Isolated: get(Isolated) != 0, UnicastFlood: get(UnicastFlood) != 0,
		BPDUGuard: get(BPDUGuard) != 0, FrameGuard: get(FrameGuard) != 0, RouterGuard: get(RouterGuard) != 0,
		AddressGuard: get(AddressGuard) != 0, DHCPHosts: get(DHCPHosts) != 0 && get(AddressGuard) != 0,
		IPv6OnHost: get(IPv6OnHost) != 0, StableMAC: get(StableMAC) != 0,
		RateToContainer: get(RateToContainer), VLAN: uint16(get(VLAN)), OtherNetworks: get(OtherNetworks) != 0,
		Pools: p.where(tables, Addresses).Pools, Fixed: p.where(tables, Address).Address,
	}
}

// applicable are the tables that apply to a subject, the most special first; the last one is what is built in.
type applicable []table

// find returns the first table that has key.
func (a applicable) find(key string) table {
	for _, t := range a[:len(a)-1] {
		if _, has := t.values[key]; has {
			return t
		}
	}
	return a[len(a)-1]
}

// tables returns the tables that apply to s.
func (p *Policy) tables(s Subject) applicable {
	var all applicable
	for level := ContainerOnBridge; level <= Group; level++ {
		for _, r := range p.rules {
			if r.level == level && r.appliesTo(s) {
				all = append(all, r.table)
			}
		}
	}
	if t, has := p.bridges[s.Bridge]; has {
		all = append(all, t)
	}
	return append(all, p.defaults, table{level: BuiltIn, values: builtIn()})
}

// builtIn is what holds without a file: what cannot break a container that works.
func builtIn() values {
	on := value{number: 1}
	return values{UnicastFlood: on, BPDUGuard: on, StableMAC: on}
}
