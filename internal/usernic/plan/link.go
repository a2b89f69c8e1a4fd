package plan

import (
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/verdict"
)

// Device is what the kernel says of the interface that a bridge's name leads to.
type Device struct {
	Name       string // "" if there is none
	Kind       string // as the kernel has it, "" for hardware
	Index, MTU int
	KnowsVLANs bool // the kernel was built with VLANs for bridges
	Filters    bool // the bridge filters VLANs
	STP        bool // the kernel speaks the spanning tree protocol on it
	Address    [6]byte
}

// Kinds of devices that may be bridges. The userspace datapath of Open vSwitch shows its bridges as tap devices.
const (
	kindLinux = "bridge"
	kindOVS   = "openvswitch"
	kindTun   = "tun"
)

// IsTun reports whether a device is one of tun or tap.
func (d Device) IsTun() bool { return d.Kind == kindTun }

// MayBeBridge reports whether interfaces can be connected to devices of its kind, if Open vSwitch calls it its own.
func (d Device) MayBeBridge() bool {
	return d.Kind == kindLinux || d.Kind == kindOVS || d.Kind == kindTun
}

// Kind is what an interface is connected to.
type Kind int

// The kinds.
const (
	None Kind = iota
	Linux
	OpenVSwitch
)

// Link is the bridge of an interface, or none.
type Link struct {
	Kind   Kind
	Device Device // zero for None
}

// defaultMTU is the kernel's for veth, ETH_DATA_LEN.
const defaultMTU = 1500

// MTU is what both ends get: the bridge's, since a bridge lowers its own to that of its ports (lxc#1602).
func (l Link) MTU() int {
	if l.Kind == None {
		return defaultMTU
	}
	return l.Device.MTU
}

// Master is the index of the bridge for the kernel, 0 where the kernel is not the one that connects.
func (l Link) Master() int {
	if l.Kind == Linux {
		return l.Device.Index
	}
	return 0
}

// link decides what the interface is connected to.
func (f Facts) link() (Link, Need, verdict.Reason) {
	if f.Place.Bridge == ifname.None {
		return Link{}, Nothing, nil
	}
	if f.Device == nil {
		return Link{}, Bridge, nil
	}
	return Connect(f.Place.Bridge, *f.Device, f.IsOVS)
}

// Connect decides what a bridge's name leads to. Its device must exist, and the device's kind decides: that there is no Linux
// bridge of a name does not make it one of Open vSwitch (lxc#2856). An alternative name of a device (Linux 5.5) does not name
// a bridge: the kernel finds the device by it, but what is granted, counted and protected goes by the name.
func Connect(name string, d Device, isOVS *bool) (Link, Need, verdict.Reason) {
	switch {
	case d.Name == "":
		return Link{}, Nothing, &NoSuchBridge{name}
	case d.Name != name:
		return Link{}, Nothing, &BridgeAlias{name, d.Name}
	case d.Kind == kindLinux:
		return Link{Linux, d}, Nothing, nil
	case d.MayBeBridge() && isOVS == nil:
		return Link{}, OVS, nil
	case d.MayBeBridge() && *isOVS:
		return Link{OpenVSwitch, d}, Nothing, nil
	}
	return Link{}, Nothing, &NotABridge{d}
}
