package guard

import "slices"

// Offsets in an Ethernet frame, and its types (IEEE 802.3, IEEE 802.1Q).
const (
	offTo          = 0
	offFrom        = 6
	offType        = 12
	ethernetHeader = 14

	typeIPv4      = 0x0800
	typeARP       = 0x0806
	typeIPv6      = 0x86dd
	typeTag       = 0x8100
	typeService   = 0x88a8
	typeOldDouble = 0x9100
	leastType     = 0x0600 // what is less is a length
)

// Group addresses of IEEE 802.1D, 01:80:c2:00:00:00 to 0f: the first four bytes, and what of the last two counts.
const (
	groups     = 0x0180c200
	groupsMask = 0xfff0
)

// Group addresses by which switches of Cisco speak to each other, 01:00:0c:cc:cc:cc, and of a spanning tree for each VLAN,
// 01:00:0c:cc:cc:cd: the first four bytes, and the last two.
const (
	vendor     = 0x01000ccc
	vendorInfo = 0xcccc
	vendorTree = 0xcccd
)

func (n Nic) whole() code {
	return say("A frame without a whole Ethernet header is dropped.", length(), below(ethernetHeader, ret(drop)))
}

// tags: the kernel has taken the outer tag out of the frame. A second one hides what follows from router_guard, and address_guard, which look
// through one tag; a bridge that snoops multicast does not look through a second one either.
func (n Nic) tags() code {
	if n.Frames {
		return say("A frame with a VLAN tag is dropped.", at(sizeWord, TagPresent), other(0, ret(drop)))
	}
	if n.claims() {
		return say("A frame with two VLAN tags is dropped, since what it has cannot be judged.", at(sizeHalf, offType),
			equal(typeTag, ret(drop)), equal(typeService, ret(drop)), equal(typeOldDouble, ret(drop)))
	}
	return nil
}

func (n Nic) source() code {
	if !n.Frames {
		return nil
	}
	return say("A frame from another address than the interface's own is dropped.",
		at(sizeWord, offFrom), other(word(n.MAC[:4]), ret(drop)),
		at(sizeHalf, offFrom+4), other(half(n.MAC[4:]), ret(drop)))
}

// groups: a bridge that speaks no spanning tree hands BPDUs on to its other ports, so that a switch with a guard of its
// own shuts the port of the host; and what it does not hand on, it leaves to its port, whose IPv6 would believe a router.
//
// A bridge that speaks it gets its BPDUs, which are frames with a length in place of a type: its guard shuts the port, as
// it must where a container has made a loop of two of its interfaces. One that may not send others' frames cannot.
func (n Nic) groups() code {
	words, left := "A frame to 01:80:c2:00:00:00 to 0f (spanning tree, pause, LLDP) is dropped.", code(nil)
	switch {
	case !n.Frames && !n.Groups:
		return nil
	case n.STP && !n.Frames:
		words = "A frame to 01:80:c2:00:00:00 to 0f (pause, LLDP) is dropped, but for BPDUs: the bridge shuts the port for one."
		left = slices.Concat(at(sizeHalf, offTo+4), equal(0, slices.Concat(at(sizeHalf, offType), below(leastType, ret(pass)))))
	}
	return slices.Concat(
		say(words, at(sizeWord, offTo), equal(groups, slices.Concat(left, at(sizeHalf, offTo+4), alu(aluAnd, groupsMask), equal(0, ret(drop))))),
		say("A frame to 01:00:0c:cc:cc:cc or cd (CDP, VTP, DTP; PVST+) is dropped.",
			at(sizeWord, offTo), equal(vendor, slices.Concat(at(sizeHalf, offTo+4), equal(vendorInfo, ret(drop)), equal(vendorTree, ret(drop))))),
	)
}

func (n Nic) types() code {
	if !n.Frames {
		return nil
	}
	return say("A frame that is neither ARP nor IPv4 nor IPv6 is dropped.",
		at(sizeHalf, offType), other(typeARP, other(typeIPv4, other(typeIPv6, ret(drop)))))
}

// Offsets in a frame of ARP for IPv4 over Ethernet (RFC 826).
const (
	offARPProtocol = 16
	offARPSizes    = 18
	offARPHardware = 22 // of the sender
	offARPSender   = 28
	offARPTarget   = 38
	arpEnd         = 42

	arpSizes = 0x0604 // bytes of an address of Ethernet, and of IPv4
)

// arp: a probe, from 0.0.0.0, for an address that its owner is about to take makes the owner give it up (RFC 5227).
func (n Nic) arp() code {
	body := slices.Concat(
		say("ARP that is cut off, or not about IPv4, is dropped.",
			length(), below(arpEnd, ret(drop)),
			at(sizeHalf, offARPProtocol), other(typeIPv4, ret(drop)),
			at(sizeHalf, offARPSizes), other(arpSizes, ret(drop))),
	)
	if len(n.IPv4) > 0 {
		body = slices.Concat(
			body,
			say("ARP from an address of the bridge is dropped, and a probe for one.",
				at(sizeWord, offARPSender), n.claimed4(),
				equal(0, slices.Concat(at(sizeWord, offARPTarget), n.claimed4()))),
		)
	}
	if n.Addresses {
		body = slices.Concat(
			body,
			say("ARP from another hardware address than the interface's own is dropped.",
				at(sizeWord, offARPHardware), other(word(n.MAC[:4]), ret(drop)),
				at(sizeHalf, offARPHardware+4), other(half(n.MAC[4:]), ret(drop))),
			say("ARP from an address that is not its own is dropped, but for a probe for one that is.",
				at(sizeWord, offARPSender), equal(0, slices.Concat(at(sizeWord, offARPTarget), n.own4(), ret(pass))), n.own4()),
		)
	}
	return say("ARP:", at(sizeHalf, offType), equal(typeARP, slices.Concat(body, say("Other ARP passes.", ret(pass)))))
}
