package nics

import "userns-helpers/internal/text/ifname"

// The keys of [defaults], [bridge.NAME] and [[rule]] that say what an interface gets, and who gets none.
const (
	MACLock         = "mac_lock"
	Isolated        = "isolated"
	UnicastFlood    = "unicast_flood"
	BPDUGuard       = "bpdu_guard"
	FrameGuard      = "frame_guard"
	RouterGuard     = "router_guard"
	AddressGuard    = "address_guard"
	Addresses       = "addresses"
	DHCPHosts       = "dhcp_hosts"
	IPv6OnHost      = "ipv6_on_host"
	StableMAC       = "stable_mac"
	RateToContainer = "rate_to_container"
	VLAN            = "vlan"
	OtherNetworks   = "other_networks"
)

// Address is the key of [[rule]] that fixes an address. It is for one user, and may be for one container.
const Address = "address"

// The keys of [limits].
const (
	NicsPerUser        = "nics_per_user"
	NicsPerGroupMember = "nics_per_group_member"
	FreePorts          = "free_ports"
	CreatesPerMinute   = "creates_per_minute"
)

// The keys of [[rule]] that say for whom it is.
const (
	keyUser      = "user"
	keyGroup     = "group"
	keyBridge    = "bridge"
	keyContainer = "container"
)

// keyForbidden and tableIDMap are in no policy: see package forbidden.
const (
	keyForbidden = "forbidden_host_ids"
	tableIDMap   = "idmap"
)

// The tables.
const (
	tableDefaults = "defaults"
	tableBridge   = "bridge"
	tableRule     = "rule"
	tableLimits   = "limits"
)

// Keys returns the keys of protections, in the order in which they are documented.
func Keys() []string {
	return []string{
		MACLock, Isolated, UnicastFlood, BPDUGuard, FrameGuard, RouterGuard, AddressGuard, Addresses, Address, DHCPHosts,
		IPv6OnHost, StableMAC, RateToContainer, VLAN, OtherNetworks,
	}
}

// kind is what values a key has.
type kind int

const (
	unknown kind = iota
	isSwitch
	isRate
	isNumber // from least to most
	isPools
	isAddress
)

// domain is the values that a key may have.
type domain struct {
	kind        kind
	least, most int64
}

// mostNics is more than the slots that package netquota keeps for anybody.
const mostNics = 1 << 16

// protection returns the domain of a key of protections.
func protection(key string) domain {
	switch key {
	case MACLock, Isolated, UnicastFlood, BPDUGuard, FrameGuard, RouterGuard, AddressGuard, DHCPHosts, IPv6OnHost, StableMAC, OtherNetworks:
		return domain{kind: isSwitch}
	case RateToContainer:
		return domain{kind: isRate}
	case VLAN:
		return domain{isNumber, 1, 4094} // IEEE 802.1Q: 0 and 4095 are reserved
	case Addresses:
		return domain{kind: isPools}
	}
	return domain{}
}

// ofRule returns the domain of a key that a rule has besides those that say for whom it is.
func ofRule(key string) domain {
	if key == Address {
		return domain{kind: isAddress}
	}
	return protection(key)
}

// limit returns the domain of a key of [limits].
func limit(key string) domain {
	switch key {
	case NicsPerUser, NicsPerGroupMember, CreatesPerMinute:
		return domain{isNumber, 0, mostNics}
	case FreePorts:
		return domain{isNumber, 0, ifname.BridgePorts}
	}
	return domain{}
}
