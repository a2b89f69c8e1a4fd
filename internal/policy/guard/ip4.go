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
)

// payload is an offset after the headers of IP.
const payload = ethernetHeader

// ip4 judges IPv4. Ports and types are in the first fragment, whose least length has them.
func (n Nic) ip4() code {
	body := say("IPv4 that is cut off is dropped.", length(), below(ip4End, ret(drop)))
	if n.Routers {
		body = slices.Concat(body, n.options4(), n.source4())
	}
	body = slices.Concat(
		body,
		n.later4(),
		one(opLoadX|sizeByte|modeMSH, offIP4Version),
		n.igmp(),
	)
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
	return say("IPv4:", at(sizeHalf, offType), equal(typeIPv4, slices.Concat(body, say("Other IPv4 passes.", ret(pass)))))
}

// later4: a bridge that snoops multicast takes every packet of IGMP and PIM for a whole one: it does not look whether it is
// a fragment.
func (n Nic) later4() code {
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

// ports drops UDP from the port of a server, or to that of a client.
func ports(server, client uint32) code {
	return slices.Concat(fits(4),
		beyond(sizeHalf, payload), equal(server, ret(drop)),
		beyond(sizeHalf, payload+2), equal(client, ret(drop)))
}
