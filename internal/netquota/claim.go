package netquota

import (
	"encoding/binary"
	"errors"
	"strconv"

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

// FullError says that every charge has as many living interfaces as its quota.
type FullError struct{ Charges []Charge }

// Error names each charge and its quota.
func (e *FullError) Error() string {
	text := "the quota is used up:"
	for i, c := range e.Charges {
		if i > 0 {
			text += ","
		}
		quota := strconv.FormatUint(c.Quota, 10)
		text += " " + quota + " of " + quota + " by " + c.Owner + " (line " + strconv.Itoa(c.Line) + ")"
	}
	return text
}

// A slot may be held by a process that fails a moment later: before a refusal the slots are looked at again, looks times
// pause nanoseconds apart. That bounds what a frozen process can add to a refusal: 100 ms.
const (
	looks = 20
	pause = 5_000_000
)

// errNoName says that the random names ran into taken ones, which takes millions of interfaces.
var errNoName = errors.New("no free interface name was found")

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
	if err := s.tidy(links); err != nil {
		return nil, err
	}
	if c.Name, err = b.freeName(s, links); err != nil {
		return nil, err
	}
	for range looks {
		taken, busy, err := c.takeFirst(links)
		if taken || err != nil {
			return c, err
		}
		if !busy {
			break
		}
		_ = unix.Nanosleep(&unix.Timespec{Nsec: pause}, nil)
		if err := s.reload(); err != nil {
			return nil, err
		}
	}
	return nil, &FullError{charges}
}

// tidy frees the slots of processes that died, and puts strays and orphans into slots.
func (s *survey) tidy(links Links) error {
	for _, file := range s.slots {
		if err := file.repair(links); err != nil {
			return err
		}
	}
	for i, file := range s.slots {
		strays, err := s.strays(i, links)
		if err != nil {
			return err
		}
		for _, name := range strays {
			if _, err := file.adopt(name, links); err != nil {
				return err
			}
		}
	}
	return s.adoptOrphans(links)
}

// adoptOrphans charges each orphan to the first charge that has room, as if it were made now.
func (s *survey) adoptOrphans(links Links) error {
	orphans, err := s.orphans(links)
	if err != nil {
		return err
	}
	for _, name := range orphans {
		for _, file := range s.slots {
			adopted, err := file.adopt(name, links)
			if err != nil {
				return err
			}
			if adopted {
				break
			}
		}
	}
	return nil
}

// repair frees the slots whose process died before it was done, and removes what it made.
func (s *slots) repair(links Links) error {
	for i, r := range s.records {
		if r.state != pending {
			continue
		}
		held, err := s.lock(i)
		if err != nil {
			return err
		}
		if !held {
			continue
		}
		if err := s.discard(i, links); err != nil {
			return err
		}
		if err := s.unlock(i); err != nil {
			return err
		}
	}
	return nil
}

// discard removes the interface of slot i, whose lock is held, if it is not complete.
func (s *slots) discard(i int, links Links) error {
	if s.records[i].state != pending {
		return nil
	}
	if err := links.Remove(s.records[i].name, s.charge.Place); err != nil {
		return err
	}
	return s.write(i, record{})
}

// adopt puts a living interface into a free slot, and reports whether it could.
func (s *slots) adopt(name string, links Links) (bool, error) {
	i, _, err := s.take(links)
	if i < 0 || err != nil {
		return false, err
	}
	if err := s.write(i, record{name: name, state: complete}); err != nil {
		return false, err
	}
	return true, s.unlock(i)
}

// take locks the first free slot and returns its number, or -1; busy reports that some slot was held by a process that
// is at work on it.
func (s *slots) take(links Links) (slot int, busy bool, err error) {
	for i := range s.quota() {
		free, err := s.free(i, links)
		if err != nil {
			return -1, busy, err
		}
		if !free {
			busy = busy || s.record(i).state == pending
			continue
		}
		held, err := s.lock(i)
		if err != nil {
			return -1, busy, err
		}
		if !held {
			busy = true
			continue
		}
		free, err = s.freeUnderLock(i, links)
		if free || err != nil {
			return i, busy, err
		}
		if err := s.unlock(i); err != nil {
			return -1, busy, err
		}
	}
	return -1, busy, nil
}

// free reports whether slot i seems to be free: it has no interface, or one that is complete and does not live, or one
// that stands in a lower slot too. One that is being made is not free.
func (s *slots) free(i int, links Links) (bool, error) {
	r := s.record(i)
	switch {
	case r.name == "" || s.holds(r.name, i):
		return true, nil
	case r.state == pending:
		return false, nil
	}
	alive, err := links.Exists(r.name)
	return !alive, err
}

// freeUnderLock makes sure of it: the record is the current one, and if it is pending its process has died. The port of
// an interface that is gone goes too; Open vSwitch keeps it otherwise.
func (s *slots) freeUnderLock(i int, links Links) (bool, error) {
	if err := s.discard(i, links); err != nil {
		return false, err
	}
	free, err := s.free(i, links)
	if !free || err != nil || s.records[i].name == "" || s.holds(s.records[i].name, i) {
		return free, err
	}
	return true, links.Remove(s.records[i].name, s.charge.Place)
}

// takeFirst takes a slot of the first charge that has a free one, and writes the claim into it.
func (c *Claim) takeFirst(links Links) (taken, busy bool, err error) {
	for _, file := range c.survey.slots {
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

// freeName picks a random name of the user's that no interface and no slot has, and claims it against other processes.
func (b *Book) freeName(s *survey, links Links) (string, error) {
	for range 100 {
		n, err := random()
		if err != nil {
			return "", err
		}
		name := HostName(s.who.UID, n)
		held, err := try(b.claims, exclusive, nameByte(s.who.UID, n), 1)
		if err != nil {
			return "", err
		}
		if !held || s.stateOf(name) != 0 {
			continue
		}
		alive, err := links.Exists(name)
		if !alive || err != nil {
			return name, err
		}
	}
	return "", errNoName
}

// random is a number of a name, from the kernel's generator.
func random() (uint32, error) {
	var bytes [8]byte
	if _, err := unix.Getrandom(bytes[:], 0); err != nil {
		return 0, err
	}
	return uint32(binary.NativeEndian.Uint64(bytes[:]) % suffixes), nil
}

// Rename picks another name, for when the kernel says that somebody took the claim's name after all.
func (c *Claim) Rename(links Links) error {
	name, err := c.book.freeName(c.survey, links)
	if err != nil {
		return err
	}
	c.Name = name
	return c.write(pending)
}

// Reserve makes mac the address of the claim and reports whether it could: not if a process that still runs has reserved
// it, or a living interface of the account has it. The lock comes first, so that who had it has written it by then.
func (c *Claim) Reserve(mac MAC, links Links) (bool, error) {
	held, err := try(c.book.claims, exclusive, mac.byteOf(), 1)
	if !held || err != nil {
		return false, err
	}
	if err := c.survey.reload(); err != nil {
		return false, err
	}
	used, err := c.survey.uses(mac, links)
	if used || err != nil {
		return false, err
	}
	c.mac = mac
	return true, c.write(pending)
}

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
	return c.book.record(append(rows, Row{c.Charge.Owner, c.Charge.Place, c.Name}), dead)
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
func (c *Claim) Abandon() error {
	return errors.Join(
		c.file.write(c.slot, record{}),
		c.file.unlock(c.slot),
		c.Unrecord())
}

// Unrecord takes the row of the claim out of the ledger.
func (c *Claim) Unrecord() error { return c.book.Forget(map[string]bool{c.Name: true}) }
