package netquota

import "slices"

// State is that of one slot. Package slots moves slots from one to another; docs/ledger.md has the transitions.
//
//	            record   lock                  row in the ledger         interface
//	Empty       blanks   free                  none                      none
//	Pending     - NAME   held by its maker     none yet, or one          none yet, or being made
//	Abandoned   - NAME   free: its maker died  none, or one              none, or half made
//	Living      + NAME   free                  one, or lost              lives
//	Dead        + NAME   free                  one until its place goes  has gone
//	Duplicate   + NAME   free                  that of the lower slot    is that of the lower slot
type State uint8

// The states. A slot whose lock is held is Pending, whatever its record: some process is at work on it.
const (
	Empty State = iota
	Pending
	Abandoned
	Stuck   // Abandoned, and what was being made cannot be removed; or Dead, and its port cannot: in use
	Unasked // Living or Dead: not asked yet, and in use until it is
	Living
	Dead
	Duplicate
)

// IsFree reports whether an interface can take a slot: what has died stays dead, as a record names one interface for good.
func (s State) IsFree() bool { return s == Empty || s == Dead || s == Duplicate }

// IsPending reports whether the record of a slot says that its interface is not complete.
func (s State) IsPending() bool { return s == Pending || s == Abandoned }

// Slot is a slot as it was seen.
type Slot struct {
	Nic
	State State
}

// Kind says what the interfaces in slots count for.
type Kind uint8

// The kinds of slots.
const (
	OfAllotment Kind = iota
	OfMember         // the limit of a group's member; Allotment is the group's
	OfUser           // the limit of a user, for all allotments
)

// Slots are those of an allotment or of a limit, as they were seen.
type Slots struct {
	Kind      Kind
	Allotment Allotment
	Quota     uint64 // how many interfaces may live at once
	Seen      []Slot // from slot 0; all that follow are empty
	Unslotted []Nic  // living interfaces that count here and are in none of the slots that may be used
	over      bool   // one of these has found no slot
}

// MostSlots bounds slots whatever the quota says: a Linux bridge ends at 1023 ports.
const MostSlots = 1 << 16

// Usable is the number of slots that may be used.
func (s *Slots) Usable() int { return int(min(s.Quota, MostSlots)) }

// Within are the slots seen of those that may be used.
func (s *Slots) Within() []Slot { return s.Seen[:min(s.Usable(), len(s.Seen))] }

// Has reports whether a slot that may be used has a living interface, by its name or as it is known otherwise: a name is
// of one interface for good, and an address is not.
func (s *Slots) Has(nic Nic) bool {
	return slices.ContainsFunc(s.Within(), func(t Slot) bool {
		return t.Name != "" && (t.Name == nic.Name || t.Is(nic) && !t.State.IsFree())
	})
}

// free is the lowest slot that is free, -1 if there is none.
func (s *Slots) free() int {
	i := slices.IndexFunc(s.Within(), func(t Slot) bool { return t.State.IsFree() })
	if i < 0 && len(s.Seen) < s.Usable() {
		return len(s.Seen)
	}
	return i
}

// Put makes a slot what it is now.
func (s *Slots) Put(i int, slot Slot) {
	for len(s.Seen) <= i {
		s.Seen = append(s.Seen, Slot{})
	}
	s.Seen[i] = slot
}

// taken is how many slots are not free.
func (s *Slots) taken() (n uint64) {
	for _, slot := range s.Within() {
		if !slot.State.IsFree() {
			n++
		}
	}
	return n
}

// inUse are the interfaces in slots.
func (s *Slots) inUse() (u InUse) {
	for _, slot := range s.Within() {
		switch {
		case slot.Name == "":
		case len(u.Names) < mostInUse:
			u.Names = append(u.Names, slot.Name)
		default:
			u.More++
		}
	}
	return u
}

// Snapshot is all that decides whether an account may have another interface.
type Snapshot struct {
	UID        uint32
	Allotments []Allotment
	Slots      []*Slots // those of the allotments; of the limits of members; of the limit of the user
	Unlisted   []Nic    // living interfaces with a name of the user's, at the place, that no row and no slot has
	PerMinute  Limit
	Begun      []uint64 // of each beginning that counts for that limit: how long it does, in nanoseconds
}
