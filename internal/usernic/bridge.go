package usernic

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/ovs"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// bridgeKind is what an interface is connected to.
type bridgeKind int

const (
	noBridge bridgeKind = iota
	linuxBridge
	openVSwitch
)

// bridge is the bridge of a request.
type bridge struct {
	kind   bridgeKind
	device rtnl.Device        // zero for noBridge
	of     privilege.Standing // the caller's, for whom Open vSwitch is called
}

// defaultMTU is the kernel's for veth, ETH_DATA_LEN.
const defaultMTU = 1500

// mtu is what both ends get: the bridge's, since a bridge lowers its own to that of its ports (lxc#1602).
func (b bridge) mtu() int {
	if b.kind == noBridge {
		return defaultMTU
	}
	return b.device.MTU
}

// master is the index of the bridge for the kernel, 0 where the kernel is not the one that connects.
func (b bridge) master() int {
	if b.kind == linuxBridge {
		return b.device.Index
	}
	return 0
}

// findBridge looks a bridge up. Its device must exist, and its kind decides: that there is no Linux bridge of a name does
// not make it one of Open vSwitch (lxc#2856). An alternative name of a device (Linux 5.5) is none of a bridge: the kernel
// finds the device by it, but what is granted, counted and protected goes by the name.
func findBridge(conn *rtnl.Conn, of privilege.Standing, name string) (bridge, error) {
	if name == ifname.None {
		return bridge{of: of}, nil
	}
	device, err := conn.Device(name)
	switch {
	case errors.Is(err, unix.ENODEV):
		return bridge{}, refuse("No such bridge "+quoted(name),
			"there is no interface of that name on this host: create the bridge, or name another one in the container's configuration")
	case err != nil:
		return bridge{}, &verdict.Failure{Headline: "Failed to look up the bridge " + quoted(name), Advice: err.Error(), Err: err}
	case device.Name != name:
		return bridge{}, refuse("No such bridge "+quoted(name), "it is an alternative name of "+quoted(device.Name)+
			": grants, quotas and the policy are about that name, so use it in the container's configuration and in "+paths.Usernet())
	}
	return classify(device, of)
}

// classify says what a device is good for. The userspace datapath of Open vSwitch shows its bridges as tap devices.
func classify(device rtnl.Device, of privilege.Standing) (bridge, error) {
	switch device.Kind {
	case rtnl.KindBridge:
		return bridge{linuxBridge, device, of}, nil
	case rtnl.KindOpenVSwitch, rtnl.KindTun:
		is, err := ovs.IsBridge(of, device.Name)
		if err != nil {
			return bridge{}, ovsFailed("Failed to ask Open vSwitch for the bridge "+quoted(device.Name), err)
		}
		if is {
			return bridge{openVSwitch, device, of}, nil
		}
	}
	return bridge{}, refuse(quoted(device.Name)+" is not a bridge", "it is an interface of kind "+kindOf(device)+
		": only Linux bridges, Open vSwitch bridges and \"none\" can be used")
}

// kindOf is the kind of a device in words.
func kindOf(device rtnl.Device) string {
	switch device.Kind {
	case "":
		return "hardware"
	case rtnl.KindTun:
		return "tun or tap, and not one of Open vSwitch's"
	}
	return device.Kind
}

// ovsFailed is a failure of Open vSwitch, with what to do about it.
func ovsFailed(headline string, err error) error {
	advice := err.Error()
	var ended *ovs.Error
	switch {
	case errors.Is(err, unix.ENOENT):
		advice += ": Open vSwitch, to which an interface of this kind may belong, is not installed"
	case errors.Is(err, ovs.ErrTimeout):
		advice += ": is ovs-vswitchd running?"
	case errors.As(err, &ended) && ended.Err == nil:
		advice += ": are ovsdb-server and ovs-vswitchd running?"
	}
	return &verdict.Failure{Headline: headline, Advice: advice, Err: err}
}
