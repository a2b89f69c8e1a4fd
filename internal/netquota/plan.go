package netquota

import "slices"

// Plan is what there is to do for another interface: all of it, or, where it is refused, all but Take.
type Plan struct {
	Reclaim   []Step    // slots of processes that died: what they were making goes
	Adopt     []Step    // interfaces that are in no slot go into one
	Take      []Step    // slots for the new one: of the limits, then of the allotment
	Allotment Allotment // that it is charged to
	Rooms     []Room    // of each allotment
	Refusal   error     // *OverLimit, *OverQuota, *RateLimited; nil: there is room
	Missing   []*Slots  // those that have none free, as they are after Adopt
}

// Step is about one slot.
type Step struct {
	Of, Slot int // of which of Snapshot.Slots; the slot there
	Nic      Nic // Adopt: that goes into it
}

// Room is how much of an allotment is taken.
type Room struct {
	Allotment Allotment
	Taken     uint64
}

// Plan decides. It is pure: lxc-user-nic acts on what it says, and usernsctl prints it.
//
// Interfaces that are in no slot count first. Where no slot is left for one, its allotment has as many as its quota, or
// more, and takes no other, whatever becomes free. The same with limits. A limit is the reason rather than a quota, as it
// holds wherever there is room.
func (s *Snapshot) Plan() Plan {
	d := draft{Snapshot: *s}
	d.Slots = nil
	for of, slots := range s.Slots {
		d.reclaim(of, *slots)
	}
	d.adoptAll()
	for _, of := range d.Slots {
		if of.Kind == OfAllotment {
			d.Rooms = append(d.Rooms, Room{of.Allotment, of.taken()})
		}
	}
	if d.take(); d.Refusal == nil {
		_, d.Refusal = s.Begin()
	}
	if d.Refusal != nil {
		d.Take = nil
	}
	return d.Plan
}

// Soon reports whether a slot that is missing may be free soon: some process is at work on it.
func (p Plan) Soon() bool {
	return slices.ContainsFunc(p.Missing, func(of *Slots) bool {
		return slices.ContainsFunc(of.Within(), func(s Slot) bool { return s.State == Pending })
	})
}

// draft is a plan in the making, with the slots as they are once it is carried out.
type draft struct {
	Snapshot
	Plan
}

// reclaim frees the slots whose process has died.
func (d *draft) reclaim(of int, now Slots) {
	now.Seen = slices.Clone(now.Seen)
	for i, slot := range now.Seen {
		if slot.State == Abandoned {
			d.Reclaim = append(d.Reclaim, Step{Of: of, Slot: i})
			now.Seen[i] = Slot{}
		}
	}
	d.Slots = append(d.Slots, &now)
}

// adoptAll puts each interface that is in no slot into one: of its allotment, or, where that is not known, of the first
// that has room, as if it were made now; and of the limits that it counts for.
func (d *draft) adoptAll() {
	d.adoptEach(func(k Kind) bool { return k == OfAllotment })
	for _, nic := range d.Unlisted {
		isAdopted := func(of *Slots) bool { return of.Kind == OfAllotment && d.adopt(of, nic) }
		if i := slices.IndexFunc(d.Slots, isAdopted); i >= 0 {
			d.countMember(d.Slots[i].Allotment, nic)
		}
	}
	d.adoptEach(func(k Kind) bool { return k != OfAllotment })
}

func (d *draft) adoptEach(is func(Kind) bool) {
	for _, of := range d.Slots {
		for _, nic := range of.Unslotted {
			if is(of.Kind) {
				d.adopt(of, nic)
			}
		}
	}
}

// countMember counts an interface of the user's that is charged to a group for the limit of the member.
func (d *draft) countMember(a Allotment, nic Nic) {
	for _, of := range d.Slots {
		if of.Kind == OfMember && of.Allotment == a {
			d.adopt(of, nic)
		}
	}
}

// adopt puts an interface into a slot, unless it is in one, and reports whether it is.
func (d *draft) adopt(of *Slots, nic Nic) bool {
	if of.Has(nic) {
		return true
	}
	i := of.free()
	if i < 0 {
		of.over = true
		return false
	}
	d.Adopt = append(d.Adopt, Step{slices.Index(d.Slots, of), i, nic})
	of.Put(i, Slot{nic, Living})
	return true
}

// take finds the first allotment that has a free slot and whose limits have one too.
func (d *draft) take() {
	for _, a := range d.Allotments {
		steps, missing := d.find(a)
		if missing == nil {
			d.Take, d.Allotment, d.Missing = steps, a, nil
			return
		}
		d.Missing = append(d.Missing, missing)
	}
	d.Refusal = d.refusal()
}

// find finds a slot of each kind that an interface needs that is charged to an allotment, or what has none.
func (d *draft) find(a Allotment) (steps []Step, missing *Slots) {
	for k, of := range slices.Backward(d.Slots) {
		if of.Kind != OfUser && of.Allotment != a {
			continue
		}
		i := of.free()
		if i < 0 || of.over {
			return nil, of
		}
		steps = append(steps, Step{Of: k, Slot: i})
	}
	return steps, nil
}

// refusal says what is used up, and by what: an interface may live although no process of its container does.
func (d *draft) refusal() error {
	full := &OverQuota{Allotments: d.Allotments}
	for _, of := range d.Missing {
		switch of.Kind {
		case OfUser:
			return &OverLimit{Most: of.Quota, InUse: of.inUse()}
		case OfMember:
			return &OverLimit{Most: of.Quota, Allotment: of.Allotment, InUse: of.inUse()}
		case OfAllotment:
			full.InUse = append(full.InUse, of.inUse())
		}
	}
	return full
}

// Begin decides which record of a beginning the next one takes: the first that no longer counts; -1 where there is
// no limit. A limit of n is n records. The error is *RateLimited.
func (s *Snapshot) Begin() (record int, err error) {
	if !s.PerMinute.Set {
		return -1, nil
	}
	least := uint64(Minute)
	for i := range int(min(s.PerMinute.Most, MostSlots)) {
		if i >= len(s.Begun) || s.Begun[i] == 0 {
			return i, nil
		}
		least = min(least, s.Begun[i])
	}
	if s.PerMinute.Most == 0 {
		least = 0
	}
	return -1, &RateLimited{s.PerMinute.Most, (least + second - 1) / second}
}

// Minute is how long a beginning counts, in nanoseconds.
const (
	Minute = 60 * second
	second = 1_000_000_000
)
