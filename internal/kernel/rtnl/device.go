package rtnl

import (
	"encoding/binary"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/ifname"
)

// Kinds of interfaces, as IFLA_INFO_KIND has them.
const (
	KindBridge      = "bridge"
	KindVeth        = ifname.Veth
	KindOpenVSwitch = "openvswitch"
	KindTun         = "tun" // what a bridge of Open vSwitch's userspace datapath is
)

// Device describes an interface.
type Device struct {
	Name     string
	Index    int
	Kind     string // "" for hardware
	MTU      int
	Master   int     // index of the bridge that it is a port of, or 0
	Peer     int     // index of the other end of a pair, in its namespace
	PeerNSID int     // id of that namespace as this one sees it; -1: this one
	PeerGone bool    // that namespace is being destroyed, and the device with it
	Address  [6]byte // zero for one that is no EUI-48
	AltNames []string
	Port     Port // of a bridge of Linux
	Bridge   Bridge
}

// NoNamespace is the PeerNSID of a device whose peer is in the same namespace.
const NoNamespace = -1

// Device describes the interface called name, or with that alternative name, in this namespace. Errors: unix.ENODEV if
// there is none.
func (c *Conn) Device(name string) (Device, error) { return c.DeviceCalled(NoNamespace, name) }

// Leaving reports whether a device of this namespace that is one end of a pair is about to go: the namespace of its peer
// has lost its last process and descriptor, and waits for the kernel to clean it up. The peer itself is not looked at: its
// namespace is a user's, who makes it as odd as can be.
func (c *Conn) Leaving(device Device) (bool, error) {
	switch {
	case device.PeerGone:
		return true, nil
	case device.Kind != KindVeth, device.PeerNSID == NoNamespace:
		return false, nil
	}
	return c.Gone(device.PeerNSID)
}

// DeviceIn describes the interface with an index in the namespace that this one knows by an id, NoNamespace for this one.
// Errors: unix.ENODEV if there is none; unix.EINVAL if there is no such namespace.
func (c *Conn) DeviceIn(nsid, index int) (Device, error) {
	return c.deviceIn(nsid, header(unix.AF_UNSPEC, index))
}

// DeviceCalled is DeviceIn for the interface called name.
func (c *Conn) DeviceCalled(nsid int, name string) (Device, error) {
	if len(name) > ifname.Longest || name == "" {
		return Device{}, unix.ENODEV
	}
	return c.deviceIn(nsid, header(unix.AF_UNSPEC, 0), called(name))
}

func (c *Conn) deviceIn(nsid int, parts ...nl.NetlinkRequestData) (Device, error) {
	parts = append(parts, short())
	if nsid != NoNamespace {
		parts = append(parts, number(unix.IFLA_TARGET_NETNSID, uint32(nsid)))
	}
	reply, err := c.ask(unix.RTM_GETLINK, unix.RTM_NEWLINK, parts...)
	if err != nil {
		return Device{}, err
	}
	return parseDevice(reply)
}

// skipStatistics is RTEXT_FILTER_SKIP_STATS of linux/rtnetlink.h, which x/sys does not have.
const skipStatistics = 1 << 3

// short asks the kernel to leave the statistics out.
func short() *nl.RtAttr { return number(unix.IFLA_EXT_MASK, skipStatistics) }

// parseDevice understands an RTM_NEWLINK message.
func parseDevice(message []byte) (Device, error) {
	if len(message) < unix.SizeofIfInfomsg {
		return Device{}, unix.EBADMSG
	}
	d := Device{Index: int(int32(binary.NativeEndian.Uint32(message[4:8]))), PeerNSID: NoNamespace, Port: newPort()}
	if err := each(message[unix.SizeofIfInfomsg:], d.take); err != nil {
		return Device{}, err
	}
	return d, nil
}

// take takes note of one attribute.
func (d *Device) take(kind uint16, value []byte) error {
	var err error
	switch kind {
	case unix.IFLA_IFNAME:
		d.Name = cString(value)
	case unix.IFLA_ADDRESS:
		if len(value) == len(d.Address) {
			d.Address = [6]byte(value)
		}
	case unix.IFLA_MTU:
		d.MTU, err = integer(value)
	case unix.IFLA_MASTER:
		d.Master, err = integer(value)
	case unix.IFLA_LINK:
		d.Peer, err = integer(value)
	case unix.IFLA_LINK_NETNSID:
		d.PeerNSID, err = integer(value)
		d.PeerGone = d.PeerNSID == NoNamespace // the kernel says nothing of a peer in this namespace
	case unix.IFLA_LINKINFO:
		err = each(value, d.takeInfo)
	case unix.IFLA_PROP_LIST:
		err = each(value, func(kind uint16, value []byte) error {
			if kind == unix.IFLA_ALT_IFNAME {
				d.AltNames = append(d.AltNames, cString(value))
			}
			return nil
		})
	}
	return err
}

// takeInfo takes note of what is special to the kind of a device, and to the kind of its master.
func (d *Device) takeInfo(kind uint16, value []byte) error {
	switch kind {
	case unix.IFLA_INFO_KIND:
		d.Kind = cString(value)
	case unix.IFLA_INFO_DATA:
		if d.Kind == KindBridge {
			return each(value, d.Bridge.take)
		}
	case unix.IFLA_INFO_SLAVE_DATA:
		return each(value, d.Port.take)
	}
	return nil
}
