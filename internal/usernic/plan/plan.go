// Package plan decides about an interface that a user asks for: whether lines of lxc-usernet(5) grant it, what
// policy.toml(5) makes of it, what it is connected to, and whether there is room.
//
// It makes no system call. Decide is a function of facts, and says which fact it waits for: lxc-user-nic gathers them with
// its rights, usernsctl explain with those of whoever asks, and both get the same answer. What is not needed is not looked
// at: callers whom no line grants anything learn nothing about bridges, and have no other program executed for them.
package plan

import (
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/verdict"
)

// Person is who asks.
type Person struct {
	Account netquota.Account // the names that lines of lxc-usernet(5), and rows of the ledger, can have
	Names   []string         // all login names of the user id: the policy is about each
	Groups  []string         // all names of the groups
	Doubt   error            // why some of the groups may have names that are not here; nil if none may
}

// Facts are what is known so far; nil stands for what was not looked at yet.
type Facts struct {
	Person    Person
	Place     netquota.Place
	Container string // as the caller calls it
	Abroad    bool   // the caller asks the service from another network namespace than that of the bridge
	Grants    *Grants
	Policy    *nics.Policy
	Namespace bool           // the container's is one that may be changed, or nobody asks about one
	Device    *Device        // the bridge
	IsOVS     *bool          // whether Open vSwitch calls it its bridge
	Room      *netquota.Plan // before the claim, which looks again
	NextPort  *uint64        // that the kernel would give; it decides when it gives one
	Address   *Choice        // the address that it would get, before one is taken
}

// Grants are what the lines of lxc-usernet(5) grant to the person at the place, in the order of the file.
type Grants struct {
	NoFile     bool // there is no such file
	Allotments []netquota.Allotment
}

// Need is a fact that a decision waits for.
type Need int

// The facts, in the order in which they are asked for.
const (
	Nothing   Need = iota // all is decided
	Lines                 // Facts.Grants
	Policy                // Facts.Policy
	Namespace             // Facts.Namespace
	Bridge                // Facts.Device
	OVS                   // Facts.IsOVS
	Room                  // Facts.Room
	Port                  // Facts.NextPort
	Address               // Facts.Address
)

// Plan is what is decided so far.
type Plan struct {
	Allotments []netquota.Allotment // what the interface may be charged to, in this order
	Terms      Terms                // what it gets
	Link       Link                 // what it is connected to
}

// Decide decides as far as the facts go. It returns what it decided, the fact that it waits for, and why there is to be no
// interface, nil if nothing speaks against one. From Room on nothing is decided for good: lxc-user-nic takes a slot, and
// gets a port, under locks.
func Decide(f Facts) (p Plan, next Need, refused verdict.Reason) {
	if f.Grants == nil {
		return p, Lines, nil
	}
	if len(f.Grants.Allotments) == 0 {
		return p, Nothing, &NotGranted{Person: f.Person, Place: f.Place, NoFile: f.Grants.NoFile}
	}
	p.Allotments = f.Grants.Allotments
	if f.Policy == nil {
		return p, Policy, nil
	}
	if p.Terms, refused = f.terms(); refused != nil {
		return p, Nothing, refused
	}
	if _, refused = Reach(f); refused != nil {
		return p, Nothing, refused
	}
	if !f.Namespace {
		return p, Namespace, nil
	}
	if p.Link, next, refused = f.link(); next != Nothing || refused != nil {
		return p, next, refused
	}
	if refused = p.Terms.possible(p.Link); refused != nil {
		return p, Nothing, refused
	}
	if next, refused = f.room(p); next != Nothing || refused != nil {
		return p, next, refused
	}
	next, refused = f.address(p.Terms)
	return p, next, refused
}

// Reach decides whether somebody may ask from the network namespace that they are in, to create or to delete. It waits for the
// policy at most, and for nothing where they are in that of the bridge.
func Reach(f Facts) (next Need, refused verdict.Reason) {
	switch {
	case !f.Abroad:
		return Nothing, nil
	case f.Policy == nil:
		return Policy, nil
	}
	terms, refused := f.terms()
	if refused == nil && !terms.OtherNetworks {
		refused = &OtherNetwork{Line: f.Policy.Where(terms.Subject, nics.OtherNetworks).Line}
	}
	return Nothing, refused
}

// Gather asks for fact after fact until all is decided before last, Nothing for all. The error is a refusal, or that of fact.
func (f *Facts) Gather(last Need, fact func(Need) error) (Plan, error) {
	for {
		p, next, refused := Decide(*f)
		if refused != nil {
			return p, refused
		}
		if next == Nothing || next == last {
			return p, nil
		}
		if err := fact(next); err != nil {
			return p, err
		}
	}
}

// room decides whether there is room.
func (f Facts) room(p Plan) (Need, verdict.Reason) {
	if f.Room == nil {
		return Room, nil
	}
	if f.Room.Refusal != nil {
		return Nothing, p.Terms.Without(f.Person.Account.Names[0], f.Room.Refusal)
	}
	if p.Link.Kind != Linux {
		return Nothing, nil
	}
	if f.NextPort == nil {
		return Port, nil
	}
	if *f.NextPort > ifname.BridgePorts {
		return Nothing, &BridgeFull{f.Place.Bridge}
	}
	return Nothing, p.Terms.KeepsFree(p.Link, *f.NextPort)
}
