package guard

import (
	"encoding/binary"
	"math/rand/v2"
	"net/netip"
	"slices"
)

// maker makes random frames of the shapes that filters look at, and spoils some.
type maker struct {
	*rand.Rand
	tame bool // almost all is as a container sends it in earnest
}

func pick[T any](m maker, from ...T) T { return from[m.IntN(len(from))] }

// sometimes is true one time in n.
func (m maker) sometimes(n int) bool { return m.IntN(n) == 0 }

func (m maker) bytes(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.Uint32())
	}
	return b
}

// Addresses that frames have: those of a Nic, others that differ in one byte, and none at all.
var (
	ownMAC  = [6]byte{2, 0x11, 0x22, 0x33, 0x44, 0x55}
	bridge4 = [][4]byte{{10, 0, 3, 1}, {192, 168, 1, 1}}
	bridge6 = [][16]byte{{0xfd, 0, 0, 3, 15: 1}, {0xfe, 0x80, 8: 0xf8, 15: 9}}
	mine4   = netip.AddrFrom4([4]byte{10, 0, 3, 7})
	mine6   = []netip.Prefix{netip.MustParsePrefix("10.0.3.0/24"), netip.MustParsePrefix("fd00:3::/64")}
)

func (m maker) mac() []byte {
	if m.tame && !m.sometimes(20) {
		return ownMAC[:]
	}
	return pick(m, ownMAC[:], []byte{2, 0x11, 0x22, 0x33, 0x44, 0x56}, []byte{3, 0x11, 0x22, 0x33, 0x44, 0x55}, m.bytes(6))
}

func (m maker) ip4() []byte {
	if m.tame && !m.sometimes(20) {
		return pick(m, mine4.AsSlice(), mine4.AsSlice(), make([]byte, 4))
	}
	return pick(m, bridge4[0][:], bridge4[1][:], []byte{10, 0, 3, 7}, make([]byte, 4))
}

func (m maker) ip6() []byte {
	own := Nic{MAC: ownMAC}.Owning(mine4, mine6).OwnIPv6
	address := pick(m, bridge6[0], bridge6[0], bridge6[1], [16]byte{}, [16]byte{}, own[0], own[0], own[1])
	if m.tame && !m.sometimes(20) {
		address = pick(m, own[0], own[1], [16]byte{}, own[0], own[1], [16]byte{}, bridge6[0])
	}
	if m.sometimes(2) && (!m.tame || m.sometimes(4)) {
		address[m.IntN(16)] ^= 4
	}
	return address[:]
}

func (m maker) frame() frame {
	to := pick(m, []byte{255, 255, 255, 255, 255, 255}, []byte{1, 0x80, 0xc2, 0, 0, byte(m.IntN(18))}, []byte{1, 0x80, 0xc2, 0, 0, 0}, []byte{1, 0x80, 0xc2, 0, 1, 0},
		[]byte{1, 0, 12, 0xcc, 0xcc, byte(0xcb + m.IntN(4))}, []byte{1, 0, 12, 0xcc, 0xcd, 0xcc}, []byte{1, 0, 12, 0xcd, 0xcc, 0xcc},
		[]byte{0x33, 0x33, 0, 0, 0, 1}, ownMAC[:])
	m.tame = m.sometimes(2)
	if m.tame {
		to = pick(m, []byte{255, 255, 255, 255, 255, 255}, []byte{0x33, 0x33, 0, 0, 0, 1})
	}
	kind := pick[uint16](m, 0x806, 0x800, 0x800, 0x86dd, 0x86dd, 0x86dd, 0x8100, 0x88a8, 0x9100, 0x88cc, 0x26, 0x5ff, 0x600)
	if m.tame {
		kind = pick[uint16](m, 0x806, 0x800, 0x800, 0x86dd, 0x86dd, 0x86dd)
	}
	var rest []byte
	switch kind {
	case 0x806:
		rest = m.arp()
	case 0x800:
		rest = m.packet4()
	case 0x86dd:
		rest = m.packet6()
	default:
		rest = m.bytes(m.IntN(64))
	}
	b := slices.Concat(to, m.mac(), binary.BigEndian.AppendUint16(nil, kind), rest)
	switch m.IntN(10) {
	case 0:
		b = b[:m.IntN(len(b)+1)]
	case 1:
		b = b[:min(len(b), pick(m, 13, 14, 33, 34, 37, 38, 41, 42, 53, 54, 61, 62))]
	}
	if m.sometimes(8) && len(b) > 0 {
		b[m.IntN(len(b))] ^= 1 << m.IntN(8)
	}
	return frame{b, m.sometimes(8) && !m.tame}
}

func (m maker) arp() []byte {
	return slices.Concat([]byte{0, pick[byte](m, 1, 6), 8, pick[byte](m, 0, 0, 0, 6), 6, pick[byte](m, 4, 4, 4, 16), 0, byte(m.IntN(3))},
		m.mac(), m.ip4(), m.mac(), m.ip4(), m.bytes(m.IntN(20)))
}

func (m maker) packet4() []byte {
	words := pick(m, 5, 5, 5, 6, 6, 7, 15, 0, 4)
	b := m.bytes(20)
	b[0] = pick[byte](m, 0x40, 0x40, 0x40, 0x60) | byte(words)
	binary.BigEndian.PutUint16(b[6:], pick[uint16](m, 0, 0, 0, 0x4000, 0x2000, 1, 0x2001, 0x1fff))
	b[9] = pick[byte](m, 1, 2, 2, 6, 17, 17, 17, 103)
	copy(b[12:], m.ip4())
	options := pick(m, []byte{0x94, 4, 0, 0}, []byte{131, 4, 4, 0}, []byte{0x94, 3, 0, 0})
	b = append(b, slices.Concat(options, m.bytes(40))[:max(0, words*4-20)]...)
	return append(b, m.inner(b[9], 67, 68)...)
}

// inner is what IP carries.
func (m maker) inner(protocol byte, ports ...uint16) []byte {
	switch protocol {
	case 17:
		ports = append(ports, 53, uint16(m.Uint32()))
		b := binary.BigEndian.AppendUint16(nil, pick(m, ports...))
		b = binary.BigEndian.AppendUint16(b, pick(m, ports...))
		message := append(m.bytes(60), make([]byte, 430)...)
		message[5], message[6] = pick[byte](m, 1, 1, 1, 2), pick[byte](m, 6, 6, 6, 7)
		copy(message[32:], m.mac())
		return append(b, message[:pick(m, m.IntN(20), 37, 38, 39, 60, 475, 476)]...)
	case 58:
		kind := pick[byte](m, 128, 130, 131, 132, 133, 134, 135, 135, 135, 135, 135, 135, 136, 136, 136, 137, 143, 151)
		if m.sometimes(8) {
			return []byte{kind}
		}
		target := slices.Clone(pick(m, m.ip6(), m.ip6(), bridge6[0][:]))
		if m.sometimes(2) {
			target[m.IntN(16)] ^= 4
		}
		return slices.Concat([]byte{kind, 0, 0, 0, 0, 0, 0, 0}, target, m.bytes(m.IntN(20)))
	}
	return append([]byte{pick[byte](m, 0x11, 0x12, 0x16, 0x17, 0x22, 0x30, 5, 8, 9)}, m.bytes(m.IntN(20))...)
}

func (m maker) packet6() []byte {
	b := make([]byte, 40)
	b[0] = pick[byte](m, 0x60, 0x60, 0x60, 0x45)
	copy(b[8:], m.ip6())
	if m.sometimes(3) && [16]byte(b[8:24]) == [16]byte{} {
		b[8+m.IntN(16)] = 4
	}
	at := 6
	for _, header := range m.headers() {
		b[at] = header
		length := 0
		if header != 44 {
			length = m.IntN(3)
		}
		at = len(b)
		b = append(b, m.bytes(8+8*length)...)
		b[at+1] = byte(length)
		if header == 44 {
			binary.BigEndian.PutUint16(b[at+2:], pick[uint16](m, 0, 0, 1, 6, 8, 0xfff8))
		}
	}
	b[at] = pick[byte](m, 58, 58, 58, 17, 17, 6, 50, 59, 103, byte(m.Uint32()))
	return append(b, m.inner(b[at], 547, 546)...)
}

// headers are the extension headers of a packet.
func (m maker) headers() []byte {
	var all []byte
	if m.sometimes(2) {
		all = append(all, 0)
	}
	if m.sometimes(3) {
		all = append(all, 44)
	}
	if m.sometimes(3) {
		all = append(all, pick(m, opaque...))
	}
	return all
}
