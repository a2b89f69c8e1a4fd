package usernic

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/netnsfd"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/paths"
	"userns-helpers/internal/policy"
	"userns-helpers/internal/rtnl"
	"userns-helpers/internal/trusted"
	"userns-helpers/internal/verdict"
)

// Question is whether somebody who calls the program right after login would be given an interface.
type Question struct {
	User   account.User
	Groups []uint32 // the supplementary ones
	Bridge string   // or "none"
	PID    int      // of a process of the container; 0 to ask about none
}

// Answer is what create would decide, with the code that decides it. Facts that were not reached are zero.
type Answer struct {
	Who     netquota.Account
	Rooms   []netquota.Room  // the charges that apply, and how much of each is taken
	Whole   bool             // the slots were seen; else Rooms were counted by the ledger alone
	Policy  []policy.Setting // what the interface would get, key by key
	Known   bool             // false: the namespace of the process cannot be seen by who asks
	Refusal error            // nil: it would be made, *verdict.Refusal: it would not; *verdict.Failure: it could not
}

// Inspect answers a question. It changes nothing.
func Inspect(q Question) Answer {
	a := Answer{Known: true}
	a.Refusal = a.find(q)
	return a
}

// find goes through what perform and create do, in their order, and stops at the first refusal.
func (a *Answer) find(q Question) (err error) {
	wanted := request{verb: "create", nic: anyNic, place: netquota.Place{Type: typeVeth, Bridge: q.Bridge}}
	if err := wanted.check(); err != nil {
		return err
	}
	var doubt string
	directory := account.Unprivileged(account.OpenTrusted)
	if a.Who, doubt, err = identifyAs(directory, q.User.UID, append([]uint32{q.User.GID}, q.Groups...)); err != nil {
		return err
	}
	charges, err := allowance(a.Who, doubt, wanted.place)
	if err != nil {
		return err
	}
	if err := a.findNamespace(q); err != nil {
		return err
	}
	conn, err := rtnl.Dial()
	if err != nil {
		return failed("Failed to open a netlink socket", err)
	}
	found, err := findBridge(conn, q.Bridge)
	if err != nil {
		return err
	}
	if err := a.findPolicy(q); err != nil {
		return err
	}
	return a.findRoom(charges, wanted.place, kernel{conn, found})
}

// findNamespace says why the namespace of the process would be refused.
func (a *Answer) findNamespace(q Question) error {
	if q.PID == 0 {
		return nil
	}
	err := netnsfd.WouldRefuse(q.User.UID, q.PID)
	var refused *netnsfd.Error
	if errors.As(err, &refused) && refused.Reason == netnsfd.Unreachable {
		a.Known = false
		return nil
	}
	if err != nil {
		return notYours(q.User.UID, reference{pid: q.PID, fd: -1}, err)
	}
	return nil
}

// findRoom counts, and says whether there is room.
func (a *Answer) findRoom(charges []netquota.Charge, place netquota.Place, links kernel) (err error) {
	a.Whole = true
	a.Rooms, err = netquota.Rooms(paths.Ledger(), paths.Slots(), a.Who, charges, links)
	if errors.Is(err, unix.EACCES) {
		a.Whole = false
		a.Rooms, err = netquota.Rooms(paths.Ledger(), "", a.Who, charges, links)
	}
	if err != nil {
		return failed("Failed to count the interfaces", err)
	}
	for _, room := range a.Rooms {
		if room.Taken < room.Charge.Quota {
			return nil
		}
	}
	return notClaimed(place, &netquota.FullError{Charges: charges})
}

// findPolicy says what the policy gives to the interface.
func (a *Answer) findPolicy(q Question) error {
	read, err := readPolicy()
	if err != nil {
		return err
	}
	a.Policy = read.Explain(policy.Subject{UID: a.Who.UID, Names: a.Who.Names, Groups: a.Who.Groups, Bridge: q.Bridge})
	return nil
}

// readPolicy reads the policy.
func readPolicy() (*policy.Policy, error) {
	const headline = "Refused by the policy "
	file, err := trusted.OpenOptional(paths.Policy())
	if err != nil {
		return nil, &verdict.Failure{Headline: headline + paths.Policy(), Advice: err.Error(), Err: err}
	}
	if file == nil {
		return &policy.Policy{}, nil
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, policy.LongestFile+1))
	if err != nil {
		return nil, failed(headline+paths.Policy(), err)
	}
	read, err := policy.Parse(text)
	if err != nil {
		return nil, refuse(headline+paths.Policy(), err.Error())
	}
	return read, nil
}
