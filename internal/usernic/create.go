package usernic

import (
	"errors"
	"net/netip"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/addresses"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/usernic/mark"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// nic is an interface in the making.
type nic struct {
	request   request
	uid       uint32
	namespace *netns.Namespace
	kernel    kernel
	terms     terms
	book      *slots.Book
	claim     *slots.Claim
	announce  func(host string, own netip.Addr) // records the grant
	secret    key                               // of stable addresses; zero where there are none
	mac       netquota.MAC                      // of the container's end
	own       *addresses.Held                   // its own IPv4 address; nil where it has none
	handed    bool                              // dnsmasq knows that
	made      bool                              // the pair may be there
	host      rtnl.Device                       // the host's end, as the kernel told of it when it was made
}

// make makes the interface, step by step, and returns the line that says what was made. The slot, the row and the record
// come before the pair: whatever kills or freezes the program, no interface lives that is not counted and recorded. The pair comes into being whole, and its
// host end stays down until it is a port of the bridge, with its protections on. What fails is undone.
func (n *nic) make() (string, error) {
	line, err := n.steps()
	if err != nil {
		return "", n.undoAfter(err)
	}
	return line, nil
}

// undoAfter undoes what was made before err, and returns err, with what could not be undone.
func (n *nic) undoAfter(err error) error {
	if left := n.undo(); left != nil {
		return &whynot.NotUndone{After: err, Left: left}
	}
	return err
}

func (n *nic) steps() (string, error) {
	n.nameNamespace()
	if err := n.reserveAddress(); err != nil {
		return "", err
	}
	if err := n.takeAddress(); err != nil {
		return "", err
	}
	if err := n.createPair(); err != nil {
		return "", err
	}
	host, err := n.lookUp()
	if err != nil {
		return "", err
	}
	if refused := n.terms.KeepsFree(n.kernel.bridge.Link, uint64(host.Port.Number)); refused != nil {
		return "", refused
	}
	if err := n.connect(host); err != nil {
		return "", err
	}
	if host.PeerGone {
		return "", &whynot.ContainerEnded{}
	}
	peer, err := n.kernel.conn.DeviceIn(host.PeerNSID, host.Peer)
	if err != nil {
		return "", failed(whynot.LookUpInContainer, err)
	}
	if err := n.keepOwn(); err != nil {
		return "", err
	}
	if err := n.claim.Complete(); err != nil {
		return "", failed(whynot.RecordComplete, err)
	}
	name, err := n.kernel.conn.NameOf(host.Index)
	if name == "" {
		return "", failedWith(whynot.LookUp, host.Name, errors.Join(err, unix.ENODEV))
	}
	return peer.Name + ":" + strconv.Itoa(peer.Index) + ":" + name + ":" + strconv.Itoa(host.Index) + "\n", nil
}

// nameNamespace gives the container's namespace an id by which it can be known later, when its interface is looked for.
// Without one it is recognised less reliably.
func (n *nic) nameNamespace() {
	if id, err := n.kernel.conn.GiveID(n.namespace.FD()); err == nil {
		n.claim.Namespace = id
	}
}

// lookUp describes the host's end, which may already have another name: udev renames what is down. Kernels before 6.2 do not
// tell its index when it is made; there it is looked for by its name, then by its address. The number of a port is known
// only after it has become one.
func (n *nic) lookUp() (rtnl.Device, error) {
	if n.host.Index == 0 {
		device, found, err := n.kernel.find(n.claim.Nic)
		if !found {
			return rtnl.Device{}, failedWith(whynot.LookUp, n.claim.Name, errors.Join(err, unix.ENODEV))
		}
		n.host = device
	} else if n.kernel.bridge.Kind == plan.Linux && n.terms.Limits.FreePorts.Set {
		device, err := n.kernel.conn.DeviceIn(rtnl.NoNamespace, n.host.Index)
		if err != nil {
			return rtnl.Device{}, failedWith(whynot.LookUp, n.claim.Name, err)
		}
		n.host = device
	}
	n.claim.Index, n.claim.Peer = n.host.Index, n.host.Peer
	return n.host, nil
}

// attempts is how often the host's name may turn out to be taken by somebody who does not ask this program.
const attempts = 8

// createPair writes the row, records the grant and makes the pair.
func (n *nic) createPair() error {
	for range attempts {
		if err := n.claim.Record(); err != nil {
			return failed(whynot.WriteLedger, err)
		}
		n.announce(n.claim.Name, n.address())
		n.made = true
		var err error
		n.host, err = n.kernel.conn.CreatePair(rtnl.Pair{
			HostName: n.claim.Name, HostMAC: mark.Host(n.mac), PeerName: n.request.nic, PeerMAC: n.mac,
			Namespace: n.namespace.FD(), MTU: n.kernel.bridge.MTU(), Bridge: n.kernel.bridge.Master(),
		})
		if err == nil {
			return nil
		}
		if !errors.Is(err, unix.EEXIST) { // the kernel's answer may be what got lost
			return n.notCreated(err)
		}
		n.made = false
		if !n.isTaken() {
			return n.notCreated(err)
		}
		if err := n.rename(); err != nil {
			return failed(whynot.ChooseName, err)
		}
	}
	return failed(whynot.ChooseName, unix.EEXIST)
}

// isTaken reports whether an interface has the claim's name, or an alternative name that is the same.
func (n *nic) isTaken() bool {
	_, err := n.kernel.conn.Device(n.claim.Name)
	return !errors.Is(err, unix.ENODEV)
}

// rename takes the row of the claim's name back and gives it another one.
func (n *nic) rename() error {
	if err := n.claim.Unrecord(); err != nil {
		return err
	}
	if err := n.claim.Rename(); err != nil || n.own == nil {
		return err
	}
	return n.own.Write(n.claim.Nic)
}

// notCreated says why the kernel refused the pair.
func (n *nic) notCreated(err error) error {
	switch {
	case errors.Is(err, unix.EEXIST):
		return &whynot.NameTaken{Nic: n.request.nic}
	case errors.Is(err, unix.EXFULL):
		return &plan.BridgeFull{Bridge: n.request.place.Bridge}
	}
	return failed(whynot.Create, err)
}

// connect makes the host end what it should be, and only then raises it. The order is that of policy.toml(5): no IPv6,
// the flags of the port, its address in the bridge's table, the filter, the rate, what dnsmasq is to know, up.
func (n *nic) connect(host rtnl.Device) error {
	conn := n.kernel.conn
	if err := conn.AddAltName(host.Index, mark.AltName(n.uid, n.request.container, n.request.place.Bridge, n.claim.Name)); err != nil &&
		!errors.Is(err, unix.EOPNOTSUPP) {
		return failed(whynot.NameIt, err)
	}
	if err := n.quiet(host); err != nil {
		return failed(whynot.DisableIPv6, err)
	}
	if err := n.plug(host); err != nil {
		return err
	}
	if err := n.guard(host); err != nil {
		return err
	}
	if err := n.slow(host); err != nil {
		return err
	}
	if err := n.hand(); err != nil {
		return err
	}
	if err := conn.Up(host.Index); err != nil {
		return failed(whynot.BringUp, err)
	}
	return nil
}

// quiet is QuietIPv6 for an interface with an index. The kernel knows these settings by the name alone: under one that is
// no longer the interface's they would be another's, or nobody's.
func (n *nic) quiet(host rtnl.Device) error {
	name := host.Name
	for range attempts {
		err := rtnl.QuietIPv6(name, n.terms.IPv6OnHost, n.kernel.bridge.Kind == plan.Linux)
		now, unsure := n.kernel.conn.NameOf(host.Index)
		switch {
		case now == name:
			return err
		case now == "":
			return errors.Join(unsure, unix.ENODEV)
		}
		name = now
	}
	return unix.EAGAIN
}

// undo removes what was made, frees the slot and takes the row back.
func (n *nic) undo() error {
	if n.made {
		if err := n.kernel.Remove(n.claim.Nic, n.request.place); err != nil {
			return failedWith(whynot.Remove, n.claim.Name, err)
		}
	}
	if err := errors.Join(n.giveBack(), n.claim.Abandon()); err != nil {
		return failed(whynot.RemoveEntry, err)
	}
	return nil
}
