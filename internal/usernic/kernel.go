package usernic

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/ovs"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/mark"
	"userns-helpers/internal/usernic/plan"
)

// kernel is netquota.Links: the interfaces that exist, and how to remove one. Most of them are other people's: that one
// of them is odd, or vanishes between two questions, ends nobody's call.
type kernel struct {
	conn   *rtnl.Conn
	bridge bridge // of the request
}

// Exists reports whether an interface of that name lives.
func (k kernel) Exists(name string) (bool, error) { return rtnl.Exists(name) }

// Names are the names of the interfaces that begin with prefix.
func (k kernel) Names(prefix string) ([]string, error) { return rtnl.Names(prefix) }

// NamesAt are the names of the ports of the request's bridge that begin with prefix. Only a bridge of Linux tells its ports
// sooner than the kernel tells all names; one that does not tell them, or has got another name since, is not relied on.
func (k kernel) NamesAt(_ netquota.Place, prefix string) ([]string, error) {
	if bridge := k.bridge.Device; k.bridge.Kind == plan.Linux {
		names, err := k.conn.Ports(bridge.Name, prefix)
		if now, unsure := k.conn.NameOf(bridge.Index); err == nil && unsure == nil && now == bridge.Name {
			return names, nil
		}
	}
	return rtnl.Names(prefix)
}

// NameOf is the present name of an interface.
func (k kernel) NameOf(index int) (string, error) { return k.conn.NameOf(index) }

// On reports whether an interface is at the place of the request. For a bridge of Linux its master says so. Elsewhere
// there is no master to ask (or Open vSwitch's own), and the altname decides; without one it counts. So does one of which
// the kernel says nothing that can be understood.
func (k kernel) On(name string, place netquota.Place) (netquota.Nic, bool) {
	device, err := k.conn.Device(name)
	switch {
	case errors.Is(err, unix.ENODEV):
		return netquota.Nic{}, false
	case err != nil:
		return netquota.Nic{Name: name, Namespace: netquota.NoNamespace}, true
	case device.Kind != rtnl.KindVeth:
		return netquota.Nic{}, false
	}
	return nicOf(name, device), k.isOn(device, place)
}

func (k kernel) isOn(device rtnl.Device, place netquota.Place) bool {
	if k.bridge.Kind == plan.Linux {
		return device.Master == k.bridge.Device.Index
	}
	if device.Master != 0 {
		master, err := k.conn.DeviceIn(rtnl.NoNamespace, device.Master)
		if err == nil && master.Kind != rtnl.KindOpenVSwitch {
			return false
		}
	}
	alt, named := marked(device)
	return !named || mark.EndsOn(alt, place.Bridge)
}

// Describe describes an interface by its name.
func (k kernel) Describe(name string) netquota.Nic {
	device, err := k.conn.Device(name)
	if err != nil {
		return netquota.Nic{Name: name, Namespace: netquota.NoNamespace}
	}
	return nicOf(name, device)
}

// nicOf is what can be known of an interface that was not made by this process.
func nicOf(name string, device rtnl.Device) netquota.Nic {
	nic := netquota.Nic{Name: name, Index: device.Index, Namespace: device.PeerNSID, Peer: device.Peer}
	if device.Address[0] == mark.OfHost {
		nic.MAC = mark.Container(device.Address)
	}
	return nic
}

// Leaving reports whether an interface is about to go with its container, or is gone.
func (k kernel) Leaving(nic netquota.Nic) bool {
	device, err := k.look(nic)
	if err != nil {
		return errors.Is(err, unix.ENODEV) && !k.Survives(nic)
	}
	leaving, err := k.conn.Leaving(device)
	return leaving && err == nil
}

// look describes what has the index of an interface, or its name where that is not known.
func (k kernel) look(nic netquota.Nic) (rtnl.Device, error) {
	if nic.Index == 0 {
		return k.conn.Device(nic.Name)
	}
	return k.conn.DeviceIn(rtnl.NoNamespace, nic.Index)
}

// errElsewhere says that an interface was moved to another network namespace, by root.
var errElsewhere = errors.New("it is in another network namespace")

// Remove deletes an interface and its port. Neither has to be there.
func (k kernel) Remove(nic netquota.Nic, place netquota.Place) error {
	device, found, err := k.find(nic)
	// Root has not moved what was being made at the moment when its process died: only its user would say so.
	if err == nil && !found && nic.Peer != 0 && k.isElsewhere(nic) {
		err = errElsewhere
	}
	if found {
		err = errors.Join(k.conn.Delete(device.Index), k.removePort(device.Name, nic.Name, place))
	}
	return errors.Join(err, k.RemovePort(nic, place))
}

// RemovePort deletes a port.
func (k kernel) RemovePort(nic netquota.Nic, place netquota.Place) error {
	return k.removePort(nic.Name, "", place)
}

// removePort deletes the port of a name, unless it is the same as another.
func (k kernel) removePort(name, other string, place netquota.Place) error {
	if k.bridge.Kind != plan.OpenVSwitch || name == other {
		return nil
	}
	return ovs.DeletePort(k.bridge.of, place.Bridge, name)
}
