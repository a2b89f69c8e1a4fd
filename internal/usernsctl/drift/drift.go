// Package drift compares the interfaces of containers that live with what policy.toml(5) gives them, and with where they were
// made: an interface may be older than the policy, and a port that leaves its bridge and comes back has lost what the bridge
// kept for it.
//
// What an interface should have it asks package usernic/plan, as lxc-user-nic does when it makes one. It changes nothing.
package drift

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/usernic"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernsctl/nicview"
)

// NIC is an interface, what it should have, and what it has.
type NIC struct {
	nicview.NIC
	Terms   plan.Terms
	Link    plan.Link   // what it is connected to
	Master  rtnl.Bridge // the same, as the kernel has it
	Want    State
	Have    State
	Gaps    []Gap
	Guard   guard.Nic // what its filter should be for
	Refused error     // why it cannot have what it should
}

// Lacks reports whether the interface protects others less than it should; builtin says that nothing in the policy asks for any
// of what is missing.
func (n NIC) Lacks() (lacks, builtin bool) {
	builtin = true
	for _, g := range n.Gaps {
		if g.Less {
			lacks = true
			builtin = builtin && g.Builtin
		}
	}
	return lacks, builtin
}

// Host is a host whose interfaces are compared.
type Host struct {
	policy *nics.Policy
	person func(uid uint32) (plan.Person, error)
	conn   *rtnl.Conn
	handle *netlink.Handle
	people map[uint32]person
	rates  map[int]uint64
	vlans  map[int][]VLAN
}

// person is who somebody is, or why that is not known.
type person struct {
	plan.Person
	err error
}

// Compared are the interfaces of a view, but those that go, or are in the making. Errors: those of netlink.
func (h *Host) Compared(view nicview.View) ([]NIC, error) {
	var all []NIC
	for _, nic := range view.NICs {
		if nic.Leaving || nic.Making || nic.UID < 0 {
			continue
		}
		n, is, err := h.compare(nic)
		if err != nil {
			return nil, err
		}
		if is {
			all = append(all, n)
		}
	}
	return all, nil
}

// Here is this host, with a policy; who says who made an interface, by the user id. Errors: those of netlink.
func Here(policy *nics.Policy, who func(uid uint32) (plan.Person, error)) (*Host, error) {
	conn, handle, err := nicview.Dial()
	return &Host{policy: policy, person: who, conn: conn, handle: handle, people: make(map[uint32]person)}, err
}

// Close closes the kernel's socket.
func (h *Host) Close() { h.handle.Close() }

// compare compares an interface as it is now; false if it is there no more, or something else has its index.
func (h *Host) compare(nic nicview.NIC) (NIC, bool, error) {
	n := NIC{NIC: nic}
	device, err := h.conn.DeviceIn(rtnl.NoNamespace, nic.Is.Index)
	switch {
	case errors.Is(err, unix.ENODEV):
		return n, false, nil
	case err != nil:
		return n, false, err
	case !usernic.IsOf(device, nic.Is) && nic.Ours:
		return n, false, nil
	}
	if nic.Bridge == "" { // what the port of a bridge has is lost, and the policy is for one on a bridge
		return n, true, nil
	}
	if n.Link, n.Master, err = h.link(nic, device); err != nil {
		return n, false, err
	}
	who := h.who(uint32(nic.UID))
	n.Refused = who.err
	if n.Refused == nil {
		n.Terms, n.Refused = h.terms(who.Person, nic, n.Link)
	}
	if n.Terms.Policy == nil {
		return n, true, nil
	}
	return n, true, h.look(&n, device)
}

// terms are what an interface should have. An error of no type is no reason.
func (h *Host) terms(who plan.Person, nic nicview.NIC, l plan.Link) (plan.Terms, error) {
	t, refused := plan.Facts{Person: who, Place: netquota.Place{Type: ifname.Veth, Bridge: nic.Bridge}, Policy: h.policy, Container: nic.Container}.Living(l)
	if refused != nil {
		return t, refused
	}
	return t, nil
}

// who is who made an interface.
func (h *Host) who(uid uint32) person {
	p, known := h.people[uid]
	if !known {
		p.Person, p.err = h.person(uid)
		h.people[uid] = p
	}
	return p
}

// link is what an interface is connected to.
func (h *Host) link(nic nicview.NIC, device rtnl.Device) (plan.Link, rtnl.Bridge, error) {
	master := rtnl.Device{}
	if device.Master != 0 {
		var err error
		if master, err = h.conn.DeviceIn(rtnl.NoNamespace, device.Master); err != nil && !errors.Is(err, unix.ENODEV) {
			return plan.Link{}, rtnl.Bridge{}, err
		}
	}
	switch {
	case master.Kind == rtnl.KindBridge:
		return plan.Link{Kind: plan.Linux, Device: usernic.Described(master)}, master.Bridge, nil
	case nic.Bridge != ifname.None:
		return plan.Link{Kind: plan.OpenVSwitch, Device: plan.Device{Name: nic.Bridge}}, rtnl.Bridge{}, nil
	}
	return plan.Link{}, rtnl.Bridge{}, nil
}

// look asks the kernel, and finds the gaps.
func (h *Host) look(n *NIC, device rtnl.Device) error {
	var of rtnl.Addresses
	var err error
	if n.Terms.Compares(n.Link) {
		if of, err = h.conn.Addresses(n.Link.Device.Index); err != nil {
			return err
		}
	}
	if n.Have, err = h.state(*n, device); err != nil {
		return err
	}
	own := n.address()
	if n.Terms.HasAddress() && !own.IsValid() {
		n.refuse(n.Terms.Lacks(nics.AddressGuard, plan.NeverGiven))
		n.Terms.AddressGuard = false
	}
	filter, refused := n.Terms.Guard(n.Link, n.Is.MAC, own, plan.Claims(of))
	n.refuse(refused)
	n.Guard, n.Want = filter, wanted(n.Terms, n.Link, filter)
	n.Gaps = gaps(n.Terms, n.Link, n.Want, n.Have, strings.Join(nicview.WordsOf(filter), ", "))
	return nil
}

// refuse takes note of why an interface cannot have what it should, unless that is known.
func (n *NIC) refuse(err error) {
	if n.Refused == nil {
		n.Refused = err
	}
}

// address is the interface's own IPv4 address: as the book has it, or, where that is not seen, its filter; invalid if it has none.
func (n *NIC) address() netip.Addr {
	if own, err := netip.ParseAddr(n.Address); err == nil {
		return own
	}
	return nicview.AddressIn(n.Have.Filter, n.Is.MAC)
}

// state is what the kernel has of an interface.
func (h *Host) state(n NIC, device rtnl.Device) (s State, err error) {
	s.Quiet = nicview.Quiet(device.Name)
	if s.Filter, err = h.conn.Guarded(device.Index); err != nil {
		return s, err
	}
	if s.Rate, err = h.rate(device.Index); err != nil {
		return s, err
	}
	if n.Link.Kind != plan.Linux {
		return s, nil
	}
	s.Flags = plan.Flags(device.Port.Flags)
	entry, found, err := h.conn.Entry(n.Link.Device.Index, n.Is.MAC, n.Terms.VLAN)
	s.Pinned = found && entry.Port == device.Index && entry.Static && entry.Sticky
	if err == nil && n.Terms.VLAN != 0 {
		s.VLANs, err = h.vlansOf(device.Index)
	}
	return s, err
}

// rate is the rate to a container.
func (h *Host) rate(index int) (uint64, error) {
	if h.rates != nil {
		return h.rates[index], nil
	}
	h.rates = make(map[int]uint64)
	all, err := h.handle.QdiscList(nil)
	if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
		return 0, err
	}
	for _, d := range all {
		if bucket, is := d.(*netlink.Tbf); is && d.Attrs().Parent == netlink.HANDLE_ROOT {
			h.rates[d.Attrs().LinkIndex] = bitsOfByte * bucket.Rate
		}
	}
	return h.rates[index], nil
}

// vlansOf are the VLANs of a port.
func (h *Host) vlansOf(index int) ([]VLAN, error) {
	if h.vlans == nil {
		all, err := h.handle.BridgeVlanList()
		if err != nil && !errors.Is(err, netlink.ErrDumpInterrupted) {
			return nil, err
		}
		h.vlans = make(map[int][]VLAN)
		for port, list := range all {
			for _, v := range list {
				h.vlans[int(port)] = append(h.vlans[int(port)], VLAN{v.Vid, v.PortVID() && v.EngressUntag()})
			}
		}
	}
	return slices.Clone(h.vlans[index]), nil
}

// Again compares one of them anew, with nothing remembered; false if it is there no more, or something else has its index.
func (h *Host) Again(nic nicview.NIC) (NIC, bool, error) {
	h.rates, h.vlans = nil, nil
	return h.compare(nic)
}
