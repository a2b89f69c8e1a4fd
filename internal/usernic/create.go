package usernic

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/verdict"
)

// nic is an interface in the making.
type nic struct {
	request   request
	uid       uint32
	namespace *netns.Namespace
	kernel    kernel
	terms     terms
	claim     *slots.Claim
	announce  func(host string) // records the grant
	secret    key               // of stable addresses; zero where there are none
	mac       netquota.MAC      // of the container's end
	made      bool              // the pair may be there
	host      rtnl.Device       // the host's end, as the kernel told of it when it was made
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
		return &verdict.Failure{
			Headline: err.Error(), Err: err,
			Advice: left.Error() + ": the next call on this bridge tries again",
		}
	}
	return err
}

func (n *nic) steps() (string, error) {
	n.nameNamespace()
	if err := n.reserveAddress(); err != nil {
		return "", err
	}
	if err := n.createPair(); err != nil {
		return "", err
	}
	host, err := n.lookUp()
	if err != nil {
		return "", err
	}
	if err := n.keepsFree(host); err != nil {
		return "", err
	}
	if err := n.connect(host); err != nil {
		return "", err
	}
	if host.PeerGone {
		return "", refuse("The container has ended", "its network namespace is being destroyed, and the new interface with it")
	}
	peer, err := n.kernel.conn.DeviceIn(host.PeerNSID, host.Peer)
	if err != nil {
		return "", failed("Failed to look up the interface in the container", err)
	}
	if err := n.claim.Complete(); err != nil {
		return "", failed("Failed to record the interface", err)
	}
	name, err := n.kernel.conn.NameOf(host.Index)
	if name == "" {
		return "", failed("Failed to look up the interface "+host.Name, errors.Join(err, unix.ENODEV))
	}
	return peer.Name + ":" + strconv.Itoa(peer.Index) + ":" + name + ":" + strconv.Itoa(host.Index) + "\n", nil
}

// nameNamespace gives the container's namespace an id by which it can be known later, when its interface is looked for.
// A container without one is known less well.
func (n *nic) nameNamespace() {
	if id, err := n.kernel.conn.GiveID(n.namespace.FD()); err == nil {
		n.claim.Namespace = id
	}
}

// lookUp describes the host's end, which may have another name by now: udev renames what is down. Kernels before 6.2 do not
// tell its index when it is made; there it is looked for by its name, then by its address. The number of a port is known
// only after it has become one.
func (n *nic) lookUp() (rtnl.Device, error) {
	if n.host.Index == 0 {
		device, found, err := n.kernel.find(n.claim.Nic)
		if !found {
			return rtnl.Device{}, failed("Failed to look up the interface "+n.claim.Name, errors.Join(err, unix.ENODEV))
		}
		n.host = device
	} else if n.kernel.bridge.kind == linuxBridge && n.terms.limits.FreePorts.Set {
		device, err := n.kernel.conn.DeviceIn(rtnl.NoNamespace, n.host.Index)
		if err != nil {
			return rtnl.Device{}, failed("Failed to look up the interface "+n.claim.Name, err)
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
		if err := n.claim.Record(n.kernel); err != nil {
			return failed("Failed to write the ledger", err)
		}
		n.announce(n.claim.Name)
		n.made = true
		var err error
		n.host, err = n.kernel.conn.CreatePair(rtnl.Pair{
			HostName: n.claim.Name, HostMAC: hostMAC(n.mac), PeerName: n.request.nic, PeerMAC: n.mac,
			Namespace: n.namespace.FD(), MTU: n.kernel.bridge.mtu(), Bridge: n.kernel.bridge.master(),
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
			return failed("Failed to choose a name", err)
		}
	}
	return failed("Failed to choose a name", unix.EEXIST)
}

// isTaken reports whether an interface has the claim's name, or an alternative name like it.
func (n *nic) isTaken() bool {
	_, err := n.kernel.conn.Device(n.claim.Name)
	return !errors.Is(err, unix.ENODEV)
}

// rename takes the row of the claim's name back and gives it another one.
func (n *nic) rename() error {
	if err := n.claim.Unrecord(); err != nil {
		return err
	}
	return n.claim.Rename(n.kernel)
}

// notCreated says why the kernel refused the pair.
func (n *nic) notCreated(err error) error {
	switch {
	case errors.Is(err, unix.EEXIST):
		return refuse("The name "+quoted(n.request.nic)+" is taken",
			"the container's network namespace has an interface of that name already: choose another (lxc.net.N.name)")
	case errors.Is(err, unix.EXFULL):
		return refuse("The bridge "+quoted(n.request.place.Bridge)+" is full", "a Linux bridge has at most "+strconv.Itoa(ifname.BridgePorts)+" ports")
	case errors.Is(err, unix.EPERM):
		return &verdict.Failure{
			Headline: "Failed to create the interface", Err: err,
			Advice: "the kernel does not let this program create interfaces (" + err.Error() + "): it runs without CAP_NET_ADMIN over " +
				"the host's network, as inside a container or a user namespace",
		}
	}
	return failed("Failed to create the interface", err)
}

// connect makes the host end what it should be, and only then raises it. The order is that of policy.toml(5): no IPv6,
// the flags of the port, its address in the bridge's table, the rate, up.
func (n *nic) connect(host rtnl.Device) error {
	conn := n.kernel.conn
	if err := conn.AddAltName(host.Index, altName(n.uid, n.request.container, n.request.place.Bridge, n.claim.Name)); err != nil &&
		!errors.Is(err, unix.EOPNOTSUPP) {
		return failed("Failed to name the interface", err)
	}
	if err := n.quiet(host); err != nil {
		return failed("Failed to switch IPv6 off on the host's end", err)
	}
	if err := n.plug(host); err != nil {
		return err
	}
	if err := n.slow(host); err != nil {
		return err
	}
	if err := conn.Up(host.Index); err != nil {
		return failed("Failed to raise the interface", err)
	}
	return nil
}

// quiet is QuietIPv6 for an interface with an index. The kernel knows these settings by the name alone: under one that is
// not the interface's any more they were another's, or nobody's.
func (n *nic) quiet(host rtnl.Device) error {
	name := host.Name
	for range attempts {
		err := rtnl.QuietIPv6(name, n.terms.IPv6OnHost, n.kernel.bridge.kind == linuxBridge)
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
			return failed("Failed to remove the interface "+n.claim.Name, err)
		}
	}
	if err := n.claim.Abandon(); err != nil {
		return failed("Failed to take the row back", err)
	}
	return nil
}

// failed is a failure whose advice is its cause.
func failed(headline string, err error) error {
	return &verdict.Failure{Headline: headline, Advice: err.Error(), Err: err}
}
