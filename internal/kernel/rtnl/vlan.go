package rtnl

import (
	"encoding/binary"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Bridge is what a bridge of Linux has for its ports: IFLA_BR_* of linux/if_link.h.
type Bridge struct {
	STP         bool   // the kernel speaks the spanning tree protocol on it; not so where a daemon does
	KnowsVLANs  bool   // the kernel was built with CONFIG_BRIDGE_VLAN_FILTERING
	Filters     bool   // vlan_filtering is on: ports are in the VLANs that they were put into, and in no other
	DefaultPVID uint16 // the VLAN that every new port is put into; 0 is none
}

// take takes note of one attribute.
func (b *Bridge) take(kind uint16, value []byte) error {
	var err error
	switch kind {
	case unix.IFLA_BR_STP_STATE:
		var state int
		state, err = integer(value)
		b.STP = state == kernelSTP
	case unix.IFLA_BR_VLAN_PROTOCOL: // the kernel says that filtering is off whether it could be on or not
		b.KnowsVLANs = true
	case unix.IFLA_BR_VLAN_FILTERING:
		b.Filters, err = boolean(value)
	case unix.IFLA_BR_VLAN_DEFAULT_PVID:
		b.DefaultPVID, err = integer16(value)
	}
	return err
}

// Of linux/if_bridge.h, which x/sys does not have.
const (
	kernelSTP      = 1      // BR_KERNEL_STP of net/bridge/br_private.h, as /sys/class/net/NAME/bridge/stp_state shows it
	bridgeVLANInfo = 2      // IFLA_BRIDGE_VLAN_INFO
	vlanPVID       = 1 << 1 // BRIDGE_VLAN_INFO_PVID: frames that come in without a tag are in this VLAN
	vlanUntagged   = 1 << 2 // BRIDGE_VLAN_INFO_UNTAGGED: frames of this VLAN go out without a tag
	sizeofVLANInfo = 4      // struct bridge_vlan_info
	lowestVLAN     = 1
	highestVLAN    = 4094
)

// vlanInfo is the attribute about one VLAN of a port.
func vlanInfo(flags, vlan uint16) *nl.RtAttr {
	info := make([]byte, sizeofVLANInfo)
	binary.NativeEndian.PutUint16(info[0:2], flags)
	binary.NativeEndian.PutUint16(info[2:4], vlan)
	spec := nl.NewRtAttr(unix.IFLA_AF_SPEC|unix.NLA_F_NESTED, nil)
	spec.AddRtAttr(bridgeVLANInfo, info)
	return spec
}

// OnlyVLAN puts a port into one VLAN, whose frames have no tag at the port, and out of the one that the bridge put it
// into. Errors: unix.EINVAL for a number that is not a VLAN's.
func (c *Conn) OnlyVLAN(port int, b Bridge, vlan uint16) error {
	if vlan < lowestVLAN || vlan > highestVLAN {
		return unix.EINVAL
	}
	if err := c.change(unix.RTM_SETLINK, 0, header(unix.AF_BRIDGE, port), vlanInfo(vlanPVID|vlanUntagged, vlan)); err != nil {
		return err
	}
	if b.DefaultPVID == 0 || b.DefaultPVID == vlan {
		return nil
	}
	return c.change(unix.RTM_DELLINK, 0, header(unix.AF_BRIDGE, port), vlanInfo(0, b.DefaultPVID))
}
