package slots

import (
	"errors"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

// act carries out a plan, but for writing the claim into its slots, and reports whether it could.
func (c *Claim) act(p netquota.Plan) (bool, error) {
	for _, step := range p.Reclaim {
		done, err := c.look.files[step.Of].reclaim(step.Slot, c.look.links)
		if !done || err != nil {
			return false, err
		}
		c.look.removed(step.Nic.Name)
	}
	for _, step := range p.Adopt {
		done, err := c.look.files[step.Of].adopt(step.Slot, step.Nic, c.look.links)
		if !done || err != nil {
			return false, err
		}
	}
	for _, step := range p.Take {
		f := c.look.files[step.Of]
		free, err := f.vacate(step.Slot, c.look.links)
		if !free || err != nil {
			return false, err
		}
		c.held = append(c.held, held{f, step.Slot})
	}
	return true, nil
}

// removed notes that an interface has died, as slots of limits have it too.
func (l *look) removed(name string) {
	for _, f := range l.files {
		for i, s := range f.Seen {
			if s.Name == name && (s.State == netquota.Living || s.State == netquota.Unasked) {
				f.Seen[i].State = netquota.Dead
			}
		}
	}
}

// reclaim removes what a process was making that has died, and empties its slot.
func (f *file) reclaim(i int, links Links) (bool, error) {
	locked, err := f.lock(i)
	if !locked || err != nil {
		return false, err
	}
	if links.Remove(f.record(i).Nic, f.Allotment.Place) != nil {
		f.Seen[i].State = netquota.Stuck
	} else {
		err = f.write(i, netquota.Slot{})
	}
	return f.Seen[i].State == netquota.Empty, errors.Join(err, f.unlock(i))
}

// adopt puts a living interface into a free slot.
func (f *file) adopt(i int, nic netquota.Nic, links Links) (bool, error) {
	free, err := f.vacate(i, links)
	if !free || err != nil {
		return false, err
	}
	return true, errors.Join(f.write(i, netquota.Slot{Nic: nic, State: netquota.Living}), f.unlock(i))
}

// vacate locks a free slot, and removes the port of an interface that is gone; Open vSwitch keeps it otherwise.
func (f *file) vacate(i int, links Links) (bool, error) {
	locked, err := f.lock(i)
	if !locked || err != nil {
		return false, err
	}
	if f.Kind != netquota.OfAllotment || i >= len(f.Seen) || f.Seen[i].State != netquota.Dead || links.RemovePort(f.Seen[i].Nic, f.Allotment.Place) == nil {
		return true, nil
	}
	f.Seen[i].State = netquota.Stuck
	return false, f.unlock(i)
}

// claim counts the interface as begun and writes it into its slots, whose locks are held.
func (c *Claim) claim(p netquota.Plan) (*Claim, error) {
	c.Allotment = p.Allotment
	if err := c.look.begin(); err != nil {
		return nil, errors.Join(err, c.unlock())
	}
	if err := c.write(netquota.Pending); err != nil {
		return nil, err
	}
	return c, nil
}

// write makes the claim's records what they are now.
func (c *Claim) write(state netquota.State) error {
	for _, h := range c.held {
		s := netquota.Slot{Nic: c.Nic, State: state}
		if h.file.Kind != netquota.OfAllotment { // never pending
			s.State = netquota.Living
		}
		if netquota.ParseRecord(s.Record()) == h.file.record(h.slot) {
			continue
		}
		if err := h.file.write(h.slot, s); err != nil {
			return err
		}
	}
	return nil
}

// Complete says that the interface is made as it should be, and lets go of the slots: from here on they are in use as long
// as the interface lives. Errors: those of the files.
func (c *Claim) Complete() error {
	if err := c.write(netquota.Living); err != nil {
		return err
	}
	return c.unlock()
}

// unlock lets go of the slots.
func (c *Claim) unlock() error {
	var all error
	for _, h := range c.held {
		all = errors.Join(all, h.file.unlock(h.slot))
	}
	return all
}

// Abandon frees the slots and takes the row out of the ledger. The interface must no longer live. Errors: those of the files.
func (c *Claim) Abandon() error {
	var all error
	for _, h := range c.held {
		all = errors.Join(all, h.abandon(c.Name))
	}
	return errors.Join(all, c.Unrecord())
}

// abandon empties the slot if name stands in it. After Complete its lock is gone, and with the interface gone too another
// process may already have the slot: then it is not this claim's to write.
func (h held) abandon(name string) error {
	s, locked, err := h.file.read(h.slot)
	if !locked || err != nil {
		return err
	}
	if s.Name == name {
		err = h.file.write(h.slot, netquota.Slot{})
	}
	return errors.Join(err, h.file.unlock(h.slot))
}

// Record writes the row of the claim into the ledger, in place of the row of a dead interface of the account's if there is
// one. Other rows of dead interfaces go, and rows that were lost come back. Errors: those of the ledger and the kernel.
func (c *Claim) Record() error {
	rows, err := c.look.lost()
	dead := c.look.dead()
	if err := errors.Join(err, c.look.err); err != nil {
		return err
	}
	row := ledger.Row{Owner: c.Allotment.Owner, Place: c.Allotment.Place, Nic: c.Name}
	return c.book.ledger.Write(append(rows, row), c.look.reading, dead)
}

// Unrecord takes the row of the claim out of the ledger. Errors: as Forget.
func (c *Claim) Unrecord() error { return c.book.Forget(c.Name) }

// Forget takes the rows of an interface that no longer lives out of the ledger. Errors: those of the ledger's file.
func (b *Book) Forget(nic string) error { return b.ledger.Forget(nic) }
