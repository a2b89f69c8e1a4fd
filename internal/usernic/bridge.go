package usernic

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/ovs"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// bridge is the bridge of a request.
type bridge struct {
	plan.Link
	found rtnl.Device        // as the kernel described it
	of    privilege.Standing // the caller's, for whom Open vSwitch is called
}

// dial opens the kernel's socket.
func (g *gatherer) dial() (err error) {
	if g.conn == nil {
		if g.conn, err = rtnl.Dial(); err != nil {
			return failed(whynot.OpenNetlink, err)
		}
	}
	return nil
}

// lookUp asks the kernel for the device that a bridge's name leads to; one without a name is none.
func (g *gatherer) lookUp(name string) (*plan.Device, error) {
	if err := g.dial(); err != nil {
		return nil, err
	}
	d, err := g.conn.Device(name)
	if errors.Is(err, unix.ENODEV) {
		return &plan.Device{}, nil
	}
	if err != nil {
		return nil, failedWith(whynot.LookUpBridge, name, err)
	}
	g.found = d
	device := Described(d)
	return &device, nil
}

// Described is what counts of what the kernel says of a bridge.
func Described(d rtnl.Device) plan.Device {
	return plan.Device{
		Name: d.Name, Kind: d.Kind, Index: d.Index, MTU: d.MTU, KnowsVLANs: d.Bridge.KnowsVLANs, Filters: d.Bridge.Filters,
		STP: d.Bridge.STP, Address: d.Address,
	}
}

// askOVS asks Open vSwitch whether a device is its bridge.
func askOVS(of privilege.Standing, name string) (*bool, error) {
	is, err := ovs.IsBridge(of, name)
	if err != nil {
		return nil, failedWith(whynot.AskOVS, name, err)
	}
	return &is, nil
}

// findBridge looks up a bridge of which nothing is asked but what it is.
func (g *gatherer) findBridge(name string) (bridge, error) {
	if name == ifname.None {
		return bridge{of: g.standing}, nil
	}
	device, err := g.lookUp(name)
	if err != nil {
		return bridge{}, err
	}
	link, next, refused := plan.Connect(name, *device, nil)
	if next == plan.OVS {
		is, err := askOVS(g.standing, name)
		if err != nil {
			return bridge{}, err
		}
		link, _, refused = plan.Connect(name, *device, is)
	}
	if refused != nil {
		return bridge{}, refused
	}
	return bridge{link, g.found, g.standing}, nil
}
