package slots

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
)

// rooms is what the plan says that is taken.
func (w *world) rooms(t testing.TB, folder string, who netquota.Account, allotments ...netquota.Allotment) []netquota.Room {
	t.Helper()
	b, err := reader(w.ledger(), folder, uint32(os.Getuid()))
	if err != nil {
		t.Fatal(err)
	}
	defer lockfile.Close(b.dir)
	p, err := b.plan(who, allotments, netquota.Limits{}, &process{world: w})
	if err != nil {
		t.Fatal(err)
	}
	return p.Rooms
}

// TestRooms: what Rooms says is left is what can then be made, after histories of creates that die at any of their steps,
// of ends and of lost rows.
func TestRooms(t *testing.T) {
	random := rand.New(rand.NewPCG(6, 2026))
	for history := range 60 {
		w := newWorld(t)
		allotments := []netquota.Allotment{{Owner: "alice", Place: lan, Quota: uint64(1 + random.IntN(4)), Line: 1}, {Owner: "@students", Place: lan, Quota: uint64(1 + random.IntN(4)), Line: 2}}
		for i := range random.IntN(12) {
			p := w.open(t)
			_ = p.make(alice, allotments, netquota.MAC{2, byte(i)}, 1+random.IntN(6))
			p.exit()
			if random.IntN(4) == 0 {
				for name := range w.living {
					w.kill(name)
					break
				}
			}
		}
		if random.IntN(4) == 0 {
			allotments[0].Quota = 1
		}
		left := uint64(0)
		for _, room := range w.rooms(t, w.slots(), alice, allotments...) {
			left += room.Allotment.Quota - room.Taken
		}
		if can := w.room(t, alice, allotments...); uint64(can) != left {
			t.Fatalf("history %d: Rooms says that %d are left, %d could be made", history, left, can)
		}
	}
}

func TestRoomsWithoutSlots(t *testing.T) {
	w := newWorld(t)
	for i := range 2 {
		p := w.open(t)
		if err := p.make(alice, []netquota.Allotment{ofAlice}, netquota.MAC{2, byte(i)}, 6); err != nil {
			t.Fatal(err)
		}
		p.exit()
	}
	for _, folder := range []string{"", w.slots(), filepath.Join(w.folder, "none")} {
		got := w.rooms(t, folder, alice, ofAlice, students)
		if !slices.Equal(got, []netquota.Room{{Allotment: ofAlice, Taken: 2}, {Allotment: students, Taken: 0}}) {
			t.Errorf("%q: %v", folder, got)
		}
	}
	if got := w.rooms(t, w.slots(), bob, students); got[0].Taken != 0 {
		t.Errorf("%v", got)
	}
}

// TestRoomsSeesWork: a slot that a process is at work on is taken, one whose process died is not.
func TestRoomsSeesWork(t *testing.T) {
	w := newWorld(t)
	p := w.open(t)
	if err := p.make(alice, []netquota.Allotment{ofAlice}, netquota.MAC{2}, 4); err != nil {
		t.Fatal(err)
	}
	if got := w.rooms(t, w.slots(), alice, ofAlice); got[0].Taken != 1 {
		t.Errorf("at work: %v", got)
	}
	p.exit()
}
