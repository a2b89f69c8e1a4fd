package slots

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// Claim is a slot that this process holds, for an interface that it is about to make, and one of each limit that holds.
// It ends with Complete or Abandon; if the process dies before, whoever comes next to the allotment removes what was made
// and frees its slot, and with the interface gone the others are free.
type Claim struct {
	Allotment    netquota.Allotment
	netquota.Nic // what is known of the interface: a name that nobody else is using or about to; then what its maker learns

	book    *Book
	survey  *survey
	places  []place  // its slots: those of the limits, then that of the allotment
	blocked []*slots // what had no free slot, in the last attempt
}

// place is one slot.
type place struct {
	file *slots
	slot int
}

// A slot may be held by a process that fails a moment later, or by the interface of a container that has ended and that
// the kernel has not cleaned up yet, as when a container is started again at once. So the slots are looked at again, looks
// times at most, pause nanoseconds apart. That bounds what waiting adds to a whole call: 0.8 s, for whatever reasons.
const (
	looks = 160
	pause = 5_000_000
)

// Claim takes a slot for a new interface of who: of the first of allotments that has a free one, and that the limits leave
// room in. Interfaces that were being made when their process died are removed, and those that are in no slot yet are put
// into one.
//
// Errors: *OverQuota, *OverLimit, and failures of the files or the kernel, in which case nothing is claimed. It is called
// with effective ids 0.
func (b *Book) Claim(who netquota.Account, allotments []netquota.Allotment, limits netquota.Limits, links Links) (*Claim, error) {
	s, err := b.look(who, allotments, limits, links)
	if err != nil {
		return nil, err
	}
	c := &Claim{book: b, survey: s, Nic: netquota.Named("")}
	if c.Name, err = b.freeName(s, links); err != nil {
		return nil, err
	}
	for {
		taken, soon, err := c.attempt(links)
		switch {
		case err != nil:
			return nil, err
		case taken:
			return c, nil
		case !soon || !b.wait():
			return nil, c.refusal()
		}
		if err := s.reload(); err != nil {
			return nil, err
		}
	}
}

// wait waits between two looks, and reports whether there may be another.
func (b *Book) wait() bool {
	b.looks--
	if b.looks <= 0 {
		return false
	}
	_ = unix.Nanosleep(&unix.Timespec{Nsec: b.pause}, nil)
	return true
}

// attempt tidies up and takes slots; soon reports that one may be free soon.
func (c *Claim) attempt(links Links) (taken, soon bool, err error) {
	if err := c.survey.tidy(links); err != nil {
		return false, false, err
	}
	taken, err = c.takeAll(links)
	if taken || err != nil {
		return taken, false, err
	}
	for _, file := range c.blocked {
		soon = soon || file.busy
	}
	if soon {
		return false, true, nil
	}
	return false, leaving(c.blocked, links), nil
}

// refusal says what had no room: a limit before a quota, as a limit holds wherever there is room.
func (c *Claim) refusal() error {
	for _, file := range c.blocked {
		if file.full != nil {
			return file.reached()
		}
	}
	return c.survey.full()
}

// write makes the claim's records what they are now.
func (c *Claim) write(s state) error {
	for _, p := range c.places {
		r := record{c.Nic, s}
		if p.file.isLimit() {
			r = c.ofLimit(s)
		}
		if r == p.file.record(p.slot) {
			continue
		}
		if err := p.file.write(p.slot, r); err != nil {
			return err
		}
	}
	return nil
}

// ofLimit is the record in a slot of a limit, which is never pending. It tells more than the name when that is known for good,
// so that it is written no more than twice.
func (c *Claim) ofLimit(s state) record {
	if s == pending {
		return record{netquota.Named(c.Name), complete}
	}
	return record{c.Nic, complete}
}

// Record writes the row of the claim into the ledger, in the place of the row of a dead interface of the account's if
// there is one. The other rows of dead interfaces go, and rows that the ledger has lost come back.
func (c *Claim) Record(links Links) error {
	dead, err := c.survey.dead(links)
	if err != nil {
		return err
	}
	rows, err := c.survey.missing(c.book, links)
	if err != nil {
		return err
	}
	return c.book.record(append(rows, Row{c.Allotment.Owner, c.Allotment.Place, c.Name}), &c.survey.sheet, dead)
}

// Complete says that the interface is made as it should be, and lets go of the slots: from here on they are taken as long
// as the interface lives.
func (c *Claim) Complete() error {
	if err := c.write(complete); err != nil {
		return err
	}
	return c.unlock()
}

// unlock lets go of the slots.
func (c *Claim) unlock() error {
	var all error
	for _, p := range c.places {
		all = errors.Join(all, p.file.unlock(p.slot))
	}
	return all
}

// Abandon frees the slots and takes the row out of the ledger. The interface must not live any more.
func (c *Claim) Abandon() error {
	var all error
	for _, p := range c.places {
		all = errors.Join(all, p.release(c.Name))
	}
	return errors.Join(all, c.Unrecord())
}

// release frees the slot if name stands in it. After Complete its lock is gone, and with the interface gone too another
// process may have the slot by now: then it is not this claim's to write.
func (p place) release(name string) error {
	held, err := p.file.lock(p.slot)
	if !held || err != nil {
		return err
	}
	if p.file.records[p.slot].Name == name {
		err = p.file.write(p.slot, record{})
	}
	return errors.Join(err, p.file.unlock(p.slot))
}

// Unrecord takes the row of the claim out of the ledger.
func (c *Claim) Unrecord() error {
	return c.book.Forget(c.Name)
}
