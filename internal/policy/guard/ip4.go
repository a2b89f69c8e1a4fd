package guard

import "slices"

// Offsets in a frame of IPv4 (RFC 791). What is beyond the header is at X, the length of the header, and ethernetHeader.
const (
	offIP4Version  = 14
	offIP4Fragment = 20
	offIP4Protocol = 23
	offIP4Source   = 26
	offIP4Options  = 34
	ip4End         = 34

	ip4Plain       = 0x45   // version 4, a header of five words
	ip4OneOption   = 0x46   // one word more
	ip4RouterAlert = 0x9404 // the option of IGMP (RFC 2113)
	ip4Later       = 0x1fff // bits of a fragment's offset
	ip4Fragment    = 0x3fff // these, and that more follow
)

// Protocols, ports and types.
const (
	protocolICMP = 1
	protocolIGMP = 2
	protocolUDP  = 17
	protocolPIM  = 103

	portServer4 = 67 // DHCP
	portClient4 = 68
	portServer6 = 547
	portClient6 = 546

	icmpRedirect      = 5
	icmpAdvertisement = 9    // of a router (RFC 1256)
	igmpQuery         = 0x11 // RFC 3376
	igmpAdvertisement = 0x30 // of a multicast router (RFC 4286)
	igmpReport1       = 0x12 // RFC 1112
	igmpReport2       = 0x16 // RFC 2236
	igmpLeave         = 0x17
	igmpReport3       = 0x22 // RFC 3376

	offDHCPHardware = payload + 9  // in a message of DHCP behind UDP: its type and the length of an address (RFC 2131)
	offDHCPClient   = payload + 36 // the client's hardware address
	dhcpClientEnd   = 42
	dhcpEthernet    = 0x0106
	udpHeader       = 8
	dhcpShortest    = 236 // of a message: what is before the options
)

// payload is an offset after the headers of IP.
const payload = ethernetHeader

// ip4 judges IPv4. Ports and types are in the first fragment, whose least length has them.
func (n Nic) ip4() code {
	body := say("IPv4 that is cut off is dropped.", length(), below(ip4End, ret(drop)))
	if n.Routers {
		body = slices.Concat(body, n.options4(), n.source4())
	}
	if n.Addresses {
		body = slices.Concat(body, say("IPv4 from an address that is not its own is dropped, but for 0.0.0.0 in one piece.",
			at(sizeWord, offIP4Source), n.own4(0), equal(0, slices.Concat(at(sizeHalf, offIP4Fragment), anyOf(ip4Fragment, ret(drop))))))
	}
	body = slices.Concat(body, n.later4(), one(opLoadX|sizeByte|modeMSH, offIP4Version))
	if n.asks() {
		body = slices.Concat(body, n.igmp())
	}
	if n.Routers {
		body = slices.Concat(
			body,
			say("ICMP redirects and router advertisements are dropped.", at(sizeByte, offIP4Protocol),
				equal(protocolICMP, slices.Concat(fits(1), beyond(sizeByte, payload),
					equal(icmpRedirect, ret(drop)), equal(icmpAdvertisement, ret(drop))))),
			say("What a DHCP server sends, to port 68 or from port 67, is dropped.", at(sizeByte, offIP4Protocol),
				equal(protocolUDP, ports(portServer4, portClient4))),
			say("PIM, which multicast routers speak, is dropped.", at(sizeByte, offIP4Protocol), equal(protocolPIM, ret(drop))),
		)
	}
	if n.Addresses {
		body = slices.Concat(body, n.dhcp(), n.nobody4())
	}
	return say("IPv4:", at(sizeHalf, offType), equal(typeIPv4, slices.Concat(body, say("Other IPv4 passes.", ret(pass)))))
}

// later4: a bridge that snoops multicast takes every packet of IGMP and PIM for a whole one: it does not look whether it is
// a fragment.
func (n Nic) later4() code {
	if !n.asks() {
		return say("Later fragments pass.", at(sizeHalf, offIP4Fragment), anyOf(ip4Later, ret(pass)))
	}
	words, snooped := "Later fragments pass, but for IGMP.", equal(protocolIGMP, ret(drop))
	if n.Routers {
		words, snooped = "Later fragments pass, but for IGMP and PIM.", slices.Concat(snooped, equal(protocolPIM, ret(drop)))
	}
	return say(words, at(sizeHalf, offIP4Fragment), anyOf(ip4Later, slices.Concat(at(sizeByte, offIP4Protocol), snooped, ret(pass))))
}

func (n Nic) options4() code {
	return say("IPv4 with options other than the router alert, such as a source route, is dropped.",
		at(sizeByte, offIP4Version), other(ip4Plain, slices.Concat(
			other(ip4OneOption, ret(drop)),
			length(), below(offIP4Options+4, ret(drop)),
			at(sizeHalf, offIP4Options), other(ip4RouterAlert, ret(drop)))))
}

func (n Nic) source4() code {
	if len(n.IPv4) == 0 {
		return nil
	}
	return say("IPv4 from an address of the bridge is dropped.", at(sizeWord, offIP4Source), n.claimed4())
}

// igmp: a bridge that snoops multicast takes who asks for the way to all multicast. Where the port of whoever asks is an
// isolated one, other containers do not hear the question, do not answer, and are cut off from what is sent to groups:
// IPv6 ends.
func (n Nic) igmp() code {
	types, words := equal(igmpQuery, ret(drop)), "IGMP queries are dropped."
	if n.Routers {
		types, words = slices.Concat(types, equal(igmpAdvertisement, ret(drop))), "IGMP queries and multicast router advertisements are dropped."
	}
	return say(words, at(sizeByte, offIP4Protocol), equal(protocolIGMP, slices.Concat(fits(1), beyond(sizeByte, payload), types)))
}

// dhcp: a server that knows clients by their hardware addresses gives one address to each. A message that comes in pieces could
// have another's in the second. And what has room for two may be two: the kernel hands datagrams on in one, with one header,
// where their sender has it cut them (UDP_SEGMENT, udp(7), Linux 4.18), and cuts them behind the filter.
func (n Nic) dhcp() code {
	return say("DHCP to a server, for another hardware address than the interface's own, in fragments, or with room for two messages, is dropped.",
		at(sizeByte, offIP4Protocol), equal(protocolUDP, slices.Concat(fits(4), beyond(sizeHalf, payload+2), equal(portServer4, slices.Concat(
			at(sizeHalf, offIP4Fragment), anyOf(ip4Fragment, ret(drop)),
			shorter(udpHeader+2*dhcpShortest), fits(dhcpClientEnd), beyond(sizeHalf, offDHCPHardware), other(dhcpEthernet, ret(drop)),
			beyond(sizeWord, offDHCPClient), other(word(n.MAC[:4]), ret(drop)),
			beyond(sizeHalf, offDHCPClient+4), other(half(n.MAC[4:]), ret(drop)))))))
}

// nobody4: who has no address yet asks a DHCP server for one, and reports groups to a switch.
func (n Nic) nobody4() code {
	var reports code
	for _, kind := range []uint32{igmpReport1, igmpReport2, igmpLeave, igmpReport3} {
		reports = append(reports, equal(kind, ret(pass))...)
	}
	return say("IPv4 from 0.0.0.0 is dropped, but for DHCP from port 68 to port 67 and IGMP reports.",
		at(sizeWord, offIP4Source), equal(0, slices.Concat(
			at(sizeByte, offIP4Protocol),
			equal(protocolUDP, slices.Concat(beyond(sizeWord, payload), equal(portClient4<<16|portServer4, ret(pass)), ret(drop))),
			other(protocolIGMP, ret(drop)),
			fits(1), beyond(sizeByte, payload), reports, ret(drop))))
}

// ports drops UDP from the port of a server, or to that of a client.
func ports(server, client uint32) code {
	return slices.Concat(fits(4),
		beyond(sizeHalf, payload), equal(server, ret(drop)),
		beyond(sizeHalf, payload+2), equal(client, ret(drop)))
}
