package nicview

import (
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/usernic"
)

// oldGuard stands for a filter that is not the one for the interface and the addresses that its bridge has now.
const oldGuard = "filter for other addresses"

// guards are what the filter of an interface keeps from others, as the kernel has it. One that cannot be read is none.
func (l *looker) guards(device rtnl.Device) []string {
	program, err := l.conn.Guarded(device.Index)
	if err != nil || len(program) == 0 {
		return nil
	}
	var bridge rtnl.Addresses
	if device.Master != 0 {
		bridge, err = l.conn.Addresses(device.Master)
	}
	words, known := usernic.Guards(device, program, bridge)
	if err != nil || !known {
		return []string{oldGuard}
	}
	return words
}
