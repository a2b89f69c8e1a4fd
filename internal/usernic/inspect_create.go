package usernic

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/nearby"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
)

// Question is whether somebody who calls the program right after login would be given an interface.
type Question struct {
	User   account.Account
	Groups []uint32 // the supplementary ones
	Bridge string   // or "none"
	PID    int      // of a process of the container; 0 to ask about none

	// NextPort is the number of the port that the kernel would give to the next interface on a Linux bridge.
	NextPort func(bridge string) (uint64, error)
}

// Answer is what create would decide, with the code that decides it. Facts that were not reached are zero.
type Answer struct {
	Who     netquota.Account
	Rooms   []slots.Room   // the charges that apply, and how much of each is taken
	Near    nearby.Near    // where no line allows it: what lxc-usernet has instead
	Whole   bool           // the slots were seen; else Rooms were counted by the ledger alone
	Policy  []nics.Setting // what the interface would get, key by key
	Known   bool           // false: the namespace of the process cannot be seen by who asks
	Refusal error          // nil: it would be made, *verdict.Refusal: it would not; *verdict.Failure: it could not
}

// Inspect answers a question. It changes nothing.
func Inspect(q Question) Answer {
	a := Answer{Known: true}
	a.Refusal = a.find(q)
	return a
}

// find goes through what perform and create do, in their order, and stops at the first refusal.
func (a *Answer) find(q Question) (err error) {
	wanted := request{verb: "create", nic: anyNic, place: netquota.Place{Type: ifname.Veth, Bridge: q.Bridge}}
	if err := wanted.check(); err != nil {
		return err
	}
	directory := account.Unprivileged(account.Trusted(privilege.Reporter()))
	who, err := identifyAs(directory, q.User.ID, append([]uint32{q.User.Primary}, q.Groups...))
	who.standing = privilege.Supposed(q.User.ID)
	a.Who = who.who
	if err != nil {
		return err
	}
	charges, err := allowance(who.standing, a.Who, who.doubt, wanted.place)
	if err != nil {
		a.Near, err = explained(err, func(f func() error) error { return f() })
		return err
	}
	asked, err := termsOf(who, wanted.place)
	if err != nil {
		return err
	}
	a.Policy = asked.policy.Explain(asked.subject)
	if err := a.findNamespace(q); err != nil {
		return err
	}
	conn, err := rtnl.Dial()
	if err != nil {
		return failed("Failed to open a netlink socket", err)
	}
	found, err := findBridge(conn, who.standing, q.Bridge)
	if err != nil {
		return err
	}
	if err := asked.possible(found); err != nil {
		return err
	}
	if err := a.findRoom(charges, asked, kernel{conn, found}); err != nil {
		return err
	}
	n := nic{request: wanted, kernel: kernel{conn, found}, terms: asked}
	return n.findPort(q.NextPort)
}

// findNamespace says why the namespace of the process would be refused.
func (a *Answer) findNamespace(q Question) error {
	if q.PID == 0 {
		return nil
	}
	err := netns.WouldRefuse(q.User.ID, q.PID)
	var refused *netns.Error
	if errors.As(err, &refused) && refused.Reason == netns.Unreachable {
		a.Known = false
		return nil
	}
	if err != nil {
		return notYours(q.User.ID, reference{pid: q.PID, fd: -1}, err)
	}
	return nil
}

// findRoom counts, and says whether there is room.
func (a *Answer) findRoom(charges []netquota.Allotment, t terms, links kernel) error {
	limits := netquota.Limits{User: netLimit(t.limits.NicsPerUser), Member: netLimit(t.limits.NicsPerGroupMember)}
	pace := netLimit(t.limits.CreatesPerMinute)
	here, err := whereabouts(links.conn)
	if err != nil {
		return err
	}
	ledger, folder := slots.Locate(paths.Ledger(), paths.Slots(), here)
	a.Whole = true
	rooms, err := slots.Look(ledger, folder, a.Who, charges, limits, pace, links)
	if errors.Is(err, unix.EACCES) {
		a.Whole = false
		rooms, err = slots.Look(ledger, "", a.Who, charges, limits, pace, links)
	}
	a.Rooms = rooms.Allotments
	switch {
	case err != nil:
		return failed("Failed to count the interfaces", err)
	case rooms.Refusal != nil:
		return t.notClaimed(a.Who, rooms.Refusal)
	}
	return nil
}

// findPort says whether a Linux bridge has a port for another interface.
func (n *nic) findPort(next func(bridge string) (uint64, error)) error {
	if n.kernel.bridge.kind != linuxBridge {
		return nil
	}
	port, err := next(n.request.place.Bridge)
	if err != nil {
		return failed("Failed to look at the ports of the bridge", err)
	}
	if port > ifname.BridgePorts {
		return n.notCreated(unix.EXFULL)
	}
	return n.keepsFree(rtnl.Device{Port: rtnl.Port{Number: uint16(port)}})
}
