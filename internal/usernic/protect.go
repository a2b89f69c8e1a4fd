package usernic

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/ovs"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// terms are what the administrator's policy says about an interface, as the kernel and Open vSwitch are told.
type terms struct{ plan.Terms }

// plug makes the host's end what the policy says on its bridge. A bridge of Linux has had it since the pair was made, and
// is protected from it; Open vSwitch gets it now, with its settings in the same transaction.
func (n *nic) plug(host rtnl.Device) error {
	bridge := n.request.place.Bridge
	switch n.kernel.bridge.Kind {
	case plan.Linux:
		return n.protect(host)
	case plan.OpenVSwitch:
		name, err := n.kernel.conn.NameOf(host.Index)
		if err == nil {
			err = ovs.AddPort(n.kernel.bridge.of, bridge, name, n.uid, n.terms.portSettings()...)
		}
		if err != nil {
			return failedWith(whynot.AddToOVS, bridge, err)
		}
	case plan.None:
	}
	return nil
}

// portSettings are the columns of Open vSwitch's table Port that do what the policy says.
func (t terms) portSettings() []string {
	var settings []string
	if t.BPDUGuard {
		settings = append(settings, "other-config:stp-enable=false", "other-config:rstp-enable=false")
	}
	if t.Isolated {
		settings = append(settings, "protected=true")
	}
	if t.VLAN != 0 {
		settings = append(settings, "tag="+strconv.FormatUint(uint64(t.VLAN), 10))
	}
	return settings
}

// protect sets up the port of a bridge of Linux: its flags in one message, its VLAN, its address in the bridge's table.
func (n *nic) protect(host rtnl.Device) error {
	conn := n.kernel.conn
	if err := conn.Protect(host.Index, rtnl.Flags(n.terms.Flags())); err != nil {
		return failedWith(whynot.ProtectBridge, n.request.place.Bridge, err)
	}
	port, err := n.verify(host)
	if err != nil {
		return err
	}
	if err := n.keepAddress(port); err != nil {
		return err
	}
	if n.terms.VLAN != 0 {
		if err := conn.OnlyVLAN(host.Index, n.kernel.bridge.found.Bridge, n.terms.VLAN); err != nil {
			return failedWith(whynot.ProtectBridge, n.request.place.Bridge, err)
		}
	}
	if n.terms.Pinned() {
		return n.pin(host)
	}
	return nil
}

// verify looks at the port: a kernel that does not know a flag says nothing when it is set.
func (n *nic) verify(host rtnl.Device) (rtnl.Device, error) {
	port, err := n.kernel.conn.DeviceIn(rtnl.NoNamespace, host.Index)
	if err != nil {
		return port, failedWith(whynot.LookUp, host.Name, err)
	}
	return port, n.terms.InForce(plan.Flags(port.Port.Flags))
}

// slow limits the rate to the container.
func (n *nic) slow(host rtnl.Device) error {
	if n.terms.RateToContainer == 0 {
		return nil
	}
	err := n.kernel.conn.Limit(host.Index, n.terms.RateToContainer, n.kernel.bridge.MTU())
	switch {
	case errors.Is(err, unix.ENOENT):
		return n.terms.Lacks(nics.RateToContainer, plan.NoTokenBucket)
	case err != nil:
		return failed(whynot.LimitRate, err)
	}
	return nil
}
