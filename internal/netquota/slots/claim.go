package slots

import (
	"encoding/binary"
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

// Claim is a slot that this process holds, for an interface that it is about to make, and one of each limit that holds.
// It ends with Complete or Abandon; if the process dies before, whoever comes next to the allotment removes what was made
// and frees its slot, and with the interface gone the others are free.
type Claim struct {
	Allotment    netquota.Allotment
	netquota.Nic // what is known of the interface: a name that nobody else is using or about to; then what its maker learns

	book *Book
	look *look
	held []held // its slots: those of the limits, then that of the allotment
}

// held is a slot whose lock this process holds.
type held struct {
	file *file
	slot int
}

// A slot may be held by a process that fails a moment later, or by the interface of a container that has ended and that
// the kernel has not cleaned up yet, as when a container is started again at once. So the slots are looked at again, looks
// times at most, pause nanoseconds apart. That bounds what waiting adds to a whole call: 0.8 s, for whatever reasons.
const (
	looks = 160
	pause = 5_000_000
)

// Claim takes a slot for a new interface of who: of the first of the allotments that has a free one, and that the limits
// leave room in; and counts it as begun. What was being made by processes that died is removed, and interfaces that are in
// no slot yet are put into one.
//
// Errors: *OverQuota, *OverLimit and *RateLimited of package netquota, and failures of the files or the kernel, in which
// cases nothing is claimed. It is called with effective ids 0.
func (b *Book) Claim(who netquota.Account, allotments []netquota.Allotment, limits netquota.Limits, links Links) (*Claim, error) {
	l, err := b.look(who, allotments, limits, links)
	if err != nil {
		return nil, err
	}
	c := &Claim{book: b, look: l, Nic: netquota.Named("")}
	if c.Name, err = b.freeName(l); err != nil {
		return nil, err
	}
	for {
		p, err := c.attempt()
		if err != nil {
			return nil, err
		}
		if p.Refusal == nil {
			return c.claim(p)
		}
		if !p.Soon() && !l.leaving(p.Missing) || !b.wait() {
			return nil, p.Refusal
		}
		if err := l.snap(); err != nil {
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

// leaving reports whether an interface in one of slots is about to go.
func (l *look) leaving(slots []*netquota.Slots) bool {
	for _, of := range slots {
		for _, s := range of.Within() {
			if s.Name != "" && l.links.Leaving(s.Nic) {
				return true
			}
		}
	}
	return false
}

// attempt acts on a plan. Where a slot is not any more what it was, that is noted, and there is another plan: one less slot
// to choose from each time. What the last of them needs is locked; or it is a refusal, and nothing is.
func (c *Claim) attempt() (netquota.Plan, error) {
	for {
		p, err := c.look.plan()
		if err != nil {
			return p, err
		}
		done, err := c.act(p)
		if done && err == nil {
			return p, nil
		}
		if err := errors.Join(err, c.unlock()); err != nil {
			return p, err
		}
		c.held = nil
	}
}

// act carries out a plan, but for writing the claim into its slots, and reports whether it could.
func (c *Claim) act(p netquota.Plan) (bool, error) {
	for _, step := range p.Reclaim {
		done, err := c.look.files[step.Of].reclaim(step.Slot, c.look.links)
		if !done || err != nil {
			return false, err
		}
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
	if err := c.book.begin(c.look.UID, c.look.PerMinute); err != nil {
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
		if h.file.Kind != netquota.OfAllotment { // never pending, and written no more than twice
			s.State = netquota.Living
			if state == netquota.Pending {
				s.Nic = netquota.Named(c.Name)
			}
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
// as the interface lives.
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

// Abandon frees the slots and takes the row out of the ledger. The interface must not live any more.
func (c *Claim) Abandon() error {
	var all error
	for _, h := range c.held {
		all = errors.Join(all, h.abandon(c.Name))
	}
	return errors.Join(all, c.Unrecord())
}

// abandon empties the slot if name stands in it. After Complete its lock is gone, and with the interface gone too another
// process may have the slot by now: then it is not this claim's to write.
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

// Record writes the row of the claim into the ledger, in the place of the row of a dead interface of the account's if
// there is one. The other rows of dead interfaces go, and rows that the ledger has lost come back.
func (c *Claim) Record() error {
	rows, err := c.look.lost()
	dead := c.look.dead()
	if err := errors.Join(err, c.look.err); err != nil {
		return err
	}
	row := ledger.Row{Owner: c.Allotment.Owner, Place: c.Allotment.Place, Nic: c.Name}
	return c.book.ledger.Write(append(rows, row), c.look.reading, dead)
}

// Unrecord takes the row of the claim out of the ledger.
func (c *Claim) Unrecord() error { return c.book.Forget(c.Name) }

// Forget takes the rows of an interface out of the ledger that does not live any more.
func (b *Book) Forget(nic string) error { return b.ledger.Forget(nic) }

// errNoName says that the random names ran into taken ones, which takes millions of interfaces.
var errNoName = errors.New("no free interface name was found")

// freeName picks a random name of the user's that no interface and no slot has, and claims it against other processes.
func (b *Book) freeName(l *look) (string, error) {
	for range 100 {
		n, err := random()
		if err != nil {
			return "", err
		}
		name := netquota.HostName(l.UID, n)
		held, err := b.claim(nameByte(l.UID, n))
		if err != nil {
			return "", err
		}
		isNamed := func(f *file) bool { return f.isLower(name, len(f.Seen)) }
		if !held || slices.ContainsFunc(l.files, isNamed) {
			continue
		}
		if !l.exists(name) {
			return name, l.err
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
	return uint32(binary.NativeEndian.Uint64(bytes[:]) % netquota.Suffixes), nil
}

// Rename picks another name, for when the kernel says that somebody took the claim's name after all.
func (c *Claim) Rename() error {
	name, err := c.book.freeName(c.look)
	if err != nil {
		return err
	}
	c.Name = name
	return c.write(netquota.Pending)
}

// Reserve makes mac the address of the claim and reports whether it could: not if a process that still runs has reserved
// it, or a living interface of the account has it. The lock comes first, so that who had it has written it by then. An
// interface that is about to go is waited for, within the bound of the whole call: a container that is started again at
// once is to get its address again.
func (c *Claim) Reserve(mac netquota.MAC) (bool, error) {
	held, err := c.book.claim(macByte(mac))
	if !held || err != nil {
		return false, err
	}
	for {
		user, taken, err := c.look.user(mac)
		if err != nil {
			return false, err
		}
		if !taken {
			c.MAC = mac
			return true, c.write(netquota.Pending)
		}
		if !c.look.links.Leaving(user) || !c.book.wait() {
			return false, nil
		}
	}
}

// user is the living interface of the account that has an address, if there is one.
func (l *look) user(mac netquota.MAC) (netquota.Nic, bool, error) {
	for _, f := range l.files {
		if err := f.load(); err != nil {
			return netquota.Nic{}, false, err
		}
		for _, s := range f.records {
			if s.Name != "" && s.MAC == mac && l.lives(s.Nic) {
				return s.Nic, true, l.err
			}
		}
	}
	return netquota.Nic{}, false, l.err
}
