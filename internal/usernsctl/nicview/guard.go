package nicview

import (
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

// guards are what the filter of an interface keeps from others, as the kernel has it. One that cannot be read is none.
func (h *host) guards(link *netlink.LinkAttrs) []string {
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
	words, known := recognise([6]byte(link.HardwareAddr), program, bridge, of)
	if err != nil || !known {
		return []string{oldGuard}
	}
	return words
}

// recognise says what the filter of an interface keeps from others, by the keys of policy.toml(5): own is the hardware address
// of its host's end, program what the kernel has; bridge and of are the hardware address and the addresses that the bridge has
// now. It is not known for a filter that lxc-user-nic would not make for that interface and those addresses, such as one made when
// the bridge had others.
func recognise(own [6]byte, program []unix.SockFilter, bridge [6]byte, of rtnl.Addresses) (words []string, known bool) {
	mac := mark.Container(own)
	for bits := range 32 {
		n := guard.Nic{MAC: mac, Frames: bits&1 != 0, Routers: bits&2 != 0, Groups: bits&4 != 0, Queries: bits&8 != 0, STP: bits&16 != 0}
		if n.Routers {
			n = n.Claiming(of.IPv4, of.IPv6, bridge)
		}
		if n.Needed() && slices.EqualFunc(n.Filter(), program, isLoaded) {
			return WordsOf(n), true
		}
	}
	return nil, len(program) == 0
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
