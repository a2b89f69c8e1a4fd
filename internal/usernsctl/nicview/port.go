package nicview

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/usernsctl/readdir"
)

// NextPort returns the number of the port that the kernel gives to the next interface on a Linux bridge: the lowest that is
// free. It may be more than the bridge can have. Errors: those of looking into /sys.
func NextPort(bridge string) (uint64, error) {
	ports := "/sys/class/net/" + bridge + "/brif"
	names, err := readdir.Names(ports)
	if err != nil {
		return 0, err
	}
	used := make(map[uint64]bool)
	for _, name := range names {
		used[portNumber(ports+"/"+name+"/port_no")] = true
	}
	lowest := uint64(1)
	for used[lowest] {
		lowest++
	}
	return lowest, nil
}

// portNumber reads the number of a port, in hexadecimal with 0x in front; 0 for one that has gone.
func portNumber(path string) uint64 {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return 0
	}
	defer unix.Close(fd)
	buffer := make([]byte, 16)
	n, _ := unix.Read(fd, buffer)
	number, _ := strconv.ParseUint(strings.TrimSpace(string(buffer[:max(n, 0)])), 0, 16)
	return number
}
