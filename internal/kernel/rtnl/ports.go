package rtnl

import (
	"encoding/binary"
	"runtime"
	"strings"
	"unsafe"

	"golang.org/x/sys/unix"
)

const (
	portList  = 7    // BRCTL_GET_PORT_LIST of linux/if_bridge.h
	mostPorts = 1024 // BR_MAX_PORTS of net/bridge/br_private.h: the kernel has no number of a port that is not below it
)

// Ports returns the names that begin with prefix of the ports of a bridge of Linux, in time that grows with their number
// and not with that of all interfaces. The ports are those of one moment; a port has the name that it has when it is asked
// for, and one that has gone by then is left out.
//
// Errors: unix.ENODEV and unix.EOPNOTSUPP if there is no such bridge; those of kernels without this ioctl.
func (c *Conn) Ports(bridge, prefix string) ([]string, error) {
	ports := c.room[:mostPorts*4] // the index of each, a C int, by number
	clear(ports)
	if err := c.portList(bridge, ports); err != nil {
		return nil, err
	}
	var names []string
	for ; len(ports) > 0; ports = ports[4:] {
		index := binary.NativeEndian.Uint32(ports)
		if index == 0 {
			continue
		}
		name, err := c.NameOf(int(index))
		if err != nil {
			return nil, err
		}
		if name != "" && strings.HasPrefix(name, prefix) {
			names = append(names, name)
		}
	}
	return names, nil
}

// portList asks a bridge for its ports (SIOCDEVPRIVATE, which is brctl(8)'s; Linux 2.4). x/sys has no call for the ioctls
// that are a device's own.
func (c *Conn) portList(bridge string, ports []byte) error {
	question := struct {
		kind  uintptr
		ports unsafe.Pointer
		most  uintptr
	}{portList, unsafe.Pointer(&ports[0]), mostPorts}
	request := struct {
		name [unix.IFNAMSIZ]byte
		data unsafe.Pointer
		_    [16]byte // struct ifreq has a union of 24 bytes, or of 16 where a pointer has four
	}{data: unsafe.Pointer(&question)}
	if copy(request.name[:unix.IFNAMSIZ-1], bridge) < len(bridge) {
		return unix.ENODEV
	}
	_, _, errno := unix.Syscall(unix.SYS_IOCTL, uintptr(c.fd), unix.SIOCDEVPRIVATE, uintptr(unsafe.Pointer(&request)))
	runtime.KeepAlive(&question)
	if errno != 0 {
		return errno
	}
	return nil
}
