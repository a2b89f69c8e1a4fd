package usernic

import (
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/members"
	"userns-helpers/internal/kernel/netns"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/slots"
	"userns-helpers/internal/policy/guard"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic/mark"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// Question is whether somebody who calls the program right after login would be given an interface.
type Question struct {
	User   account.Account
	Groups []uint32 // the supplementary ones
	Bridge string   // or "none"
	PID    int      // of a process of the container; 0 to ask about none

	// Refuses says why OfProcess would refuse the network namespace of a process to a user: a *netns.Error, or nil.
	Refuses func(uid uint32, pid int) error
	// NextPort is the number of the port that the kernel would give to the next interface on a Linux bridge.
	NextPort func(bridge string) (uint64, error)
	// Past changes facts as if what is in the way were not, so that what else is can be found; false if it cannot. Nil: the
	// first is enough.
	Past func(f *plan.Facts, obstacle error) bool
}

// Answer is what create would decide. Facts that were not reached are zero.
type Answer struct {
	plan.Plan
	Facts    plan.Facts
	Others   []error            // what else is in the way, once what is before it is not
	Rooms    []netquota.Room    // how much of each allotment is taken
	Whole    bool               // the slots were seen; else the room was counted by the ledger alone
	Known    bool               // false: the namespace of the process cannot be seen by who asks
	Standing privilege.Standing // whose files are believed
	Guard    guard.Nic          // what the filter of the interface would be made for, with 02:00:00:00:00:00 and StandIn for its addresses
}

// Inspect gathers the facts of a question with the rights of whoever asks, and decides as create does. It changes nothing.
// The error is why no interface would be made, or could not be.
func Inspect(q Question) (a Answer, err error) {
	i := inspector{Question: q, seen: &a}
	a.Known, a.Standing = true, privilege.Supposed(q.User.ID)
	wanted := request{verb: "create", nic: anyNic, place: netquota.Place{Type: ifname.Veth, Bridge: q.Bridge}}
	if err := wanted.check(); err != nil {
		return a, err
	}
	i.standing, i.namespace, i.facts.Place = a.Standing, i.lookAtNamespace, wanted.place
	open := account.Trusted(privilege.Reporter())
	directory := account.Unprivileged(open)
	i.listed = members.Unprivileged(open, directory).Of
	if i.facts.Person, err = identifyAs(directory, q.User.ID, append([]uint32{q.User.Primary}, q.Groups...)); err != nil {
		return a, err
	}
	a.Plan, err = i.facts.Gather(plan.Nothing, i.gather)
	a.Facts = i.facts
	if err == nil {
		a.Guard, err = terms{a.Terms}.guarded(i.conn, bridge{a.Link, i.found, i.standing}, netquota.MAC{mark.OfContainer}, StandIn(a.Terms))
	}
	for e := err; e != nil && q.Past != nil && len(a.Others) < mostOthers && q.Past(&i.facts, e); {
		if _, e = i.facts.Gather(plan.Nothing, i.gather); e != nil {
			a.Others = append(a.Others, e)
		}
	}
	return a, err
}

// StandIn is the address that a rule fixes for an interface; else, since it is chosen when one is made, that of a network that
// it is chosen from, which no interface has; invalid where it has none.
func StandIn(t plan.Terms) netip.Addr {
	if t.Fixed.IsValid() {
		return t.Fixed
	}
	for _, pool := range t.Pools {
		if pool.Addr().Is4() {
			return pool.Addr()
		}
	}
	return netip.Addr{}
}

// mostOthers bounds what is looked for.
const mostOthers = 16

// inspector gathers what create learns by acting too.
type inspector struct {
	gatherer
	Question
	seen *Answer
}

// gather gathers one fact.
func (i *inspector) gather(need plan.Need) (err error) {
	switch need {
	case plan.Room:
		i.facts.Room, err = i.look()
		return err
	case plan.Port:
		port, err := i.NextPort(i.Bridge)
		if err != nil {
			return failedWith(whynot.LookUpBridge, i.Bridge, err)
		}
		i.facts.NextPort = &port
		return nil
	case plan.Address:
		i.facts.Address, err = i.choose()
		return err
	case plan.Nothing, plan.Lines, plan.Policy, plan.Namespace, plan.Bridge, plan.OVS:
	}
	return i.gatherer.gather(need)
}

// lookAtNamespace says why the namespace of the process would be refused.
func (i *inspector) lookAtNamespace() error {
	if i.PID == 0 {
		return nil
	}
	err := i.Refuses(i.User.ID, i.PID)
	var refused *netns.Error
	if errors.As(err, &refused) && refused.Reason == netns.Unreachable {
		i.seen.Known = false
		return nil
	}
	if err != nil {
		return notYours(i.User.ID, reference{pid: i.PID, fd: -1}, err)
	}
	return nil
}

// look counts.
func (i *inspector) look() (*netquota.Plan, error) {
	if err := i.dial(); err != nil {
		return nil, err
	}
	here, err := whereabouts(i.conn)
	if err != nil {
		return nil, err
	}
	p, _, _ := plan.Decide(i.facts)
	links := kernel{i.conn, bridge{p.Link, i.found, i.standing}}
	ledger, folder := slots.Locate(paths.Ledger(), paths.Slots(), here)
	ask := func(folder string) (netquota.Plan, error) {
		return slots.Look(ledger, folder, i.facts.Person.Account, p.Allotments, plan.Limits(p.Terms.Limits), links)
	}
	rooms, err := ask(folder)
	i.seen.Whole = !errors.Is(err, unix.EACCES)
	if !i.seen.Whole {
		rooms, err = ask("")
	}
	if err != nil {
		return nil, failed(whynot.Count, err)
	}
	i.seen.Rooms = rooms.Rooms
	return &rooms, nil
}

// choose chooses an address, as for a container that has never had one.
func (i *inspector) choose() (*plan.Choice, error) {
	here, err := whereabouts(i.conn)
	if err != nil {
		return nil, err
	}
	p, _, _ := plan.Decide(i.facts)
	b := bridge{p.Link, i.found, i.standing}
	space, err := terms{p.Terms}.space(i.conn, b)
	if err != nil {
		return nil, err
	}
	_, folder := slots.Locate(paths.Ledger(), paths.Slots(), here)
	holders, err := slots.LookAtAddresses(folder, i.Bridge, kernel{i.conn, b})
	unseen := errors.Is(err, unix.EACCES)
	if err != nil && !unseen {
		return nil, failed(whynot.Count, err)
	}
	c := &plan.Choice{Unseen: unseen}
	c.InUse, c.Of = space.Room(holders)
	_, c.Refusal = space.Choose(holders, terms{p.Terms}.wanted(i.facts.Room.Allotment, netquota.MAC{}, key{}))
	return c, nil
}
