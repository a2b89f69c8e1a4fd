package usernic

import (
	"errors"
	"net/netip"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/usernic/whynot"
)

// remove deletes an interface that the caller made, if they may ask from where they are. The path of the namespace is opened with the caller's rights, and
// the caller has to own it, before anything else is looked at: the answer never tells what is at a path that the caller
// cannot see (CVE-2018-6556, CVE-2022-47952).
func (r *run) remove() error {
	g := r.gatherer()
	if err := g.reach(); err != nil {
		return err
	}
	namespace, err := r.openNamespace()
	if err != nil {
		return err
	}
	book, err := g.open()
	if err != nil {
		return err
	}
	made, doomed, err := r.theirs(g.conn, book, namespace)
	if err != nil {
		return err
	}
	found, err := g.findBridge(r.wanted.place.Bridge)
	if err != nil {
		return err
	}
	r.granted(made, netip.Addr{})
	if err := (kernel{g.conn, found}).delete(made, doomed, r.wanted.place); err != nil {
		return failedWith(whynot.Delete, r.wanted.nic, err)
	}
	if err := book.Forget(made); err != nil {
		return failed(whynot.WriteLedger, err)
	}
	return nil
}

// theirs is the interface that is meant, if it is the caller's: the name that it was made with, and what it is now.
func (r *run) theirs(conn *rtnl.Conn, book *slots.Book, namespace *netns.Namespace) (made string, doomed rtnl.Device, err error) {
	who, wanted := r.Account, r.wanted
	present, err := conn.Device(wanted.nic)
	if err != nil && !errors.Is(err, unix.ENODEV) {
		return "", doomed, failedWith(whynot.LookUp, wanted.nic, err)
	}
	held, err := book.Find(who, wanted.place, wanted.nic, present.Index)
	if err != nil {
		return "", doomed, failed(whynot.ReadLedger, err)
	}
	r.charge.Owner = held.Owner
	doomed, lost := chosen(kernel{conn: conn}, held.Nic, present)
	yours, err := isYours(conn, who, held, doomed, namespace.FD())
	switch err = errors.Join(lost, err); {
	case err != nil:
		return "", doomed, failedWith(whynot.LookUp, wanted.nic, err)
	case !yours:
		return "", doomed, &whynot.NotYours{User: who.Names[0], Nic: wanted.nic, Bridge: wanted.place.Bridge, Doubt: r.Doubt}
	}
	return held.Nic.Name, doomed, nil
}

// chosen is the interface that is meant: the one that a slot knows, whatever it is called now; or the one of that name, if
// it is known by its row alone, or its slot knows no more. The zero value is none that lives.
func chosen(k kernel, held netquota.Nic, present rtnl.Device) (rtnl.Device, error) {
	if held.Index == 0 {
		if present.Name != held.Name {
			return rtnl.Device{}, nil
		}
		return present, nil
	}
	device, found, err := k.find(held)
	if !found && err == nil && k.Survives(held) {
		err = errElsewhere
	}
	if !found || err != nil {
		return rtnl.Device{}, err
	}
	return device, nil
}

// delete deletes a device, if it is one, with the ports of its name and of the one that it was made with.
func (k kernel) delete(made string, device rtnl.Device, place netquota.Place) error {
	if device.Index == 0 {
		return k.removePort(made, "", place)
	}
	return errors.Join(k.removePort(made, "", place), k.removePort(device.Name, made, place), k.conn.Delete(device.Index))
}

// isYours reports whether the caller created an interface. One that is charged to a group belongs to the member whose user
// id is in the name that it was made with, and to no other member (CVE-2026-39402). LXC's helper gives names without one
// to user ids above 65536: there the peer has to be in the namespace, which the caller owns.
func isYours(conn *rtnl.Conn, who netquota.Account, held slots.Recorded, device rtnl.Device, namespace int) (bool, error) {
	isPair := device.Index == 0 || device.Kind == rtnl.KindVeth // nothing else is ever deleted
	switch {
	case held.Owner == "":
		return false, nil
	case slices.Contains(who.Names, held.Owner), strings.HasPrefix(held.Owner, "@") && netquota.IsOf(held.Nic.Name, who.UID):
		return isPair, nil
	case strings.HasPrefix(held.Owner, "@") && netquota.Anonymous(held.Nic.Name):
		return hasPeerIn(conn, device, namespace)
	}
	return false, nil
}

// hasPeerIn reports whether the peer of an interface is in a namespace.
func hasPeerIn(conn *rtnl.Conn, device rtnl.Device, namespace int) (bool, error) {
	if device.Kind != rtnl.KindVeth || device.PeerNSID == rtnl.NoNamespace {
		return false, nil
	}
	id, err := conn.NamespaceID(namespace)
	return err == nil && id == device.PeerNSID, err
}
