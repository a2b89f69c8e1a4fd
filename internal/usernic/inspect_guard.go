package usernic

import (
	"slices"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/policy/nics"
)

// standIn is in filters that are shown the address of an interface that is not there yet.
func standIn() netquota.MAC { return netquota.MAC{firstOfContainer} }

// Guards says what the filter of an interface keeps from others, by the keys of policy.toml(5): host is the hardware address of
// its host's end, program what the kernel has; bridge and of are the hardware address and the addresses that the bridge has
// now. It is not known for a filter that this program would not make for that
// interface and those addresses, such as one made when the bridge had others.
func Guards(host [6]byte, program []unix.SockFilter, bridge [6]byte, of rtnl.Addresses) (words []string, known bool) {
	mac := netquota.MAC(host)
	mac[0] = firstOfContainer
	for bits := range 32 {
		n := guard.Nic{MAC: mac, Frames: bits&1 != 0, Routers: bits&2 != 0, Groups: bits&4 != 0, Queries: bits&8 != 0, STP: bits&16 != 0}
		if n.Routers {
			n.IPv4, n.IPv6 = claims(of, bridge)
		}
		if n.Needed() && slices.Equal(programOf(n.Filter()), program) {
			return wordsOf(n), true
		}
	}
	return nil, len(program) == 0
}

// wordsOf are the keys of what a filter does, and what it does for other keys.
func wordsOf(n guard.Nic) []string {
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
