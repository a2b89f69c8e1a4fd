package nicview

import (
	"github.com/vishvananda/netlink"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/usernic"
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
	words, known := usernic.Guards([6]byte(link.HardwareAddr), program, bridge, of)
	if err != nil || !known {
		return []string{oldGuard}
	}
	return words
}
