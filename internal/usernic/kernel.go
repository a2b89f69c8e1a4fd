package usernic

import (
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/ovs"
	"userns-helpers/internal/rtnl"
)

// kernel is netquota.Links: the interfaces that there are, and how to be rid of one.
type kernel struct {
	conn   *rtnl.Conn
	bridge bridge // of the request
}

// Exists reports whether an interface lives.
func (k kernel) Exists(name string) (bool, error) { return rtnl.Exists(name) }

// Names are the names of all interfaces.
func (k kernel) Names() ([]string, error) { return rtnl.Names() }

// On reports whether an interface is at the place of the request. For a bridge of Linux its master says so. Elsewhere
// there is no master to ask (or Open vSwitch's own), and the altname decides; without one it counts.
func (k kernel) On(name string, place netquota.Place) (bool, error) {
	device, err := k.conn.Device(name)
	if errors.Is(err, unix.ENODEV) {
		return false, nil
	}
	if err != nil || device.Kind != rtnl.KindVeth {
		return false, err
	}
	if k.bridge.kind == linuxBridge {
		return device.Master == k.bridge.device.Index, nil
	}
	if device.Master != 0 {
		master, err := k.conn.DeviceIn(rtnl.NoNamespace, device.Master)
		if err != nil || master.Kind != rtnl.KindOpenVSwitch {
			return false, err
		}
	}
	for _, alt := range device.AltNames {
		if strings.HasPrefix(alt, altPrefix) {
			return strings.HasSuffix(alt, altEnd(place.Bridge, name)), nil
		}
	}
	return true, nil
}

// Leaving reports whether an interface is about to go with its container.
func (k kernel) Leaving(name string) (bool, error) { return k.conn.Leaving(name) }

// Remove deletes an interface and its port. Neither has to be there.
func (k kernel) Remove(name string, place netquota.Place) error {
	var port error
	if k.bridge.kind == openVSwitch {
		port = ovs.DeletePort(k.bridge.of, place.Bridge, name)
	}
	alive, err := rtnl.Exists(name)
	if alive {
		err = k.conn.Delete(name)
	}
	return errors.Join(err, port)
}
