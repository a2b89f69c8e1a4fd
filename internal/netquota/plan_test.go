package netquota

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

func slot(name string, state State) Slot { return Slot{Named(name), state} }

// snapshot is one of alice's, of her own allotment of two and her group's of one.
func snapshot(own, group []Slot) *Snapshot {
	return &Snapshot{UID: alice.UID, Allotments: []Allotment{ofAlice, students}, Slots: []*Slots{
		{Allotment: ofAlice, Quota: 2, Seen: own}, {Allotment: students, Quota: 1, Seen: group},
	}}
}

// TestPlanStates: what a plan makes of one slot in each of its states, where the only other slot is in use.
func TestPlanStates(t *testing.T) {
	for state, want := range map[State]struct{ free, reclaimed, soon bool }{
		Empty: {free: true}, Dead: {free: true}, Duplicate: {free: true}, Abandoned: {free: true, reclaimed: true},
		Pending: {soon: true}, Living: {}, Unasked: {}, Stuck: {},
	} {
		s := snapshot([]Slot{slot("a", Living), slot("b", state)}, []Slot{slot("c", Living)})
		p := s.Plan()
		if (p.Refusal == nil) != want.free || (len(p.Reclaim) > 0) != want.reclaimed || p.Soon() != want.soon {
			t.Errorf("state %d: %+v", state, p)
		}
		if want.free && !reflect.DeepEqual(p.Take, []Step{{Of: 0, Slot: 1}}) {
			t.Errorf("state %d: takes %+v", state, p.Take)
		}
	}
}

// TestPlan: what is there counts first, then the first allotment that has room takes the new one, within the limits.
func TestPlan(t *testing.T) {
	for name, c := range map[string]struct {
		change  func(s *Snapshot)
		take    []Step
		adopt   int
		taken   [2]uint64
		refusal error
	}{
		"nothing": {func(*Snapshot) {}, []Step{{Of: 0, Slot: 0}}, 0, [2]uint64{0, 0}, nil},
		"unslotted": {
			func(s *Snapshot) { s.Slots[0].Unslotted = []Nic{Named("a")} }, []Step{{Of: 0, Slot: 1}}, 1, [2]uint64{1, 0}, nil,
		},
		"unslotted, by a name that a slot has": {func(s *Snapshot) {
			s.Slots[0].Seen, s.Slots[0].Unslotted = []Slot{slot("a", Living)}, []Nic{Named("a")}
		}, []Step{{Of: 0, Slot: 1}}, 0, [2]uint64{1, 0}, nil},
		"more unslotted than slots": {
			func(s *Snapshot) { s.Slots[0].Unslotted = []Nic{Named("a"), Named("b"), Named("c")} },
			[]Step{{Of: 1, Slot: 0}},
			2,
			[2]uint64{2, 0},
			nil,
		},
		"unlisted go where there is room": {
			func(s *Snapshot) { s.Unlisted = []Nic{Named("a"), Named("b"), Named("c")} }, nil, 3,
			[2]uint64{2, 1},
			&OverQuota{Allotments: []Allotment{ofAlice, students}, InUse: []InUse{{Names: []string{"a", "b"}}, {Names: []string{"c"}}}},
		},
		"the user's limit": {func(s *Snapshot) {
			s.Slots = append(s.Slots, &Slots{Kind: OfUser, Quota: 1, Seen: []Slot{slot("x", Living)}})
		}, nil, 0, [2]uint64{0, 0}, &OverLimit{Most: 1, InUse: InUse{Names: []string{"x"}}}},
		"a member's limit spares the user's own": {func(s *Snapshot) {
			s.Slots = append(s.Slots, &Slots{Kind: OfMember, Allotment: students})
		}, []Step{{Of: 0, Slot: 0}}, 0, [2]uint64{0, 0}, nil},
		"a member's limit comes before quotas": {func(s *Snapshot) {
			s.Slots[0].Quota = 0
			s.Slots = append(s.Slots, &Slots{Kind: OfMember, Allotment: students})
		}, nil, 0, [2]uint64{0, 0}, &OverLimit{Allotment: students}},
		"limits are taken first": {func(s *Snapshot) {
			s.Slots = append(s.Slots, &Slots{Kind: OfUser, Quota: 3, Seen: []Slot{slot("x", Living)}})
		}, []Step{{Of: 2, Slot: 1}, {Of: 0, Slot: 0}}, 0, [2]uint64{0, 0}, nil},
		"an unlisted one of a group's counts for the member": {func(s *Snapshot) {
			s.Slots[0].Quota, s.Slots[1].Quota, s.Unlisted = 0, 2, []Nic{Named(HostName(alice.UID, 7))}
			s.Slots = append(s.Slots, &Slots{Kind: OfMember, Allotment: students, Quota: 1})
		}, nil, 2, [2]uint64{0, 1}, &OverLimit{Most: 1, Allotment: students, InUse: InUse{Names: []string{HostName(alice.UID, 7)}}}},
		"the rate": {
			func(s *Snapshot) { s.PerMinute, s.Begun = Limit{true, 2}, []uint64{30 * second, 9 * second} }, nil, 0,
			[2]uint64{0, 0},
			&RateLimited{Most: 2, Wait: 9},
		},
		"the rate, with room": {
			func(s *Snapshot) { s.PerMinute, s.Begun = Limit{true, 2}, []uint64{30 * second, 0} }, []Step{{Of: 0, Slot: 0}}, 0, [2]uint64{0, 0}, nil,
		},
		"a rate of none": {func(s *Snapshot) { s.PerMinute = Limit{true, 0} }, nil, 0, [2]uint64{0, 0}, &RateLimited{}},
	} {
		s := snapshot(nil, nil)
		c.change(s)
		p := s.Plan()
		if !reflect.DeepEqual(p.Take, c.take) || len(p.Adopt) != c.adopt || !reflect.DeepEqual(p.Refusal, c.refusal) {
			t.Errorf("%s: %+v, refusal %#v", name, p, p.Refusal)
		}
		if got := [2]uint64{p.Rooms[0].Taken, p.Rooms[1].Taken}; got != c.taken {
			t.Errorf("%s: taken %v", name, got)
		}
	}
}

// TestPlanKeepsQuotas: whatever a snapshot says, a plan uses free slots within the quota and each once, and changes nothing of
// the snapshot; where it is carried out, what is in use and the new one are no more than the quota.
func TestPlanKeepsQuotas(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		states := rapid.SliceOfN(rapid.Custom(func(r *rapid.T) Slot {
			return slot(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(r, "name"), State(rapid.IntRange(0, int(Duplicate)).Draw(r, "state")))
		}), 0, 4)
		nics := rapid.SliceOfN(rapid.Map(rapid.SampledFrom([]string{"a", "b", "f", "g"}), Named), 0, 3)
		s := snapshot(states.Draw(r, "own"), states.Draw(r, "group"))
		s.Slots[0].Unslotted, s.Slots[1].Unslotted, s.Unlisted = nics.Draw(r, "own"), nics.Draw(r, "group"), nics.Draw(r, "unlisted")
		before := *s.Slots[0]
		before.Seen = append([]Slot(nil), before.Seen...)
		p := s.Plan()
		used := make(map[[2]int]bool)
		for _, step := range append(append([]Step(nil), p.Adopt...), p.Take...) {
			of := s.Slots[step.Of]
			if used[[2]int{step.Of, step.Slot}] || step.Slot >= of.Usable() {
				r.Fatalf("%+v: slot %d of %d", p, step.Slot, step.Of)
			}
			used[[2]int{step.Of, step.Slot}] = true
			if state := of.at(step.Slot).State; !state.IsFree() && state != Abandoned {
				r.Fatalf("%+v: slot %d of %d is in state %d", p, step.Slot, step.Of, state)
			}
		}
		for i, room := range p.Rooms {
			if room.Taken > s.Slots[i].Quota || p.Refusal == nil && p.Allotment == room.Allotment && room.Taken == s.Slots[i].Quota {
				r.Fatalf("%+v", p)
			}
		}
		if len(before.Seen) != len(s.Slots[0].Seen) || len(before.Seen) > 0 && !reflect.DeepEqual(before.Seen, s.Slots[0].Seen) {
			r.Fatal("the snapshot has changed")
		}
		var quota *OverQuota
		if p.Refusal != nil && (!errors.As(p.Refusal, &quota) || p.Take != nil) {
			r.Fatalf("%+v", p)
		}
	})
}

// at is a slot as it was seen.
func (s *Slots) at(i int) Slot {
	if i < len(s.Seen) {
		return s.Seen[i]
	}
	return Slot{}
}

// TestPlanReclaimsForLimits: what is removed because its maker has died counts for no limit either.
func TestPlanReclaimsForLimits(t *testing.T) {
	s := snapshot([]Slot{slot("a", Abandoned)}, nil)
	s.Slots = append(s.Slots, &Slots{Kind: OfUser, Quota: 1, Seen: []Slot{slot("a", Living)}})
	if p := s.Plan(); p.Refusal != nil || !reflect.DeepEqual(p.Take, []Step{{Of: 2, Slot: 0}, {Of: 0, Slot: 0}}) {
		t.Errorf("%+v, refusal %#v", p, p.Refusal)
	}
	s.Slots[2].Seen[0].Name = "b"
	if s.Plan().Refusal == nil {
		t.Error("another interface in the slot of the limit is taken for the one that is removed")
	}
}
