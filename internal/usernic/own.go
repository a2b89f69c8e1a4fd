package usernic

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/addresses"
	"userns-helpers/internal/netquota/dhcphosts"
	"userns-helpers/internal/netquota/pool"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// takeAddress takes the interface's own IPv4 address, where the policy gives it one: after its hardware address, which it
// belongs to, and before anybody is told of the interface.
func (n *nic) takeAddress() error {
	if !n.terms.HasAddress() {
		return nil
	}
	space, err := n.terms.space(n.kernel.conn, n.kernel.bridge)
	if err != nil {
		return err
	}
	book, err := n.claim.Addresses()
	if err != nil {
		return failed(whynot.OpenLedger, err)
	}
	n.own, err = book.Take(space, n.terms.wanted(n.claim.Allotment, n.mac, n.secret), n.claim.Nic)
	if refused := n.terms.WithoutAddress(err); refused != nil {
		return refused
	}
	if err != nil {
		return failed(whynot.ChooseAddress, err)
	}
	return nil
}

// space is what addresses are chosen from on a bridge, with the addresses that the bridge has now.
func (t terms) space(conn *rtnl.Conn, b bridge) (pool.Space, error) {
	if b.Kind == plan.None {
		return t.Space(nil), nil
	}
	has, err := conn.Networks(b.Device.Index)
	if err != nil {
		return pool.Space{}, failedWith(whynot.LookUpBridge, b.Device.Name, err)
	}
	return t.Space(has), nil
}

// wanted is what an interface with a hardware address needs.
func (t terms) wanted(a netquota.Allotment, mac netquota.MAC, secret key) pool.Wanted {
	return pool.Wanted{MAC: mac, Owner: addresses.OwnerOf(a.Owner), Quota: a.Quota, Fixed: t.Fixed, Seed: seed(secret, mac)}
}

// seed says where the search for an address begins. Nobody without the key can tell whose a hardware address leads to.
func seed(secret key, mac netquota.MAC) uint64 {
	code := hmac.New(sha256.New, secret[:])
	_, _ = code.Write(append([]byte("userns-helpers own address\x00"), mac[:]...))
	return binary.BigEndian.Uint64(code.Sum(nil))
}

// address is the interface's own IPv4 address; invalid where it has none.
func (n *nic) address() netip.Addr {
	if n.own == nil {
		return netip.Addr{}
	}
	return n.own.Address
}

// hand tells dnsmasq of the address. From then on it stays with the hardware address, whatever becomes of the interface: what
// dnsmasq has read it remembers.
func (n *nic) hand() error {
	if n.own == nil || !n.terms.DHCPHosts {
		return nil
	}
	if !n.claim.Known(paths.Slots()) {
		return failed(whynot.HandAddress, unix.ENOTSUP)
	}
	host := dhcphosts.Host{MAC: n.mac, Address: n.own.Address, Name: dhcphosts.Name(n.request.container, n.uid), Lease: addresses.Lease}
	if err := dhcphosts.Put(paths.DHCPHosts(), host); err != nil {
		return failed(whynot.HandAddress, err)
	}
	n.handed = true
	return nil
}

// keepOwn says that the interface has its address, as long as it lives.
func (n *nic) keepOwn() error {
	if n.own == nil {
		return nil
	}
	if err := n.own.Complete(n.claim.Nic); err != nil {
		return failed(whynot.RecordComplete, err)
	}
	return nil
}

// giveBack gives the address back, once the interface is gone. One that was handed over stays with the hardware address.
func (n *nic) giveBack() error {
	if n.own == nil || n.handed {
		return nil
	}
	return n.own.Abandon()
}
