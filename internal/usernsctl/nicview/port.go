package nicview

import "userns-helpers/internal/kernel/rtnl"

// NextPort returns the number of the port that the kernel gives to the next interface on a Linux bridge: the lowest that is
// free. It may be more than the bridge can have. Errors: those of netlink.
func NextPort(bridge string) (uint64, error) {
	conn, err := rtnl.Dial()
	if err != nil {
		return 0, err
	}
	master, err := conn.Device(bridge)
	if err != nil {
		return 0, err
	}
	used := make(map[uint16]bool)
	_, _, err = conn.Search(func(d rtnl.Device) bool {
		used[d.Port.Number] = used[d.Port.Number] || d.Master == master.Index
		return false
	})
	lowest := uint16(1)
	for used[lowest] {
		lowest++
	}
	return uint64(lowest), err
}
