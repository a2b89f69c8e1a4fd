package guard

import (
	"slices"
	"strings"
)

// Offsets in a frame of IPv6 (RFC 8200). What is beyond the headers is at X, their length, and ethernetHeader.
const (
	offIP6Next   = 20
	offIP6Source = 22
	offIP6Beyond = 54
	ip6Header    = 40
	ip6End       = ethernetHeader + ip6Header

	offFragment   = payload + 2 // in the fragment header
	fragmentLater = 0xfff8      // bits of its offset
	unit          = 8           // bytes that lengths of headers count in
	offICMPTarget = payload + 8 // in a neighbour solicitation or advertisement (RFC 4861)
	icmpTargetEnd = 24

	noByte = 0 // the first of ::, and of no address that an interface can have
)

// Numbers of headers and protocols, and types of ICMPv6.
const (
	nextHop      = 0
	nextRouting  = 43
	nextFragment = 44
	nextAuth     = 51
	nextICMP     = 58
	nextOptions  = 60
	nextMobility = 135
	nextHIP      = 139
	nextShim     = 140
	nextTest1    = 253
	nextTest2    = 254

	icmp6Query          = 130 // MLD (RFC 2710, RFC 3810)
	icmp6Report1        = 131
	icmp6Done           = 132
	icmp6RouterWanted   = 133
	icmp6Report2        = 143
	icmp6Router         = 134
	icmp6Solicitation   = 135
	icmp6Neighbour      = 136
	icmp6Redirect       = 137
	icmp6MulticastRoute = 151 // advertisement of a multicast router (RFC 4286)
)

// ip6 judges IPv6. Between the fixed header and what counts it knows the hop-by-hop options, which MLD has, and a fragment
// header; a packet with anything else there is dropped, as routers' messages could hide behind it (RFC 7113), and ICMPv6
// is dropped in fragments (RFC 6980).
func (n Nic) ip6() code {
	body := slices.Concat(
		say("IPv6 that is cut off is dropped.", length(), below(ip6End, ret(drop))),
		n.before6(),
		say("Hop-by-hop options are passed over.", one(opLoadX|sizeWord|modeImm, ip6Header), at(sizeByte, offIP6Next),
			equal(nextHop, slices.Concat(length(), below(ip6End+unit, ret(drop)),
				at(sizeByte, offIP6Beyond+1), alu(aluLeft, 3), alu(aluAdd, ip6Header+unit), toX(), at(sizeByte, offIP6Beyond)))),
		n.fragment(),
		hidden("IPv6 with other extension headers, such as routing or destination options, is dropped."),
		n.icmp6(),
	)
	if n.Routers {
		body = slices.Concat(
			body,
			say("What a DHCPv6 server sends, to port 546 or from port 547, is dropped.", getNext(),
				equal(protocolUDP, ports(portServer6, portClient6))),
			say("PIM, which multicast routers speak, is dropped.", getNext(), equal(protocolPIM, ret(drop))),
		)
	}
	if n.Addresses {
		body = slices.Concat(body, n.nobody6())
	}
	return say("IPv6:", at(sizeHalf, offType), equal(typeIPv6, slices.Concat(body, say("Other IPv6 passes.", ret(pass)))))
}

// nobody6: who is about to take an address asks whether somebody has it, and who has none yet may look for routers and tell of
// groups (RFC 4861, RFC 3590). That there is a type icmp6 has seen to.
func (n Nic) nobody6() code {
	var others code
	for _, kind := range []uint32{icmp6RouterWanted, icmp6Report1, icmp6Done, icmp6Report2} {
		others = append(others, equal(kind, ret(pass))...)
	}
	return say("IPv6 from :: is dropped, but for solicitations of its own addresses and of routers, and MLD reports.",
		at(sizeByte, offIP6Source), equal(noByte, slices.Concat(
			getNext(), other(nextICMP, ret(drop)),
			beyond(sizeByte, payload), others, other(icmp6Solicitation, ret(drop)),
			fits(icmpTargetEnd), n.own6(beyond, offICMPTarget))))
}

// before6 is what is judged before the headers are walked. MLD is what has hop-by-hop options: neither a bridge nor a host
// heeds a query without.
func (n Nic) before6() code {
	var bridge, own code
	switch {
	case !n.claims():
		return say("IPv6 without hop-by-hop options passes: it is no query.", at(sizeByte, offIP6Next), other(nextHop, ret(pass)))
	case n.Routers && len(n.IPv6) > 0:
		bridge = say("IPv6 from an address of the bridge is dropped.", n.claimed6(at, offIP6Source))
	}
	if n.Addresses {
		own = say("IPv6 from an address that is not its own is dropped, but for ::.", n.own6(at, offIP6Source, [16]byte{}))
	}
	return slices.Concat(bridge, own)
}

// fragment looks into a fragment header, and leaves the number of what follows in A and in next.
func (n Nic) fragment() code {
	var later code
	if n.Routers {
		var unset code
		if n.Addresses {
			unset = slices.Concat(at(sizeByte, offIP6Source), equal(noByte, ret(drop)))
		}
		later = slices.Concat(beyond(sizeHalf, offFragment), anyOf(fragmentLater, slices.Concat(getNext(), hidden(""), unset, ret(pass))))
	}
	return say("Of fragments the first is judged, and later ones pass, but for ICMPv6 and for what is behind other headers.",
		setNext(), equal(nextFragment, slices.Concat(
			fits(unit), beyond(sizeByte, payload), setNext(), equal(nextICMP, ret(drop)), later,
			one(opMisc|miscFromX, 0), alu(aluAdd, unit), toX(), getNext())))
}

// hidden drops where A is the number of a header behind which nobody looks.
func hidden(words string) code {
	var all code
	for _, number := range []uint32{
		nextHop, nextRouting, nextFragment, nextAuth, nextOptions, nextMobility, nextHIP, nextShim, nextTest1, nextTest2,
	} {
		all = append(all, equal(number, ret(drop))...)
	}
	return say(words, all)
}

func (n Nic) icmp6() code {
	var types code
	var words []string
	drops := func(what string, kinds ...uint32) {
		words = append(words, what)
		for _, kind := range kinds {
			types = append(types, equal(kind, ret(drop))...)
		}
	}
	if n.asks() {
		drops("MLD queries", icmp6Query)
	}
	if n.Routers {
		drops("router advertisements, redirects and multicast router advertisements", icmp6Router, icmp6Redirect, icmp6MulticastRoute)
	}
	if n.Routers && len(n.IPv6) > 0 {
		types = slices.Concat(types, n.neighbour())
	}
	if n.Addresses {
		types = slices.Concat(types, say("Neighbour advertisements for an address that is not its own are dropped.",
			beyond(sizeByte, payload), equal(icmp6Neighbour, slices.Concat(fits(icmpTargetEnd), n.own6(beyond, offICMPTarget)))))
	}
	said := "ICMPv6:"
	if len(words) > 0 {
		said = strings.Join(words, ", ") + " are dropped."
	}
	return say(said, equal(nextICMP, slices.Concat(fits(1), beyond(sizeByte, payload), types)))
}

// neighbour: a solicitation from ::, for an address that its owner is about to take, makes the owner give it up (RFC 4862).
func (n Nic) neighbour() code {
	rest := ret(pass)
	if n.Addresses {
		rest = beyond(sizeByte, payload)
	}
	return slices.Concat(
		say("Neighbour advertisements for an address of the bridge are dropped.",
			equal(icmp6Neighbour, slices.Concat(fits(icmpTargetEnd), n.claimed6(beyond, offICMPTarget), rest))),
		say("Solicitations from :: for one are dropped.",
			equal(icmp6Solicitation, slices.Concat(fits(icmpTargetEnd), is16(at, offIP6Source, [16]byte{}, n.claimed6(beyond, offICMPTarget))))),
	)
}
