// Package guard writes the filters that keep a container from sending what would harm its neighbours on a bridge, or the
// host: programs of classic BPF (bpf(4), linux/filter.h), which lxc-user-nic puts on the host's end of the pair.
//
// It promises that a filter judges every frame: what it cannot judge, since it is cut off, or hides behind headers that
// nothing genuine has, is dropped by the guard that would have had to judge it. A load beyond the end of a frame would
// end the program and let the frame pass; so no filter loads what it has not found to be there. A filter has no loops and
// reads a frame as the kernel hands it to clsact: from the Ethernet header on, the outer VLAN tag taken out.
//
// It is pure: nothing is read or written here. Tests run the filters on random frames and compare with a plain model.
package guard

import (
	"bytes"
	"net/netip"
	"slices"
)

// Nic is the interface that a filter is for: what it may not send.
type Nic struct {
	MAC     [6]byte    // of the container's end
	Frames  bool       // frame_guard
	Routers bool       // router_guard
	Groups  bool       // no frames to 01:80:c2:00:00:00 to 0f: the half of bpdu_guard that a bridge without STP lacks
	STP     bool       // the bridge speaks the spanning tree: Groups leaves BPDUs to it, whose own guard shuts the port
	Queries bool       // no IGMP and MLD queries: what isolated needs, see queries
	IPv4    [][4]byte  // addresses of the bridge, for router_guard
	IPv6    [][16]byte // the same

	Addresses bool       // address_guard
	OwnIPv4   [][4]byte  // the interface's own addresses, for address_guard: others are not its own
	OwnIPv6   [][16]byte // the same
}

// Owning is for an interface with its own addresses: one of IPv4, if it is valid, and of IPv6 those that the kernel derives
// from MAC in each pool of 64 bits, and the link-local one (RFC 4291, appendix A).
func (n Nic) Owning(ipv4 netip.Addr, pools []netip.Prefix) Nic {
	n.Addresses, n.OwnIPv4, n.OwnIPv6 = true, nil, [][16]byte{EUI64(linkLocal(), n.MAC)}
	if ipv4.Is4() {
		n.OwnIPv4 = [][4]byte{ipv4.As4()}
	}
	for _, pool := range pools {
		if pool.Addr().Is6() {
			n.OwnIPv6 = append(n.OwnIPv6, EUI64(pool.Addr(), n.MAC))
		}
	}
	return n
}

// linkLocal is the network fe80::/64.
func linkLocal() netip.Addr { return netip.AddrFrom16([16]byte{0xfe, 0x80}) }

// EUI64 is the address that the kernel derives from a hardware address, in a network of 64 bits.
func EUI64(network netip.Addr, mac [6]byte) [16]byte {
	address := network.As16()
	copy(address[8:], []byte{mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe, mac[3], mac[4], mac[5]})
	return address
}

// Claiming is for an interface on a bridge with addresses, in one order, whatever the kernel's is. A bridge has no link-local
// address before its first port: the one that it will have, if the kernel derives it from its hardware address (RFC 4291,
// appendix A), is among them.
func (n Nic) Claiming(ipv4 [][4]byte, ipv6 [][16]byte, bridge [6]byte) Nic {
	local := EUI64(linkLocal(), bridge)
	n.IPv4, n.IPv6 = slices.Clone(ipv4), slices.Clone(ipv6)
	if !slices.Contains(n.IPv6, local) {
		n.IPv6 = append(n.IPv6, local)
	}
	slices.SortFunc(n.IPv4, func(a, b [4]byte) int { return bytes.Compare(a[:], b[:]) })
	slices.SortFunc(n.IPv6, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	return n
}

// Needed reports whether there is anything to filter.
func (n Nic) Needed() bool { return n.Frames || n.Groups || n.parses() }

// parses reports whether the filter looks into IP.
func (n Nic) parses() bool { return n.Queries || n.claims() }

// claims reports whether the filter looks at what may be claimed by whom: into ARP, and behind all headers of IP.
func (n Nic) claims() bool { return n.Routers || n.Addresses }

// asks reports whether the filter keeps the container from asking who is in which group.
func (n Nic) asks() bool { return n.Queries || n.Routers }

// MostAddresses is how many addresses of a bridge a filter may have to compare with: a filter for as many is a quarter of
// what the kernel takes (BPF_MAXINSNS, 4096).
const MostAddresses = 32

// Filter is the program for an interface. Its parts follow the layers; each drops what it must, and the last lets pass
// what is left.
func (n Nic) Filter() Filter {
	parts := slices.Concat(n.whole(), n.tags(), n.source(), n.groups(), n.types())
	if n.claims() {
		parts = slices.Concat(parts, n.arp())
	}
	if n.parses() {
		parts = slices.Concat(parts, n.ip4(), n.ip6())
	}
	return Filter(slices.Concat(parts, say("What is left passes.", ret(pass))))
}

// claimed4 drops where the word that was loaded is an address of the bridge.
func (n Nic) claimed4() code {
	var all code
	for _, address := range n.IPv4 {
		all = append(all, equal(word(address[:]), ret(drop))...)
	}
	return all
}

// claimed6 drops where what is at an offset is an address of the bridge. load is how it is read: at, or beyond.
func (n Nic) claimed6(load func(size uint16, offset uint32) code, offset uint32) code {
	var all code
	for _, address := range n.IPv6 {
		all = append(all, is16(load, offset, address, ret(drop))...)
	}
	return all
}

// own4 drops where the word that was loaded is neither an address of the interface nor one of others that are let pass.
func (n Nic) own4(others ...uint32) code {
	all := ret(drop)
	for _, address := range others {
		all = other(address, all)
	}
	for _, address := range n.OwnIPv4 {
		all = other(word(address[:]), all)
	}
	return all
}

// own6 drops where what is at an offset is neither an address of the interface nor one of others that are let pass.
func (n Nic) own6(load func(size uint16, offset uint32) code, offset uint32, others ...[16]byte) code {
	all := ret(drop)
	for _, address := range slices.Concat(others, n.OwnIPv6) {
		all = slices.Concat(is16(load, offset, address, one(opJump|jumpAlways, uint32(len(all)))), all)
	}
	return all
}

// is16 is a body for the case that the 16 bytes at an offset are those of an address.
func is16(load func(size uint16, offset uint32) code, offset uint32, address [16]byte, body code) code {
	for i := len(address) - 4; i >= 0; i -= 4 {
		body = slices.Concat(load(sizeWord, offset+uint32(i)), equal(word(address[i:i+4]), body))
	}
	return body
}
