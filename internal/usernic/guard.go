package usernic

import (
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/usernic/mark"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// guarded is what the filter of an interface with a hardware address and its own IPv4 address is for, on a bridge with the addresses that it has now.
func (t terms) guarded(conn *rtnl.Conn, b bridge, mac netquota.MAC, own netip.Addr) (guard.Nic, error) {
	var of rtnl.Addresses
	if t.Compares(b.Link) {
		var err error
		if of, err = conn.Addresses(b.Device.Index); err != nil {
			return guard.Nic{}, failedWith(whynot.LookUpBridge, b.Device.Name, err)
		}
	}
	return t.Guard(b.Link, mac, own, plan.Claims(of))
}

// guard puts the filter on the host's end, which is still down. Where the kernel has none, bpdu_guard that nobody asked
// for is as it was before there were filters: an interface has what is built in and can be had.
func (n *nic) guard(host rtnl.Device) error {
	wanted, err := n.terms.guarded(n.kernel.conn, n.kernel.bridge, n.mac, n.address())
	if err != nil || !wanted.Needed() {
		return err
	}
	err = n.kernel.conn.Guard(host.Index, programOf(wanted.Filter()))
	var missing *rtnl.MissingError
	if errors.As(err, &missing) {
		return n.terms.unguarded(missing)
	}
	if err != nil {
		return failed(whynot.Guard, err)
	}
	return nil
}

// unguarded refuses an interface whose filter was asked for and cannot be had.
func (t terms) unguarded(missing *rtnl.MissingError) error {
	why := plan.NoFilter
	if missing.Discipline {
		why = plan.NoClsact
	}
	if key := t.FilteredBy(); key != "" {
		return t.Lacks(key, why)
	}
	return nil
}

// programOf is a filter as the kernel takes it.
func programOf(f guard.Filter) []unix.SockFilter {
	var program []unix.SockFilter
	for _, i := range f {
		program = append(program, unix.SockFilter{Code: i.Op, Jt: i.JT, Jf: i.JF, K: i.K})
	}
	return program
}

// pin puts the container's address into the bridge's table, and looks whether it is there for good.
func (n *nic) pin(host rtnl.Device) error {
	conn, bridge := n.kernel.conn, n.kernel.bridge.Device
	if err := conn.AddStatic(host.Index, n.mac, n.terms.VLAN); err != nil {
		return failedWith(whynot.ProtectBridge, bridge.Name, err)
	}
	e, found, err := conn.Entry(bridge.Index, n.mac, n.terms.VLAN)
	switch {
	case err != nil:
		return failedWith(whynot.ProtectBridge, bridge.Name, err)
	case !found || e.Port != host.Index || !e.Static || !e.Sticky:
		return n.terms.Lacks(n.terms.PinnedBy(), plan.NotSticky)
	}
	return nil
}

// keepAddress gives a bridge the address back that it had before this port, its first, came: as long as nobody has set one,
// a bridge has the lowest address of its ports, and the containers that know it by another would lose it. Now it is set. One
// that has lost its ports has none, or that of a host's end: there is nothing to keep.
func (n *nic) keepAddress(host rtnl.Device) error {
	before := n.kernel.bridge.found
	if host.Port.Number != firstPort || before.Address[0] == mark.OfHost || before.Address == (netquota.MAC{}) {
		return nil
	}
	now, err := n.kernel.conn.DeviceIn(rtnl.NoNamespace, before.Index)
	if err == nil && now.Address != before.Address && now.Address[0] == mark.OfHost {
		err = n.kernel.conn.SetAddress(before.Index, before.Address)
	}
	if err != nil {
		return failedWith(whynot.ProtectBridge, before.Name, err)
	}
	return nil
}

// firstPort is the number of a bridge's first port.
const firstPort = 1
