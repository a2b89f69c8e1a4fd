package nics

import (
	"net/netip"

	"userns-helpers/internal/policy/plain"
)

// MostPools is how many pools one list may have: a filter compares with an address of each.
const MostPools = 8

// Sizes of pools, as lengths of prefixes. The least of IPv4 has an address for the bridge and one for a container, besides
// those of the network and for everybody. An address that is made of a hardware address takes 64 bits (RFC 4291, 2.5.1).
const (
	largestPool4  = 8
	smallestPool4 = 30
	pool6         = 64
)

// readPools understands a list of pools.
func readPools(from any) (value, *Problem) {
	list, _ := from.([]plain.Item)
	if len(list) == 0 || len(list) > MostPools {
		return value{}, &Problem{Fault: NotPools, Most: MostPools}
	}
	var pools []netip.Prefix
	for _, item := range list {
		pool, wrong := parsePool(item.Text)
		if wrong == nil {
			wrong = overlapping(pools, pool)
		}
		if wrong != nil {
			wrong.Line, wrong.Name = item.Line, item.Text
			return value{}, wrong
		}
		pools = append(pools, pool)
	}
	return value{pools: pools}, nil
}

// parsePool understands ADDRESS/LENGTH: a network whose addresses hosts may have.
func parsePool(text string) (netip.Prefix, *Problem) {
	pool, err := netip.ParsePrefix(text)
	if err != nil {
		return pool, &Problem{Fault: NotPool}
	}
	if pool.Addr().Is4In6() {
		return pool, &Problem{Fault: PoolMapped}
	}
	sized := pool.Addr().Is4() && pool.Bits() >= largestPool4 && pool.Bits() <= smallestPool4 || pool.Addr().Is6() && pool.Bits() == pool6
	for _, special := range specials() {
		if special.network.Contains(pool.Addr()) || sized && special.network.Overlaps(pool) {
			return pool, &Problem{Fault: special.fault}
		}
	}
	switch masked := pool.Masked(); {
	case !sized:
		return pool, &Problem{Fault: PoolSize}
	case masked != pool:
		return pool, &Problem{Fault: HostBits, Meant: masked.String()}
	}
	return pool, nil
}

// special is a network that no pool may have a part of.
type special struct {
	network netip.Prefix
	fault   Fault
}

// specials are those of IANA's registries of special addresses (RFC 6890) that no host has beside others. A part comes before
// the whole.
func specials() []special {
	ip4 := func(bits int, bytes ...byte) netip.Prefix {
		var address [4]byte
		copy(address[:], bytes)
		return netip.PrefixFrom(netip.AddrFrom4(address), bits)
	}
	ip6 := func(bits int, bytes ...byte) netip.Prefix {
		var address [16]byte
		copy(address[:], bytes)
		return netip.PrefixFrom(netip.AddrFrom16(address), bits)
	}
	return []special{
		{ip4(8, 127), PoolLoopback},
		{ip4(16, 169, 254), PoolLinkLocal},
		{ip4(4, 224), PoolMulticast},
		{ip4(8, 0), PoolReserved},
		{ip4(4, 240), PoolReserved},
		{ip6(8, 0xff), PoolMulticast},
		{ip6(10, 0xfe, 0x80), PoolLinkLocal},
		{netip.PrefixFrom(netip.IPv6Loopback(), 128), PoolLoopback},
		{ip6(8), PoolReserved},
	}
}

// overlapping finds the pool that has addresses of another.
func overlapping(pools []netip.Prefix, pool netip.Prefix) *Problem {
	for _, other := range pools {
		if other.Overlaps(pool) {
			return &Problem{Fault: PoolsOverlap, Meant: other.String()}
		}
	}
	return nil
}

// readAddress understands an address that is fixed for somebody.
func readAddress(from any) (value, *Problem) {
	text, _ := from.(string)
	address, err := netip.ParseAddr(text)
	if err != nil || !address.Is4() {
		return value{}, &Problem{Fault: NotAddress, Name: text}
	}
	return value{address: address}, nil
}

// HasHost reports whether a host can have an address in a pool: that of the network and that for everybody are none's.
func HasHost(pool netip.Prefix, address netip.Addr) bool {
	if !pool.Contains(address) || address == pool.Masked().Addr() {
		return false
	}
	return !address.Is4() || pool.Contains(address.Next())
}
