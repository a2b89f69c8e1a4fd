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
}

// Claiming is for an interface on a bridge with addresses, in one order, whatever the kernel's is. A bridge has no link-local
// address before its first port: the one that it will have, if the kernel derives it from its hardware address (RFC 4291,
// appendix A), is among them.
func (n Nic) Claiming(ipv4 [][4]byte, ipv6 [][16]byte, bridge [6]byte) Nic {
	local := [16]byte{0xfe, 0x80, 8: bridge[0] ^ 2, bridge[1], bridge[2], 0xff, 0xfe, bridge[3], bridge[4], bridge[5]}
	n.IPv4, n.IPv6 = slices.Clone(ipv4), slices.Clone(ipv6)
	if !slices.Contains(n.IPv6, local) {
		n.IPv6 = append(n.IPv6, local)
	}
	slices.SortFunc(n.IPv4, func(a, b [4]byte) int { return bytes.Compare(a[:], b[:]) })
	slices.SortFunc(n.IPv6, func(a, b [16]byte) int { return bytes.Compare(a[:], b[:]) })
	return n
}

// Needed reports whether there is anything to filter.
func (n Nic) Needed() bool { return n.Frames || n.Routers || n.Groups || n.Queries }

// MostAddresses is how many addresses of a bridge a filter may have to compare with: a filter for as many is a quarter of
// what the kernel takes (BPF_MAXINSNS, 4096).
const MostAddresses = 32

// Filter is the program for an interface. Its parts follow the layers; each drops what it must, and the last lets pass
// what is left.
func (n Nic) Filter() Filter {
	parts := slices.Concat(n.whole(), n.tags(), n.source(), n.groups(), n.types())
	if n.Routers {
		parts = slices.Concat(parts, n.arp())
	}
	if n.Routers || n.Queries {
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

// is16 is a body for the case that the 16 bytes at an offset are those of an address.
func is16(load func(size uint16, offset uint32) code, offset uint32, address [16]byte, body code) code {
	for i := len(address) - 4; i >= 0; i -= 4 {
		body = slices.Concat(load(sizeWord, offset+uint32(i)), equal(word(address[i:i+4]), body))
	}
	return body
}
