package guard

import (
	"encoding/binary"
	"slices"
)

// frame is a frame as a container sends it, at the hook: the outer tag is out of it.
type frame struct {
	bytes  []byte
	tagged bool
}

// lets is the plain model of what a filter lets pass: policy.toml(5) word by word, by parsing from the outside in. It is
// written without a look at the filter, and reads frames in its own way.
func (n Nic) lets(f frame) bool {
	b := f.bytes
	if len(b) < 14 {
		return false
	}
	to, from, kind, rest := b[:6], b[6:12], binary.BigEndian.Uint16(b[12:]), b[14:]
	parses, claims := n.Routers || n.Queries || n.Addresses, n.Routers || n.Addresses
	group := slices.Equal(to[:5], []byte{1, 0x80, 0xc2, 0, 0}) && to[5] < 16
	vendor := slices.Equal(to[:5], []byte{1, 0, 12, 0xcc, 0xcc}) && (to[5] == 0xcc || to[5] == 0xcd)
	bpdu := group && to[5] == 0 && kind < 1536
	switch {
	case n.Frames && f.tagged,
		n.Frames && [6]byte(from) != n.MAC,
		n.Frames && kind != 0x806 && kind != 0x800 && kind != 0x86dd,
		n.Frames && (group || vendor), n.Groups && vendor, n.Groups && group && !(bpdu && n.STP),
		claims && (kind == 0x8100 || kind == 0x88a8 || kind == 0x9100):
		return false
	case kind == 0x806:
		return !claims || n.letsARP(rest)
	case kind == 0x800:
		return !parses || n.letsIPv4(rest)
	case kind == 0x86dd:
		return !parses || n.letsIPv6(rest)
	}
	return true
}

func (n Nic) letsARP(b []byte) bool {
	if len(b) < 28 || b[2] != 8 || b[3] != 0 || b[4] != 6 || b[5] != 4 {
		return false
	}
	sender, target := [4]byte(b[14:18]), [4]byte(b[24:28])
	nobody := sender == [4]byte{}
	if n.Routers && (slices.Contains(n.IPv4, sender) || nobody && slices.Contains(n.IPv4, target)) {
		return false
	}
	if n.Addresses {
		claimed := sender
		if nobody {
			claimed = target
		}
		return [6]byte(b[8:14]) == n.MAC && slices.Contains(n.OwnIPv4, claimed)
	}
	return true
}

func (n Nic) letsIPv4(b []byte) bool {
	if len(b) < 20 {
		return false
	}
	plain, alert := b[0] == 0x45, b[0] == 0x46 && len(b) >= 24 && b[20] == 0x94 && b[21] == 4
	if n.Routers && (!plain && !alert || slices.Contains(n.IPv4, [4]byte(b[12:16]))) {
		return false
	}
	fragment, source := binary.BigEndian.Uint16(b[6:])&0x3fff, [4]byte(b[12:16])
	nobody := source == [4]byte{}
	if n.Addresses && (!nobody && !slices.Contains(n.OwnIPv4, source) || nobody && fragment != 0) {
		return false
	}
	asks := n.Routers || n.Queries
	if fragment&0x1fff != 0 {
		return (b[9] != 2 || !asks) && (b[9] != 103 || !n.Routers)
	}
	inner := b[min(len(b), int(b[0]&15)*4):]
	if n.Addresses && !n.letsAddressed4(b[9], nobody, fragment != 0, inner) {
		return false
	}
	switch b[9] {
	case 2:
		return !asks || len(inner) > 0 && inner[0] != 0x11 && (!n.Routers || inner[0] != 0x30)
	case 1:
		return !n.Routers || len(inner) > 0 && inner[0] != 5 && inner[0] != 9
	case 17:
		return !n.Routers || letsUDP(inner, 67, 68)
	case 103:
		return !n.Routers
	}
	return true
}

// letsAddressed4: DHCP is one message about the interface's own address, whoever sends it; and who has none may send nothing but DHCP and
// IGMP reports.
func (n Nic) letsAddressed4(protocol byte, nobody, more bool, b []byte) bool {
	switch {
	case protocol == 17 && len(b) < 4:
		return false
	case protocol == 17 && binary.BigEndian.Uint16(b[2:]) == 67:
		own := !more && len(b) >= 42 && len(b) < 8+2*236 && b[9] == 1 && b[10] == 6 && [6]byte(b[36:42]) == n.MAC
		return own && (!nobody || binary.BigEndian.Uint16(b) == 68)
	case nobody:
		return protocol == 2 && len(b) > 0 && slices.Contains([]byte{0x12, 0x16, 0x17, 0x22}, b[0])
	}
	return true
}

func letsUDP(b []byte, server, client uint16) bool {
	return len(b) >= 4 && binary.BigEndian.Uint16(b) != server && binary.BigEndian.Uint16(b[2:]) != client
}

// opaque are headers behind which nothing is looked for.
var opaque = []byte{0, 43, 44, 51, 60, 135, 139, 140, 253, 254}

func (n Nic) letsIPv6(b []byte) bool {
	if len(b) < 40 || n.Routers && slices.Contains(n.IPv6, [16]byte(b[8:24])) {
		return false
	}
	source := [16]byte(b[8:24])
	nobody := source == [16]byte{}
	if n.Addresses && !nobody && !slices.Contains(n.OwnIPv6, source) {
		return false
	}
	next, rest := b[6], b[40:]
	switch {
	case next == 0 && len(rest) < 8:
		return false
	case next == 0:
		next, rest = rest[0], rest[min(len(rest), (int(rest[1])+1)*8):]
	case !n.Routers && !n.Addresses:
		return true
	}
	if next == 44 {
		if len(rest) < 8 || rest[0] == 58 || slices.Contains(opaque, rest[0]) {
			return false
		}
		if binary.BigEndian.Uint16(rest[2:])>>3 != 0 {
			return !n.Addresses || !nobody
		}
		next, rest = rest[0], rest[8:]
	}
	switch {
	case slices.Contains(opaque, next):
		return false
	case next == 58:
		return n.letsICMP6(source, rest) && (!n.Addresses || n.letsAddressed6(nobody, rest))
	case n.Addresses && nobody:
		return false
	case next == 17:
		return !n.Routers || letsUDP(rest, 547, 546)
	}
	return next != 103 || !n.Routers
}

// letsAddressed6: who has no address yet may ask whether somebody has one of its own, look for routers, and tell of groups;
// and nobody advertises another's address.
func (n Nic) letsAddressed6(nobody bool, b []byte) bool {
	own := len(b) >= 24 && slices.Contains(n.OwnIPv6, [16]byte(b[8:24]))
	switch b[0] {
	case 135:
		return !nobody || own
	case 136:
		return !nobody && own
	case 131, 132, 133, 143:
		return true
	}
	return !nobody
}

func (n Nic) letsICMP6(source [16]byte, b []byte) bool {
	if len(b) == 0 || b[0] == 130 && (n.Routers || n.Queries) {
		return false
	}
	if !n.Routers {
		return true
	}
	switch b[0] {
	case 134, 137, 151:
		return false
	case 135, 136:
		switch {
		case len(n.IPv6) == 0:
			return true
		case len(b) < 24:
			return false
		}
		claims := b[0] == 136 || source == [16]byte{}
		return !claims || !slices.Contains(n.IPv6, [16]byte(b[8:24]))
	}
	return true
}
