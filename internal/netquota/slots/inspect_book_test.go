package slots

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// rooms is what Rooms says in the world.
func (w *world) rooms(t testing.TB, folder string, who netquota.Account, allotments ...netquota.Allotment) []Room {
	t.Helper()
	b := reader(w.ledger())
	b.owner = uint32(os.Getuid())
	rooms, err := b.rooms(folder, who, allotments, netquota.Limits{}, netquota.Limit{}, &process{world: w})
	if err != nil {
		t.Fatal(err)
	}
	return rooms.Allotments
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
		if !slices.Equal(got, []Room{{ofAlice, 2, 0}, {students, 0, 0}}) {
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

func TestReadBook(t *testing.T) {
	w := newWorld(t)
	owner := netquota.Allotment{Owner: `EXAMPLE\alice smith`, Place: lan, Quota: 2, Line: 1}
	p := w.open(t)
	if err := p.make(alice, []netquota.Allotment{owner}, netquota.MAC{2, 1}, 6); err != nil {
		t.Fatal(err)
	}
	name := p.claim.Name
	p.exit()
	slots, err := ReadSlots(w.slots())
	if err != nil || !slices.Equal(slots, []Slot{{owner.Owner, lan, 0, netquota.Nic{Name: name, MAC: netquota.MAC{2, 1}, Index: 1, Namespace: netquota.NoNamespace, Peer: 0}, true}}) {
		t.Errorf("%v, %v", slots, err)
	}
	b := reader(w.ledger())
	b.owner = uint32(os.Getuid())
	rows, err := b.rows()
	if err != nil || !slices.Equal(rows, []Row{{owner.Owner, lan, name}}) {
		t.Errorf("%v, %v", rows, err)
	}
	if slots, err := ReadSlots(filepath.Join(w.folder, "none")); slots != nil || err != nil {
		t.Errorf("no folder: %v, %v", slots, err)
	}
	if rows, err := ReadRows(filepath.Join(w.folder, "none")); rows != nil || err != nil {
		t.Errorf("no ledger: %v, %v", rows, err)
	}
	if _, err := ReadSlots(w.ledger()); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("a file for the folder: %v", err)
	}
}

func TestParseRow(t *testing.T) {
	for text, want := range map[string]Row{
		"alice veth lxcbr0 veth1000_AbCd":            {"alice", lan, "veth1000_AbCd"},
		"alice veth lxcbr0 veth1000_AbCd more words": {"alice", lan, "veth1000_AbCd"},
		"@a b veth lxcbr0 veth1000_AbCd":             {"@a b", lan, "veth1000_AbCd"},
		"veth veth lxcbr0 veth1":                     {"veth", lan, "veth1"},
		"alice veth lxcbr0":                          {},
		"alice macvlan lxcbr0 x":                     {},
		"veth lxcbr0 veth1":                          {},
		"":                                           {},
	} {
		if got, ok := parseRow([]byte(text)); got != want || ok != (want != Row{}) {
			t.Errorf("%q: %v, %v", text, got, ok)
		}
	}
}

func TestParseFileName(t *testing.T) {
	for _, c := range []netquota.Allotment{
		{Owner: "alice", Place: lan}, {Owner: "@a b:c/%", Place: netquota.Place{Type: "veth", Bridge: "br-0"}}, {Owner: "\xff", Place: lan},
	} {
		if got, ok := parseFileName(fileName(c)); !ok || got != c {
			t.Errorf("%v: %v, %v", c, got, ok)
		}
	}
	for _, name := range []string{"claims", "ledger.1000", "veth:br0+1", "veth:br0:+1", "veth:br0:a:b+1", "veth:br0:%+1", "veth:br0:%4+1", "veth:br0:%zz+1", ".", "veth:br0:a", "veth:br0:a+2"} {
		if got, ok := parseFileName(name); ok {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func FuzzParseRow(f *testing.F) {
	f.Add([]byte("alice veth lxcbr0 veth1000_AbCd"))
	f.Add([]byte("veth veth veth veth"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if row, ok := parseRow(text); ok {
			if again, ok := parseRow([]byte(string(row.text())[:len(row.text())-1])); !ok || again.Nic == "" {
				t.Fatalf("%q: %v, then %v", text, row, again)
			}
		}
	})
}
