package apply

import (
	"errors"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernsctl/drift"
)

// hands change interfaces. Each is meant by its index: as long as the network namespace exists, the kernel gives that to no
// other, unless root asks for it.
type hands struct {
	conn   *rtnl.Conn
	handle *netlink.Handle
}

// attempts is how often an interface may be renamed while its settings are written.
const attempts = 8

// quiet sets what the host speaks on its end. The kernel knows these settings by the name alone.
func (h *hands) quiet(n drift.NIC) error {
	for range attempts {
		name, err := h.conn.NameOf(n.Is.Index)
		if name == "" {
			return errors.Join(err, unix.ENODEV)
		}
		err = rtnl.QuietIPv6(name, n.Terms.IPv6OnHost, n.Link.Kind == plan.Linux)
		if now, _ := h.conn.NameOf(n.Is.Index); now == name {
			return err
		}
	}
	return unix.EAGAIN
}

// flags sets the flags of the port.
func (h *hands) flags(n drift.NIC) error { return h.conn.Protect(n.Is.Index, rtnl.Flags(n.Want.Flags)) }

// pin puts the address into the bridge's table, at the port, for good.
func (h *hands) pin(n drift.NIC) error { return h.conn.AddStatic(n.Is.Index, n.Is.MAC, n.Terms.VLAN) }

// forget lets the bridge forget what it has learned behind a port that is locked now: a frame from such an address would still
// pass, until the bridge forgets it by itself (IFLA_BRPORT_FLUSH). What somebody put there stays.
func (h *hands) forget(n drift.NIC) error {
	request := nl.NewNetlinkRequest(unix.RTM_SETLINK, unix.NLM_F_ACK)
	port := nl.NewIfInfomsg(unix.AF_BRIDGE)
	port.Index = int32(n.Is.Index)
	request.AddData(port)
	info := nl.NewRtAttr(unix.IFLA_PROTINFO|unix.NLA_F_NESTED, nil)
	info.AddRtAttr(unix.IFLA_BRPORT_FLUSH, nil)
	request.AddData(info)
	_, err := request.Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// onlyVLAN takes the port out of all VLANs but one.
func (h *hands) onlyVLAN(n drift.NIC) error {
	if err := h.conn.OnlyVLAN(n.Is.Index, n.Master, n.Terms.VLAN); err != nil {
		return err
	}
	port := &netlink.Dummy{LinkAttrs: netlink.LinkAttrs{Index: n.Is.Index}}
	for _, v := range n.Have.VLANs {
		if v.ID == n.Terms.VLAN || v.ID == n.Master.DefaultPVID {
			continue
		}
		if err := h.handle.BridgeVlanDel(port, v.ID, false, false, false, true); err != nil {
			return err
		}
	}
	return nil
}

// filter puts the filter on the host's end in place of the one that is there, or takes that away.
func (h *hands) filter(n drift.NIC) error {
	if len(n.Want.Filter) > 0 {
		return h.conn.Reguard(n.Is.Index, n.Want.Filter)
	}
	return h.handle.FilterDel(&netlink.GenericFilter{
		FilterAttrs: netlink.FilterAttrs{LinkIndex: n.Is.Index, Parent: netlink.HANDLE_MIN_INGRESS, Handle: 1, Priority: 1, Protocol: unix.ETH_P_ALL},
		FilterType:  "bpf",
	})
}

// rate limits what goes to the container, or does not any more.
func (h *hands) rate(n drift.NIC) error {
	if n.Terms.RateToContainer > 0 {
		return h.conn.Limit(n.Is.Index, n.Terms.RateToContainer, n.Link.MTU())
	}
	return h.handle.QdiscDel(&netlink.Tbf{QdiscAttrs: netlink.QdiscAttrs{LinkIndex: n.Is.Index, Parent: netlink.HANDLE_ROOT}})
}

// unpin takes the address out of the bridge's table, which may learn it again.
func (h *hands) unpin(n drift.NIC) error {
	return h.handle.NeighDel(&netlink.Neigh{
		LinkIndex: n.Is.Index, Family: unix.AF_BRIDGE, Flags: netlink.NTF_MASTER, HardwareAddr: n.Is.MAC[:], Vlan: int(n.Terms.VLAN),
	})
}
