package netquota

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Claim is a slot that this process holds, for an interface that it is about to make. It ends with Complete or Abandon;
// if the process dies before, whoever comes next to the charge removes what was made and frees the slot.
type Claim struct {
	Charge Charge
	Name   string // of the interface on the host: nobody else is using it or about to

	book   *Book
	survey *survey
	file   *slots
	slot   int
	mac    MAC
}

// A slot may be held by a process that fails a moment later, or by the interface of a container that has ended and that
// the kernel has not cleaned up yet, as when a container is started again at once. So the slots are looked at again, looks
// times at most, pause nanoseconds apart. That bounds what waiting adds to a whole call: 0.8 s, for whatever reasons.
const (
	looks = 160
	pause = 5_000_000
)

// Claim takes a slot for a new interface of who: of the first of charges that has a free one. Interfaces that were being
// made when their process died are removed, and those that are in no slot yet are put into one.
//
// Errors: *FullError, and failures of the files or the kernel, in which case nothing is claimed. It is called with
// effective ids 0.
func (b *Book) Claim(who Account, charges []Charge, links Links) (*Claim, error) {
	s, err := b.look(who, charges, links)
	if err != nil {
		return nil, err
	}
	c := &Claim{book: b, survey: s}
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
			return nil, &FullError{charges}
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

// attempt tidies up and takes a slot; soon reports that one may be free soon.
func (c *Claim) attempt(links Links) (taken, soon bool, err error) {
	if err := c.survey.tidy(links); err != nil {
		return false, false, err
	}
	taken, soon, err = c.takeFirst(links)
	if taken || soon || err != nil {
		return taken, soon, err
	}
	soon, err = c.survey.leaving(links)
	return false, soon, err
}

// takeFirst takes a slot of the first charge that has a free one, and writes the claim into it.
func (c *Claim) takeFirst(links Links) (taken, busy bool, err error) {
	for _, file := range c.survey.slots {
		if file.crowded {
			busy = busy || file.busy
			continue
		}
		slot, held, err := file.take(links)
		if err != nil {
			return false, false, err
		}
		busy = busy || held
		if slot >= 0 {
			c.Charge, c.file, c.slot = file.charge, file, slot
			return true, false, c.write(pending)
		}
	}
	return false, busy, nil
}

// write makes the claim's record what it is now.
func (c *Claim) write(s state) error { return c.file.write(c.slot, record{c.Name, s, c.mac}) }

// Record writes the row of the claim into the ledger. Rows of the account's dead interfaces go on this occasion, and
// rows that the ledger has lost come back.
func (c *Claim) Record(links Links) error {
	dead, err := c.survey.dead(links)
	if err != nil {
		return err
	}
	rows, err := c.survey.missing(c.book)
	if err != nil {
		return err
	}
	return c.book.record(c.survey.who.UID, append(rows, Row{c.Charge.Owner, c.Charge.Place, c.Name}), dead)
}

// Complete says that the interface is made as it should be, and lets go of the slot: from here on it is taken as long as
// the interface lives.
func (c *Claim) Complete() error {
	if err := c.write(complete); err != nil {
		return err
	}
	return c.file.unlock(c.slot)
}

// Abandon frees the slot and takes the row out of the ledger. The interface must not live any more.
func (c *Claim) Abandon() error { return errors.Join(c.release(), c.Unrecord()) }

// release frees the slot. After Complete its lock is gone, and with the interface gone too another process may have the
// slot by now: then it is not this claim's to write.
func (c *Claim) release() error {
	held, err := c.file.lock(c.slot)
	if !held || err != nil {
		return err
	}
	if c.file.records[c.slot].name == c.Name {
		err = c.file.write(c.slot, record{})
	}
	return errors.Join(err, c.file.unlock(c.slot))
}

// Unrecord takes the row of the claim out of the ledger.
func (c *Claim) Unrecord() error {
	return c.book.Forget(c.survey.who.UID, map[string]bool{c.Name: true})
}
