package nicview

import (
	"encoding/binary"
	"net/netip"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic/mark"
)

// oldGuard stands for a filter that is not the one for the interface and the addresses that its bridge has now.
const oldGuard = "filter for other addresses"

// guards are what the filter of an interface keeps from others, as the kernel has it. One that cannot be read is none. Its own
// IPv4 address is what the book says, invalid where nobody knows.
func (h *host) guards(link *netlink.LinkAttrs, address netip.Addr) []string {
	program, err := h.conn.Guarded(link.Index)
	if err != nil || len(program) == 0 || len(link.HardwareAddr) != len([6]byte{}) {
		return nil
	}
	var bridge [6]byte
	var of rtnl.Addresses
	if master, is := h.links[link.MasterIndex]; is {
		copy(bridge[:], master.Attrs().HardwareAddr)
		of, err = h.conn.Addresses(link.MasterIndex)
	}
	words, known := recognise([6]byte(link.HardwareAddr), address, program, bridge, of)
	if err != nil || !known {
		return []string{oldGuard}
	}
	return words
}

// recognise says what the filter of an interface keeps from others, by the keys of policy.toml(5): own is the hardware address
// of its host's end, address its own IPv4 address, if that is known, program what the kernel has; bridge and of are the hardware address and the addresses that the bridge has
// now. It is not known for a filter that lxc-user-nic would not make for that interface and those addresses, such as one made when
// the bridge had others.
func recognise(own [6]byte, address netip.Addr, program []unix.SockFilter, bridge [6]byte, of rtnl.Addresses) (words []string, known bool) {
	mac := mark.Container(own)
	ipv4, ipv6 := ownIn(program)
	for bits := range 64 {
		n := guard.Nic{MAC: mac, Frames: bits&1 != 0, Routers: bits&2 != 0, Groups: bits&4 != 0, Queries: bits&8 != 0, STP: bits&16 != 0}
		if n.Routers {
			n = n.Claiming(of.IPv4, of.IPv6, bridge)
		}
		if bits&32 != 0 {
			if address.IsValid() && !slices.Contains(ipv4, address.As4()) {
				continue
			}
			n.Addresses, n.OwnIPv4, n.OwnIPv6 = true, ipv4, ipv6
		}
		if n.Needed() && slices.EqualFunc(n.Filter(), program, isLoaded) {
			return WordsOf(n), true
		}
	}
	return nil, len(program) == 0
}

// What a filter of address_guard has, and what is looked for in one: loads of four bytes, and comparisons with them.
const (
	loadWord  = 0x20 // BPF_LD, BPF_W, BPF_ABS
	jumpEqual = 0x15 // BPF_JMP, BPF_JEQ, BPF_K
	jumpOver  = 0x05 // BPF_JMP, BPF_JA
	arpTarget = 38   // in a frame
	ip6Source = 22
)

// ownIn are the addresses that a filter of address_guard lets an interface have: those that its last look at an ARP target
// compares with, and those over whose end it jumps when an IPv6 source is one. Whether they are that is seen when a filter made
// for them is the same.
func ownIn(program []unix.SockFilter) (ipv4 [][4]byte, ipv6 [][16]byte) {
	for i := range program {
		if program[i].Code == loadWord && program[i].K == arpTarget {
			ipv4 = nil
			for j := i + 1; j < len(program) && program[j].Code == jumpEqual; j++ {
				ipv4 = append(ipv4, [4]byte(binary.BigEndian.AppendUint32(nil, program[j].K)))
			}
		}
		if address, is := compared(program[i:], ip6Source); is && address != ([16]byte{}) {
			ipv6 = append(ipv6, address)
		}
	}
	slices.Reverse(ipv6)
	return ipv4, ipv6
}

// AddressIn is the IPv4 address that a filter lets an interface with a hardware address have; invalid if it is none of
// address_guard.
func AddressIn(program []unix.SockFilter, mac [6]byte) netip.Addr {
	ipv4, ipv6 := ownIn(program)
	link := guard.Nic{MAC: mac}.Owning(netip.Addr{}, nil).OwnIPv6
	if len(ipv4) != 1 || len(ipv6) == 0 || ipv6[0] != link[0] {
		return netip.Addr{}
	}
	return netip.AddrFrom4(ipv4[0])
}

// compared is the address that a program begins to compare what is at an offset with, to jump where it is that.
func compared(program []unix.SockFilter, offset uint32) (address [16]byte, is bool) {
	for i := range 4 {
		if len(program) < 2*i+2 || program[2*i].Code != loadWord || program[2*i].K != offset+uint32(4*i) || program[2*i+1].Code != jumpEqual {
			return address, false
		}
		binary.BigEndian.PutUint32(address[4*i:], program[2*i+1].K)
	}
	return address, len(program) > 8 && program[8].Code == jumpOver
}

// isLoaded reports whether a line of a filter is the instruction that the kernel has.
func isLoaded(l guard.Line, has unix.SockFilter) bool {
	return l.Instruction == guard.Instruction{Op: has.Code, JT: has.Jt, JF: has.Jf, K: has.K}
}

// WordsOf are the keys of what a filter does, and what it does for other keys.
func WordsOf(n guard.Nic) []string {
	var words []string
	for _, w := range []struct {
		is   bool
		word string
	}{
		{n.Frames, nics.FrameGuard},
		{n.Routers, nics.RouterGuard},
		{n.Addresses, nics.AddressGuard},
		{n.Frames || n.Groups && !n.STP, "no link-local groups"},
		{n.Groups && n.STP && !n.Frames, "no link-local groups but BPDUs"},
		{n.Queries || n.Routers, "no multicast queries"},
	} {
		if w.is {
			words = append(words, w.word)
		}
	}
	return words
}
