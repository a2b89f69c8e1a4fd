package usernic

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netnsfd"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/rtnl"
	"userns-helpers/internal/verdict"
)

// nic is an interface in the making.
type nic struct {
	request   request
	uid       uint32
	namespace *netnsfd.Namespace
	kernel    kernel
	terms     terms
	claim     *netquota.Claim
	announce  func(host string) // records the grant
	mac       netquota.MAC      // of the container's end
	made      bool              // the pair may be there
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
	if err := n.reserveAddress(); err != nil {
		return "", err
	}
	if err := n.createPair(); err != nil {
		return "", err
	}
	host, err := n.kernel.conn.Device(n.claim.Name)
	if err != nil {
		return "", failed("Failed to look up the interface "+n.claim.Name, err)
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
	return peer.Name + ":" + strconv.Itoa(peer.Index) + ":" + host.Name + ":" + strconv.Itoa(host.Index) + "\n", nil
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
		err := n.kernel.conn.CreatePair(rtnl.Pair{
			HostName: n.claim.Name, HostMAC: hostMAC(n.mac), PeerName: n.request.nic, PeerMAC: n.mac,
			Namespace: n.namespace.FD(), MTU: n.kernel.bridge.mtu(), Bridge: n.kernel.bridge.master(),
		})
		if err == nil {
			return nil
		}
		taken, unsure := rtnl.Exists(n.claim.Name)
		if !errors.Is(err, unix.EEXIST) {
			n.made = taken || unsure != nil // the kernel's answer may be what got lost
			return n.notCreated(err)
		}
		n.made = false
		if !taken || unsure != nil {
			return n.notCreated(err)
		}
		if err := n.rename(); err != nil {
			return failed("Failed to choose a name", err)
		}
	}
	return failed("Failed to choose a name", unix.EEXIST)
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
		return refuse("The bridge "+quoted(n.request.place.Bridge)+" is full", "a Linux bridge has at most 1023 ports")
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
	if err := conn.AddAltName(host.Index, altName(n.uid, n.request.container, n.request.place.Bridge, host.Name)); err != nil &&
		!errors.Is(err, unix.EOPNOTSUPP) {
		return failed("Failed to name the interface", err)
	}
	if err := rtnl.QuietIPv6(host.Name, n.terms.IPv6OnHost, n.kernel.bridge.kind == linuxBridge); err != nil {
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

// undo removes what was made, frees the slot and takes the row back.
func (n *nic) undo() error {
	if n.made {
		if err := n.kernel.Remove(n.claim.Name, n.request.place); err != nil {
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
