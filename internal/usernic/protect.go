package usernic

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/ovs"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/ifname"
)

// keepsFree refuses a port among those that are to stay free. The kernel gives a new port the lowest number that is free,
// under its own lock: that this one is high says that all below are taken. No count could be as exact.
func (n *nic) keepsFree(host rtnl.Device) error {
	kept := n.terms.limits.FreePorts
	if n.kernel.bridge.kind != linuxBridge || !kept.Set || uint64(host.Port.Number)+kept.Most <= ifname.BridgePorts {
		return nil
	}
	return refuse("The bridge "+quoted(n.request.place.Bridge)+" has no port left for users",
		strconv.FormatUint(kept.Most, 10)+" of its "+strconv.Itoa(ifname.BridgePorts)+" ports are kept free ("+at(n.terms.policy.LineOf(kept))+", free_ports)")
}

// plug makes the host's end what the policy says on its bridge. A bridge of Linux has had it since the pair was made, and
// is protected from it; Open vSwitch gets it now, with its settings in the same transaction.
func (n *nic) plug(host rtnl.Device) error {
	bridge := n.request.place.Bridge
	switch n.kernel.bridge.kind {
	case linuxBridge:
		return n.protect(host)
	case openVSwitch:
		name, err := n.kernel.conn.NameOf(host.Index)
		if err == nil {
			err = ovs.AddPort(n.kernel.bridge.of, bridge, name, n.uid, n.terms.portSettings()...)
		}
		if err != nil {
			return ovsFailed("Failed to add the interface to the Open vSwitch bridge "+quoted(bridge), err)
		}
	case noBridge:
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
	headline := "Failed to protect the bridge " + quoted(n.request.place.Bridge)
	conn := n.kernel.conn
	if err := conn.Protect(host.Index, n.terms.flags()); err != nil {
		return failed(headline, err)
	}
	if err := n.verify(host); err != nil {
		return err
	}
	if n.terms.VLAN != 0 {
		if err := conn.OnlyVLAN(host.Index, n.kernel.bridge.device.Bridge, n.terms.VLAN); err != nil {
			return failed(headline, err)
		}
	}
	if n.terms.static() {
		if err := conn.AddStatic(host.Index, n.mac, n.terms.VLAN); err != nil {
			return failed(headline, err)
		}
	}
	return nil
}

// flags are the settings of the port. A locked port learns nothing: its one address is in the table.
func (t terms) flags() rtnl.Flags {
	return rtnl.Flags{
		Locked: t.MACLock, Isolated: t.Isolated, Learning: !t.MACLock, UnicastFlood: t.UnicastFlood && !t.MACLock,
		BPDUGuard: t.BPDUGuard, RootBlock: t.BPDUGuard,
	}
}

// static reports whether the address has to be in the bridge's table before the first frame.
func (t terms) static() bool { return t.MACLock || !t.UnicastFlood }

// verify looks at the port: a kernel that does not know a flag says nothing when it is set.
func (n *nic) verify(host rtnl.Device) error {
	port, err := n.kernel.conn.DeviceIn(rtnl.NoNamespace, host.Index)
	if err != nil {
		return failed("Failed to look up the interface "+host.Name, err)
	}
	return n.terms.inForce(port.Port.Flags)
}

// inForce refuses a port that is not as it was asked for.
func (t terms) inForce(got rtnl.Flags) error {
	want := t.flags()
	switch {
	case want.Locked != got.Locked:
		return t.lacks(nics.MACLock, "this kernel cannot lock a port of a bridge (since Linux 5.18)")
	case want.Isolated != got.Isolated:
		return t.lacks(nics.Isolated, "this kernel cannot isolate a port of a bridge (since Linux 4.18)")
	case want.Learning != got.Learning:
		return t.lacks(nics.MACLock, "this kernel cannot keep a port from learning addresses")
	case want.UnicastFlood != got.UnicastFlood:
		return t.lacks(nics.UnicastFlood, "this kernel cannot keep a port from being flooded")
	case want != got:
		return t.lacks(nics.BPDUGuard, "this kernel has no BPDU guard or root block")
	}
	return nil
}

// slow limits the rate to the container.
func (n *nic) slow(host rtnl.Device) error {
	if n.terms.RateToContainer == 0 {
		return nil
	}
	err := n.kernel.conn.Limit(host.Index, n.terms.RateToContainer, n.kernel.bridge.mtu())
	switch {
	case errors.Is(err, unix.ENOENT):
		return n.terms.lacks(nics.RateToContainer, "this kernel has no token bucket filter (CONFIG_NET_SCH_TBF)")
	case err != nil:
		return failed("Failed to limit the rate of the interface", err)
	}
	return nil
}
