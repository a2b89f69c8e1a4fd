package usernic

import (
	"slices"
	"strings"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/rtnl"
)

// remove deletes an interface that the caller made. The path of the namespace is opened with the caller's rights, and
// the caller has to own it, before anything else is looked at: the answer never tells what is at a path that the caller
// cannot see (CVE-2018-6556, CVE-2022-47952).
func (r *run) remove() error {
	who, wanted := r.who, r.wanted
	namespace, err := openNamespace(r.caller, wanted.target)
	if err != nil {
		return err
	}
	conn, book, err := open()
	if err != nil {
		return err
	}
	owner, err := book.Owner(who, wanted.place, wanted.nic)
	if err != nil {
		return failed("Failed to read the ledger", err)
	}
	r.charge.Owner = owner
	yours, err := isYours(conn, who, owner, wanted.nic, namespace.FD())
	switch {
	case err != nil:
		return failed("Failed to look up the interface "+wanted.nic, err)
	case !yours:
		return refuse("Interface "+quoted(wanted.nic)+" on "+quoted(wanted.place.Bridge)+" is not yours",
			"the ledger has no pair of interfaces of that name that user "+quoted(who.Names[0])+" created on that bridge"+behind(r.doubt))
	}
	found, err := findBridge(conn, r.standing, wanted.place.Bridge)
	if err != nil {
		return err
	}
	r.granted(wanted.nic)
	if err := (kernel{conn, found}).Remove(wanted.nic, wanted.place); err != nil {
		return failed("Failed to delete the interface "+wanted.nic, err)
	}
	if err := book.Forget(wanted.nic); err != nil {
		return failed("Failed to write the ledger", err)
	}
	return nil
}

// isYours reports whether the caller created an interface that is charged to owner. One that is charged to a group
// belongs to the member whose user id is in its name, and to no other member (CVE-2026-39402). LXC's helper gives names
// without one to user ids above 65536: there the peer has to be in the namespace, which the caller owns.
func isYours(conn *rtnl.Conn, who netquota.Account, owner, nic string, namespace int) (bool, error) {
	switch {
	case owner == "":
		return false, nil
	case slices.Contains(who.Names, owner), strings.HasPrefix(owner, "@") && netquota.IsOf(nic, who.UID):
		return isPair(conn, nic)
	case strings.HasPrefix(owner, "@") && netquota.Anonymous(nic):
		return hasPeerIn(conn, nic, namespace)
	}
	return false, nil
}

// isPair reports whether an interface is one end of a pair, or is gone: nothing else is ever deleted.
func isPair(conn *rtnl.Conn, nic string) (bool, error) {
	alive, err := rtnl.Exists(nic)
	if !alive || err != nil {
		return err == nil, err
	}
	device, err := conn.Device(nic)
	return device.Kind == rtnl.KindVeth, err
}

// hasPeerIn reports whether the peer of an interface is in a namespace.
func hasPeerIn(conn *rtnl.Conn, nic string, namespace int) (bool, error) {
	device, err := conn.Device(nic)
	if err != nil || device.Kind != rtnl.KindVeth || device.PeerNSID == rtnl.NoNamespace {
		return false, err
	}
	id, err := conn.NamespaceID(namespace)
	return err == nil && id == device.PeerNSID, err
}
