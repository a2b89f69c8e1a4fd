//go:build system

package policy

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"

	"userns-helpers/internal/policy/guard"
)

// What is sent here is sent under the attacker's own hardware address: what mac_lock does not look at.

// Addresses of the scene: the bridge's, the neighbour's, and one that the attacker has.
var (
	bridgeIP4, neighbourIP4, ownIP4 = net.IPv4(10, 9, 0, 1), net.IPv4(10, 9, 0, 3), net.IPv4(10, 9, 0, 2)
	bridgeIP6, neighbourIP6         = net.ParseIP("fd09::1"), net.ParseIP("fd09::3")
	unsetIP6                        = net.IPv6unspecified
)

// addressGuard has the interfaces of a scene keep to their own addresses: it is the end of the table of the bridge.
const addressGuard = "address_guard = true\naddresses = [\"10.9.0.0/24\", \"fd09::/64\"]\n" +
	"[[rule]]\nuser = \"alice\"\naddress = \"10.9.0.2\"\n[[rule]]\nuser = \"bob\"\naddress = \"10.9.0.3\"\n"

// derived is the address that the attacker's kernel derives from its hardware address in a network.
func (s *scene) derived(network string) net.IP {
	address := guard.EUI64(netip.MustParseAddr(network), [6]byte(s.attacker.mac))
	return address[:]
}

// link and global are the attacker's addresses.
func (s *scene) link() net.IP   { return s.derived("fe80::") }
func (s *scene) global() net.IP { return s.derived("fd09::") }

// sent is what is sent: a frame, and what shows that it has arrived.
type sent struct {
	id      string
	what    string // as docs/protections.md has it
	frame   func(s *scene, marker []byte) []byte
	genuine bool
}

// The columns of the table: a program and a policy.
func ownColumns() []column {
	under := func(keys string) func(attack) string {
		return func(attack) string {
			if keys == "" {
				return ""
			}
			return "[bridge.br0]\n" + keys
		}
	}
	return []column{
		{*peer, under("")},
		{nicProgram(), under("")},
		{nicProgram(), under("mac_lock = true\nisolated = true\nunicast_flood = false\n")},
		{nicProgram(), under("frame_guard = true\n")},
		{nicProgram(), under("router_guard = true\n")},
		{nicProgram(), under(addressGuard)},
	}
}

// to4 is an IPv4 frame to everybody; extra is between the header and the payload.
func to4(s *scene, source net.IP, protocol byte, options []byte, fragment uint16, payload []byte) []byte {
	header := make([]byte, 20)
	header[0] = 0x45 + byte(len(options)/4)
	header[8], header[9] = 64, protocol
	binary.BigEndian.PutUint16(header[2:], uint16(20+len(options)+len(payload)))
	binary.BigEndian.PutUint16(header[6:], fragment)
	copy(header[12:], source.To4())
	copy(header[16:], []byte{224, 0, 0, 1})
	header = append(header, options...)
	binary.BigEndian.PutUint16(header[10:], sum16(header))
	return ethernet(net.HardwareAddr{1, 0, 0x5e, 0, 0, 1}, s.attacker.mac, 0x0800, append(header, payload...))
}

// sum16 is the checksum of the Internet protocols.
func sum16(b []byte) uint16 {
	var sum uint32
	for i := 0; i+1 < len(b); i += 2 {
		sum += uint32(binary.BigEndian.Uint16(b[i:]))
	}
	for sum > 0xffff {
		sum = sum>>16 + sum&0xffff
	}
	return ^uint16(sum)
}

// udp is a datagram between two ports.
func udp(from, to uint16, marker []byte) []byte {
	b := binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(nil, from), to)
	return append(append(binary.BigEndian.AppendUint16(b, uint16(8+len(marker))), 0, 0), marker...)
}

// to6 is an IPv6 frame to all nodes. headers are the numbers of the headers, and after each but the last what it has.
func to6(s *scene, source net.IP, next byte, rest ...[]byte) []byte {
	payload := bytes.Join(rest, nil)
	header := append([]byte{0x60, 0, 0, 0, 0, 0, next, 255}, source...)
	binary.BigEndian.PutUint16(header[4:], uint16(len(payload)))
	header = append(header, net.IPv6linklocalallnodes...)
	return ethernet(net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, s.attacker.mac, typeIPv6, append(header, payload...))
}

// message is one of ICMPv6, whose marker is an option that nobody knows.
func message(kind, code byte, body []byte, marker []byte) []byte {
	return append(append([]byte{kind, code, 0, 0, 0, 0, 0, 0}, body...), unknownOption(marker)...)
}

func solicitation(target net.IP, marker []byte) []byte { return message(135, 0, target.To16(), marker) }

// advertisement is of a neighbour; with override it replaces what is known.
func advertisement(target net.IP, override bool, marker []byte) []byte {
	m := message(136, 0, target.To16(), marker)
	if override {
		m[4] = 0x20
	}
	return m
}

// arp is a request or a reply.
func arp(s *scene, operation byte, sender, target net.IP, marker []byte) []byte {
	b := append([]byte{0, 1, 8, 0, 6, 4, 0, operation}, s.attacker.mac...)
	b = append(append(b, sender.To4()...), make([]byte, 6)...)
	return ethernet(everybody, s.attacker.mac, typeARP, append(append(b, target.To4()...), marker...))
}

// Extension headers: what follows, and a length in eight bytes beyond the first.
func options6(next byte) []byte { return []byte{next, 0, 1, 4, 0, 0, 0, 0} }
func alert6(next byte) []byte   { return []byte{next, 0, 5, 2, 0, 0, 1, 0} }
func routing6(next byte) []byte { return []byte{next, 0, 4, 0, 0, 0, 0, 0} }
func fragment6(next byte, offset uint16, more bool) []byte {
	b := []byte{next, 0, 0, 0, 0, 0, 0, 7}
	binary.BigEndian.PutUint16(b[2:], offset<<3)
	if more {
		b[3] |= 1
	}
	return b
}

// routerAlert4 is the option of IGMP.
func routerAlert4() []byte { return []byte{0x94, 4, 0, 0} }

// tagged puts VLAN tags between the addresses and the type of a frame.
func tagged(frame []byte, tags ...uint16) []byte {
	out := append([]byte{}, frame[:12]...)
	for _, kind := range tags {
		out = append(binary.BigEndian.AppendUint16(out, kind), 0, 7)
	}
	return append(out, frame[12:]...)
}

// dhcp is a message of DHCP whose client has a hardware address.
func dhcp(chaddr net.HardwareAddr, marker []byte) []byte {
	b := append([]byte{1, 1, 6, 0, 1, 2, 3, 4}, make([]byte, 20)...)
	b = append(append(b, chaddr...), make([]byte, 10)...)
	return append(b, marker...)
}

var unknownMAC = net.HardwareAddr{2, 9, 9, 9, 9, 9}

// ownRows are the rows of the table: attacks first, then what containers send in earnest.
func ownRows() []sent {
	advertised := func(s *scene, marker []byte) []byte {
		return append(routerAdvertisement(s.attacker.mac), unknownOption(marker)...)
	}
	dhcp6 := func(from, to uint16, marker []byte) []byte {
		return udp(from, to, append([]byte{2, 0, 0, 1}, marker...))
	}
	igmp := func(kind byte, marker []byte) []byte { return append([]byte{kind, 1, 0, 0, 0, 0, 0, 0}, marker...) }
	return []sent{
		{"arp-neighbour", "answer ARP for the neighbour's IPv4 address", func(s *scene, m []byte) []byte { return arp(s, 2, neighbourIP4, neighbourIP4, m) }, false},
		{"arp-entry", "ask by ARP in the neighbour's name, which makes an entry too", func(s *scene, m []byte) []byte { return arp(s, 1, neighbourIP4, bridgeIP4, m) }, false},
		{"arp-tentative", "probe for an address that the neighbour is about to take", func(s *scene, m []byte) []byte { return arp(s, 1, net.IPv4zero, neighbourIP4, m) }, false},
		{"arp-bridge", "answer ARP for the bridge's IPv4 address", func(s *scene, m []byte) []byte { return arp(s, 2, bridgeIP4, bridgeIP4, m) }, false},
		{"arp-bridge-entry", "ask by ARP in the bridge's name", func(s *scene, m []byte) []byte { return arp(s, 1, bridgeIP4, neighbourIP4, m) }, false},
		{"arp-bridge-probe", "probe for the bridge's IPv4 address", func(s *scene, m []byte) []byte { return arp(s, 1, net.IPv4zero, bridgeIP4, m) }, false},
		{"na-neighbour", "advertise the neighbour's IPv6 address, with override", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, advertisement(neighbourIP6, true, m)) }, false},
		{"na-quiet", "advertise it without override", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, advertisement(neighbourIP6, false, m)) }, false},
		{"ns-tentative", "solicit, from ::, an address that the neighbour is about to take", func(s *scene, m []byte) []byte { return to6(s, unsetIP6, 58, solicitation(neighbourIP6, m)) }, false},
		{"na-bridge", "advertise the bridge's IPv6 address, with override", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, advertisement(bridgeIP6, true, m)) }, false},
		{"na-bridge-quiet", "advertise it without override", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, advertisement(bridgeIP6, false, m)) }, false},
		{"ns-bridge", "solicit it from ::", func(s *scene, m []byte) []byte { return to6(s, unsetIP6, 58, solicitation(bridgeIP6, m)) }, false},
		{"nd-flood", "solicit from made-up IPv6 addresses, each of which makes an entry", func(s *scene, m []byte) []byte {
			return to6(s, net.ParseIP("fd09::dead"), 58, solicitation(bridgeIP6, m))
		}, false},
		{"arp-hardware", "tell, by ARP, another hardware address for its own IPv4 address", func(s *scene, m []byte) []byte {
			frame := arp(s, 2, ownIP4, ownIP4, m)
			copy(frame[22:], unknownMAC)
			return frame
		}, false},
		{"ip-neighbour", "send IPv4 from the neighbour's address", func(s *scene, m []byte) []byte { return to4(s, neighbourIP4, 17, nil, 0, udp(1, 2, m)) }, false},
		{"ip-bridge", "send IPv4 from the bridge's address", func(s *scene, m []byte) []byte { return to4(s, bridgeIP4, 17, nil, 0, udp(1, 2, m)) }, false},
		{"ip6-neighbour", "send IPv6 from the neighbour's address", func(s *scene, m []byte) []byte { return to6(s, neighbourIP6, 17, udp(1, 2, m)) }, false},
		{"ip6-bridge", "send IPv6 from the bridge's address", func(s *scene, m []byte) []byte { return to6(s, bridgeIP6, 17, udp(1, 2, m)) }, false},
		{"source-route", "send IPv4 with a source route", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 17, []byte{131, 7, 4, 10, 9, 0, 1, 0}, 0, udp(1, 2, m))
		}, false},
		{"source-route-6", "send IPv6 with a routing header", func(s *scene, m []byte) []byte { return to6(s, s.link(), 43, routing6(17), udp(1, 2, m)) }, false},
		{"ra", "advertise itself as a router", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, advertised(s, m)) }, false},
		{"ra-hop", "the same behind hop-by-hop options", func(s *scene, m []byte) []byte { return to6(s, s.link(), 0, options6(58), advertised(s, m)) }, false},
		{"ra-options", "the same behind destination options", func(s *scene, m []byte) []byte { return to6(s, s.link(), 60, options6(58), advertised(s, m)) }, false},
		{"ra-both", "the same behind both", func(s *scene, m []byte) []byte {
			return to6(s, s.link(), 0, options6(60), options6(58), advertised(s, m))
		}, false},
		{"ra-fragment", "the same in a fragment", func(s *scene, m []byte) []byte { return to6(s, s.link(), 44, fragment6(58, 0, true), advertised(s, m)) }, false},
		{"ra-fragment-options", "the same in a fragment, behind destination options", func(s *scene, m []byte) []byte {
			return to6(s, s.link(), 44, fragment6(60, 0, true), options6(58), advertised(s, m))
		}, false},
		{"ra-tag", "the same in a VLAN", func(s *scene, m []byte) []byte { return tagged(to6(s, s.link(), 58, advertised(s, m)), 0x8100) }, false},
		{"ra-tags", "the same in a VLAN in a VLAN", func(s *scene, m []byte) []byte { return tagged(to6(s, s.link(), 58, advertised(s, m)), 0x88a8, 0x8100) }, false},
		{"redirect", "redirect IPv4", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 1, nil, 0, append([]byte{5, 1, 0, 0, 10, 9, 0, 2}, m...))
		}, false},
		{"irdp", "advertise itself as a router of IPv4", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 1, nil, 0, append([]byte{9, 0, 0, 0, 1, 2, 7, 8}, m...))
		}, false},
		{"redirect-6", "redirect IPv6", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, message(137, 0, make([]byte, 32), m)) }, false},
		{"dhcp", "answer DHCP", func(s *scene, m []byte) []byte { return to4(s, ownIP4, 17, nil, 0, udp(67, 68, m)) }, false},
		{"dhcp-port", "answer DHCP from another port", func(s *scene, m []byte) []byte { return to4(s, ownIP4, 17, nil, 0, udp(4011, 68, m)) }, false},
		{"dhcp6", "answer DHCPv6", func(s *scene, m []byte) []byte { return to6(s, s.link(), 17, dhcp6(547, 546, m)) }, false},
		{"dhcp6-fragment", "answer DHCPv6 in a fragment", func(s *scene, m []byte) []byte {
			return to6(s, s.link(), 44, fragment6(17, 0, true), dhcp6(547, 546, m))
		}, false},
		{"dhcp-exhaust", "ask for leases under made-up client addresses", func(s *scene, m []byte) []byte {
			return to4(s, net.IPv4zero, 17, nil, 0, udp(68, 67, dhcp(unknownMAC, m)))
		}, false},
		{"igmp-query", "ask who is in which IPv4 group", func(s *scene, m []byte) []byte { return to4(s, ownIP4, 2, routerAlert4(), 0, igmp(0x11, m)) }, false},
		{"igmp-query-fragment", "ask it in a later fragment, which a bridge takes for a whole packet", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 2, routerAlert4(), 2, igmp(0x11, m))
		}, false},
		{"mld-query", "ask who is in which IPv6 group", func(s *scene, m []byte) []byte {
			return to6(s, s.link(), 0, alert6(58), message(130, 0, make([]byte, 16), m))
		}, false},
		{"mld-query-group", "ask who is in one", func(s *scene, m []byte) []byte {
			return to6(s, s.link(), 0, alert6(58), message(130, 0, net.ParseIP("ff02::1:ff00:3"), m))
		}, false},
		{"mld-query-options", "ask behind destination options, which a bridge looks behind", func(s *scene, m []byte) []byte {
			return to6(s, s.link(), 0, alert6(60), options6(58), message(130, 0, make([]byte, 16), m))
		}, false},
		{"pim", "greet multicast routers", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 103, nil, 0, append([]byte{0x20, 0, 0, 0}, m...))
		}, false},
		{"pim-fragment", "greet them in a later fragment", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 103, nil, 2, append([]byte{0x20, 0, 0, 0}, m...))
		}, false},
		{"bpdu-hand", "send a BPDU, which a bridge without a spanning tree hands on", func(s *scene, m []byte) []byte { return append(bpdu(s.attacker.mac), m...) }, false},
		{"bpdu-pvst", "send a BPDU of PVST+, which bridges hand on", func(s *scene, m []byte) []byte {
			frame := bpdu(s.attacker.mac)
			copy(frame, []byte{1, 0, 12, 0xcc, 0xcc, 0xcd})
			return append(frame, m...)
		}, false},
		{"tag", "send into a VLAN behind an uplink", func(s *scene, m []byte) []byte { return tagged(to4(s, ownIP4, 17, nil, 0, udp(1, 2, m)), 0x8100) }, false},
		{"tags", "send into a VLAN in a VLAN", func(s *scene, m []byte) []byte {
			return tagged(to4(s, ownIP4, 17, nil, 0, udp(1, 2, m)), 0x88a8, 0x8100)
		}, false},
		{"other-type", "send frames of other protocols", func(s *scene, m []byte) []byte { return ethernet(everybody, s.attacker.mac, typeLocal, m) }, false},

		{"ok-arp", "ARP, for a neighbour", func(s *scene, m []byte) []byte { return arp(s, 1, ownIP4, neighbourIP4, m) }, true},
		{"ok-arp-own", "an ARP probe for its own address", func(s *scene, m []byte) []byte { return arp(s, 1, net.IPv4zero, ownIP4, m) }, true},
		{"ok-dad", "duplicate address detection (IPv6)", func(s *scene, m []byte) []byte { return to6(s, unsetIP6, 58, solicitation(s.link(), m)) }, true},
		{"ok-dad-global", "the same for an address of the network", func(s *scene, m []byte) []byte { return to6(s, unsetIP6, 58, solicitation(s.global(), m)) }, true},
		{"ok-ns", "a neighbour solicitation, for the bridge", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, solicitation(bridgeIP6, m)) }, true},
		{"ok-na", "a neighbour advertisement of its own", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, advertisement(s.link(), true, m)) }, true},
		{"ok-rs", "a router solicitation, from ::", func(s *scene, m []byte) []byte { return to6(s, unsetIP6, 58, message(133, 0, nil, m)) }, true},
		{"ok-dhcp", "DHCP, to any server", func(s *scene, m []byte) []byte {
			return to4(s, net.IPv4zero, 17, nil, 0, udp(68, 67, dhcp(s.attacker.mac, m)))
		}, true},
		{"ok-dhcp-renew", "DHCP, to renew a lease", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 17, nil, 0, udp(68, 67, dhcp(s.attacker.mac, m)))
		}, true},
		{"ok-dhcp6", "DHCPv6, to any server", func(s *scene, m []byte) []byte { return to6(s, s.link(), 17, dhcp6(546, 547, m)) }, true},
		{"ok-igmp", "an IGMP report", func(s *scene, m []byte) []byte { return to4(s, ownIP4, 2, routerAlert4(), 0, igmp(0x22, m)) }, true},
		{"ok-mld", "an MLD report, from ::", func(s *scene, m []byte) []byte { return to6(s, unsetIP6, 0, alert6(58), message(143, 0, nil, m)) }, true},
		{"ok-mdns", "mDNS", func(s *scene, m []byte) []byte { return to4(s, ownIP4, 17, nil, 0, udp(5353, 5353, m)) }, true},
		{"ok-mdns-6", "mDNS (IPv6)", func(s *scene, m []byte) []byte { return to6(s, s.link(), 17, udp(5353, 5353, m)) }, true},
		{"ok-tcp", "TCP", func(s *scene, m []byte) []byte { return to4(s, ownIP4, 6, nil, 0, append(make([]byte, 20), m...)) }, true},
		{"ok-tcp-6", "TCP (IPv6), from the address of SLAAC", func(s *scene, m []byte) []byte { return to6(s, s.global(), 6, make([]byte, 20), m) }, true},
		{"ok-ping", "ping", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 1, nil, 0, append([]byte{8, 0, 0, 0, 0, 0, 0, 0}, m...))
		}, true},
		{"ok-ping-6", "ping (IPv6)", func(s *scene, m []byte) []byte { return to6(s, s.link(), 58, message(128, 0, nil, m)) }, true},
		{"ok-fragment", "the first fragment of UDP", func(s *scene, m []byte) []byte { return to4(s, ownIP4, 17, nil, 0x2000, udp(1, 2, m)) }, true},
		{"ok-fragment-later", "a later one", func(s *scene, m []byte) []byte { return to4(s, ownIP4, 17, nil, 2, udp(67, 68, m)) }, true},
		{"ok-fragment-6", "the first fragment of UDP (IPv6)", func(s *scene, m []byte) []byte { return to6(s, s.link(), 44, fragment6(17, 0, true), udp(1, 2, m)) }, true},
		{"ok-fragment-later-6", "a later one", func(s *scene, m []byte) []byte {
			return to6(s, s.link(), 44, fragment6(17, 2, false), udp(547, 546, m))
		}, true},
		{"ok-jumbo", "a frame of 9000 bytes, where the bridge has that MTU", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 17, nil, 0, udp(1, 2, append(m, make([]byte, 8900)...)))
		}, true},
		{"ok-esp", "IPsec (ESP, IPv6)", func(s *scene, m []byte) []byte { return to6(s, s.link(), 50, make([]byte, 16), m) }, true},
		{"privacy", "IPv6 from an address of its own choice (privacy extensions, stable privacy)", func(s *scene, m []byte) []byte {
			return to6(s, net.ParseIP("fd09::8d2c:51a7:3f02:9b6e"), 6, make([]byte, 20), m)
		}, true},
		{"ipv4-second", "a second IPv4 address, such as one of a router behind it", func(s *scene, m []byte) []byte {
			return to4(s, net.IPv4(10, 9, 0, 77), 6, nil, 0, append(make([]byte, 20), m...))
		}, true},
		{"dhcp-relay", "DHCP for another client, as a relay sends it", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 17, nil, 0, udp(68, 67, dhcp(unknownMAC, m)))
		}, true},
		{"dhcp-large", "DHCP with room for two messages (472 bytes)", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 17, nil, 0, udp(68, 67, append(dhcp(s.attacker.mac, m), make([]byte, 472)...)))
		}, true},
		{"large-ping-6", "a ping that is larger than a packet (IPv6)", func(s *scene, m []byte) []byte {
			return to6(s, s.link(), 44, fragment6(58, 0, true), message(128, 0, nil, m))
		}, true},
		{"options-6", "IPv6 with destination options (mobile IPv6)", func(s *scene, m []byte) []byte { return to6(s, s.link(), 60, options6(17), udp(1, 2, m)) }, true},
		{"record-route", "ping that records the route", func(s *scene, m []byte) []byte {
			return to4(s, ownIP4, 1, []byte{7, 7, 4, 0, 0, 0, 0, 0}, 0, append([]byte{8, 0, 0, 0, 0, 0, 0, 0}, m...))
		}, true},
		{"bridge-inside", "frames of a bridge or virtual machine in the container", func(s *scene, m []byte) []byte {
			frame := to4(s, ownIP4, 17, nil, 0, udp(1, 2, m))
			copy(frame[6:], unknownMAC)
			return frame
		}, true},
	}
}

// arrives reports whether a frame of the attacker's arrives at the gateway.
func (s *scene) arrives(t testing.TB, frame, marker []byte) bool {
	t.Helper()
	return s.passes(t, s.attacker, s.gateway, frame, marker)
}

// newOwnScene is a scene whose bridge has addresses and a large MTU, and does not snoop multicast, which some of the frames
// would change.
func newOwnScene(t testing.TB, c column) *scene {
	t.Helper()
	beforeScene = func() {
		sh(t, "ip link set br0 mtu 9000 type bridge mcast_snooping 0; ip address add %s/24 dev br0; ip address add %s/64 dev br0 nodad", bridgeIP4, bridgeIP6)
	}
	defer func() { beforeScene = func() {} }()
	s := stage(t, c.program, c.policy(attack{}))
	s.attacker.ip, s.neighbour.ip = ownIP4, neighbourIP4
	s.settle(t)
	return s
}

// TestOwnAddress sends every row of the second table of docs/protections.md, and compares what arrives at the gateway.
func TestOwnAddress(t *testing.T) {
	documented := readOwnTable(t)
	got := make(map[string]string)
	for i, c := range ownColumns() {
		t.Run(fmt.Sprint("column ", i), func(t *testing.T) {
			s := newOwnScene(t, c)
			for _, row := range ownRows() {
				marker := marked()
				got[row.id] += " " + row.outcome(s.arrives(t, row.frame(s, marker), marker))
			}
		})
	}
	for _, row := range ownRows() {
		if line := strings.TrimSpace(got[row.id]); documented[row.id] != line {
			t.Errorf("docs/protections.md has for %s %q, and it has to be:\n| `%s` | %s | %s |", row.id, documented[row.id], row.id, row.what,
				strings.ReplaceAll(line, " ", " | "))
		}
		delete(documented, row.id)
	}
	for id := range documented {
		t.Errorf("docs/protections.md has a row %s, and nothing is sent for it", id)
	}
}

// TestTogether sends the rows with every key on: no attack is left, and what is lost is what a key alone loses.
func TestTogether(t *testing.T) {
	documented := readOwnTable(t)
	s := newOwnScene(t, column{nicProgram(), func(attack) string { return full + "frame_guard = true\n" + addressGuard }})
	for _, row := range ownRows() {
		marker := marked()
		want := row.genuine && !strings.Contains(documented[row.id], "lost")
		if got := s.arrives(t, row.frame(s, marker), marker); got != want {
			t.Errorf("%s: %s", row.id, row.outcome(got))
		}
	}
}

// outcome is the word of the table.
func (r sent) outcome(arrives bool) string {
	switch {
	case r.genuine && arrives:
		return "passes"
	case r.genuine:
		return "lost"
	case arrives:
		return "works"
	}
	return "stopped"
}

// readOwnTable reads the rows with six columns after the words.
func readOwnTable(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile(*doc)
	must(t, err)
	found := make(map[string]string)
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 10 || strings.Contains(line, "---") || strings.TrimSpace(cells[1]) == "Id" {
			continue
		}
		var outcomes []string
		for _, cell := range cells[3:9] {
			outcomes = append(outcomes, strings.TrimSpace(cell))
		}
		found[strings.Trim(cells[1], " `")] = strings.Join(outcomes, " ")
	}
	return found
}
