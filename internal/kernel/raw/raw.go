// Package raw makes the system calls that take addresses of memory and for which x/sys has no function: the only use of
// package unsafe.
//
// It promises that what the kernel writes ends within what it was given, and that nothing moves while the kernel has its
// address. What the calls mean is not its business.
package raw

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// CapsetAll is capset(2) with version 3 for all threads of this process. The kernel copies both structures before it
// returns. Errors: the first errno of any thread.
func CapsetAll(sets *[2]unix.CapUserData) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&sets[0])), 0)
	return result(errno)
}

// PeerGroups reads the supplementary groups of the peer of a connection (SO_PEERGROUPS of unix(7), Linux 4.13) into groups,
// which has room for one at least, and returns how many there are. Errors: unix.ERANGE if there are more than fit; those of
// getsockopt(2).
func PeerGroups(connection int, groups []uint32) (int, error) {
	size := uint32(len(groups) * 4)
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(connection), unix.SOL_SOCKET, unix.SO_PEERGROUPS,
		uintptr(unsafe.Pointer(&groups[0])), uintptr(unsafe.Pointer(&size)), 0)
	return min(int(size/4), len(groups)), result(errno)
}

// getPortList is BRCTL_GET_PORT_LIST of linux/if_bridge.h.
const getPortList = 7

// BridgePorts asks a bridge of Linux for the indexes of its ports, each a C int in the place that its number says, 0 for
// none (SIOCDEVPRIVATE, brctl(8)'s; Linux 2.4). As many are told as ports has room for, four bytes each, one at least.
//
// Errors: unix.ENODEV if there is no interface of that name; unix.EOPNOTSUPP and others if it is no bridge.
func BridgePorts(socket int, bridge string, ports []byte) error {
	question := struct {
		kind  uintptr
		ports unsafe.Pointer
		room  uintptr
		_     uintptr // the kernel copies four words (br_dev_siocdevprivate() in net/bridge/br_ioctl.c)
	}{kind: getPortList, ports: unsafe.Pointer(&ports[0]), room: uintptr(len(ports) / 4)}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // struct ifreq has a union of 24 bytes, or of 16 where a pointer has four
	}{data: unsafe.Pointer(&question)}
	if copy(request.name[:unix.IFNAMSIZ-1], bridge) < len(bridge) {
		return unix.ENODEV
	}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(socket), unix.SIOCDEVPRIVATE, uintptr(unsafe.Pointer(&request)))
	return result(errno)
}

// result is nil for no error.
func result(errno syscall.Errno) error {
	if errno != 0 {
		return errno
	}
	return nil
}
