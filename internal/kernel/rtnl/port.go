package rtnl

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Port is a port of a bridge of Linux: IFLA_BRPORT_* of linux/if_link.h.
type Port struct {
	Number   uint16 // 1 to 1023: the kernel gives a new port the lowest that is free
	Disabled bool   // no frame comes or goes: the link or the bridge is down, or bpdu_guard shut the port
	Flags    Flags
}

// Flags are the settings of a port that protect others from it.
type Flags struct {
	Locked       bool // frames from an address that the table has not behind this port are dropped (Linux 5.18)
	Isolated     bool // no frames to and from other isolated ports (Linux 4.18)
	Learning     bool // addresses of frames that come in go into the table
	UnicastFlood bool // frames for addresses that the table does not have go out here
	BPDUGuard    bool // a BPDU that comes in shuts the port
	RootBlock    bool // what is behind the port cannot become the root of the spanning tree
}

// newPort is a port of a kernel that says nothing of its flags: none of those that it does not know, and the two that
// ports had before they could be switched.
func newPort() Port { return Port{Flags: Flags{Learning: true, UnicastFlood: true}} }

// take takes note of one attribute.
func (p *Port) take(kind uint16, value []byte) error {
	switch kind {
	case unix.IFLA_BRPORT_NO:
		var err error
		p.Number, err = integer16(value)
		return err
	case unix.IFLA_BRPORT_STATE: // BR_STATE_DISABLED is 0
		state, err := boolean(value)
		p.Disabled = !state
		return err
	}
	flag := p.Flags.of(kind)
	if flag == nil {
		return nil
	}
	on, err := boolean(value)
	*flag = on
	return err
}

// of returns the flag that an attribute is about, nil if it is about none.
func (f *Flags) of(kind uint16) *bool {
	switch kind {
	case unix.IFLA_BRPORT_LOCKED:
		return &f.Locked
	case unix.IFLA_BRPORT_ISOLATED:
		return &f.Isolated
	case unix.IFLA_BRPORT_LEARNING:
		return &f.Learning
	case unix.IFLA_BRPORT_UNICAST_FLOOD:
		return &f.UnicastFlood
	case unix.IFLA_BRPORT_GUARD:
		return &f.BPDUGuard
	case unix.IFLA_BRPORT_PROTECT:
		return &f.RootBlock
	}
	return nil
}

// kinds are the attributes that flags have.
func kinds() []uint16 {
	return []uint16{
		unix.IFLA_BRPORT_LOCKED, unix.IFLA_BRPORT_ISOLATED, unix.IFLA_BRPORT_LEARNING, unix.IFLA_BRPORT_UNICAST_FLOOD,
		unix.IFLA_BRPORT_GUARD, unix.IFLA_BRPORT_PROTECT,
	}
}

// Protect gives a port its flags, all in one message. A kernel ignores those that it does not know: whoever needs one
// looks at the port afterwards.
func (c *Conn) Protect(index int, flags Flags) error {
	return c.change(unix.RTM_SETLINK, 0, header(unix.AF_BRIDGE, index), flags.attribute())
}

func (f Flags) attribute() *nl.RtAttr {
	info := nl.NewRtAttr(unix.IFLA_PROTINFO|unix.NLA_F_NESTED, nil)
	for _, kind := range kinds() {
		value := uint8(0)
		if *f.of(kind) {
			value = 1
		}
		info.AddRtAttr(int(kind), nl.Uint8Attr(value))
	}
	return info
}
