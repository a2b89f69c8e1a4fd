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

// attempt acts on a plan. Where a slot is no longer what it was, that is noted, and there is another plan: one less slot
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
