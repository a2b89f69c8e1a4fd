package rtnl

import (
	"encoding/binary"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Inspected is an interface with what only those who report want to know of it: anybody may ask.
type Inspected struct {
	Device
	Received, Sent uint64 // bytes, as the host's end counts them: received from the container, sent to it
	Port           bool   // it is a port of a Linux bridge, and the following is known
	Locked         bool   // frames from other addresses than those of the bridge's table are dropped
	Learning       bool   // the bridge learns addresses from frames
	UnicastFlood   bool   // frames to unknown addresses are sent here
	Isolated       bool   // no frames to and from other isolated ports
	Guard          bool   // a BPDU disables the port
	RootBlock      bool   // the port never becomes the way to the root of a spanning tree
}

// Inspect describes the interface called name. Errors: unix.ENODEV if there is none.
func (c *Conn) Inspect(name string) (Inspected, error) {
	if len(name) >= unix.IFNAMSIZ || name == "" {
		return Inspected{}, unix.ENODEV
	}
	reply, err := c.ask(unix.RTM_GETLINK, unix.RTM_NEWLINK, header(unix.AF_UNSPEC, 0),
		nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)))
	if err != nil {
		return Inspected{}, err
	}
	return parseInspected(reply)
}

// parseInspected understands an RTM_NEWLINK message, with what parseDevice leaves out.
func parseInspected(message []byte) (Inspected, error) {
	device, err := parseDevice(message)
	if err != nil {
		return Inspected{}, err
	}
	d := Inspected{Device: device}
	return d, each(message[unix.SizeofIfInfomsg:], d.take)
}

// take takes note of one attribute.
func (d *Inspected) take(kind uint16, value []byte) error {
	switch kind {
	case unix.IFLA_STATS64: // struct rtnl_link_stats64: packets received and sent, bytes received and sent
		if len(value) < 32 {
			return unix.EBADMSG
		}
		d.Received, d.Sent = binary.NativeEndian.Uint64(value[16:]), binary.NativeEndian.Uint64(value[24:])
	case unix.IFLA_LINKINFO:
		return each(value, d.takeInfo)
	}
	return nil
}

// takeInfo takes note of what the bridge says of its port.
func (d *Inspected) takeInfo(kind uint16, value []byte) error {
	switch kind {
	case unix.IFLA_INFO_SLAVE_KIND:
		d.Port = cString(value) == KindBridge
	case unix.IFLA_INFO_SLAVE_DATA:
		if d.Port { // the kind comes first
			return each(value, d.takePort)
		}
	}
	return nil
}

// takePort takes note of one flag of a port.
func (d *Inspected) takePort(kind uint16, value []byte) error {
	on := len(value) > 0 && value[0] != 0
	switch kind {
	case unix.IFLA_BRPORT_LOCKED:
		d.Locked = on
	case unix.IFLA_BRPORT_LEARNING:
		d.Learning = on
	case unix.IFLA_BRPORT_UNICAST_FLOOD:
		d.UnicastFlood = on
	case unix.IFLA_BRPORT_ISOLATED:
		d.Isolated = on
	case unix.IFLA_BRPORT_GUARD:
		d.Guard = on
	case unix.IFLA_BRPORT_PROTECT:
		d.RootBlock = on
	}
	return nil
}

// QuietsIPv6 reports whether IPv6 is off on an interface, as QuietIPv6 leaves it; also where the kernel has no IPv6.
func QuietsIPv6(name string) bool {
	if !named(name) {
		return false
	}
	fd, err := unix.Open(ipv6Folder+"/"+name+"/disable_ipv6", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return present(ipv6Folder) == unix.ENOENT
	}
	defer func() { _ = unix.Close(fd) }()
	var value [1]byte
	n, err := unix.Read(fd, value[:])
	return err == nil && n == 1 && value[0] == '1'
}
