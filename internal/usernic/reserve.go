package usernic

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/mark"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// reserveAddress finds the container's address: the first of its candidates that nobody has.
func (n *nic) reserveAddress() error {
	identity := hostIdentity(n.kernel.bridge.of)
	for i := range candidates {
		mac, err := n.candidate(identity, i)
		if err != nil {
			return failed(whynot.ChooseAddress, err)
		}
		free, err := n.claim.Reserve(mac)
		if free && n.kernel.bridge.Kind == plan.Linux {
			free, err = n.unknown(mac)
		}
		if err != nil {
			return failed(whynot.ChooseAddress, err)
		}
		if free {
			n.mac = mac
			return nil
		}
	}
	return &whynot.NoFreeAddress{Container: n.request.container, Bridge: n.request.place.Bridge, Candidates: candidates}
}

// candidate is the ith address to try.
func (n *nic) candidate(identity string, i int) (netquota.MAC, error) {
	if n.terms.StableMAC {
		return containerMAC(n.secret, identity, n.uid, n.request.place.Bridge, n.request.container, i), nil
	}
	return randomMAC()
}

// randomMAC is an address from the kernel's generator.
func randomMAC() (netquota.MAC, error) {
	var mac netquota.MAC
	_, err := unix.Getrandom(mac[:], 0)
	mac[0] = mark.OfContainer
	return mac, err
}

// unknown reports whether the bridge has no other interface with an address of a container.
func (n *nic) unknown(mac netquota.MAC) (bool, error) {
	known, err := n.kernel.conn.HasPort(n.kernel.bridge.Device.Index, mark.Host(mac))
	if known || err != nil {
		return false, err
	}
	return n.isFree(mac)
}

// isFree reports whether the bridge's table leaves an address to this interface: not if it is there for good, as that of
// the bridge or one that an administrator or another interface has put there, and not if the bridge has learned it on the port of
// something other than a container, such as a router. A user chooses the name of a container, and with it the address.
// What was learned on a container's port may be forged, and keeps nobody from their own address; a port that has gone since
// has taken its entries along. A port that the kernel says nothing of may be anything.
func (n *nic) isFree(mac netquota.MAC) (bool, error) {
	entry, found, err := n.kernel.conn.Entry(n.kernel.bridge.Device.Index, mac, 0)
	if !found || err != nil || !entry.Learned() {
		return !found && err == nil, err
	}
	port, err := n.kernel.conn.DeviceIn(rtnl.NoNamespace, entry.Port)
	return err == nil && port.Kind == rtnl.KindVeth || errors.Is(err, unix.ENODEV), nil
}
