package slots

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

// TestClaimManyAtOnce: of 200 processes of two users exactly as many succeed as two allotments grant.
func TestClaimManyAtOnce(t *testing.T) {
	w := newWorld(t)
	allotments := []netquota.Allotment{{Owner: "alice", Place: lan, Quota: 7, Line: 1}, {Owner: "@students", Place: lan, Quota: 5, Line: 2}}
	var granted, full int
	var mu sync.Mutex
	var group sync.WaitGroup
	for i := range 200 {
		group.Add(1)
		go func() {
			defer group.Done()
			p := w.open(t)
			defer p.exit()
			who, mine := alice, allotments
			if i%2 == 1 {
				who, mine = bob, allotments[1:]
			}
			err := p.make(who, mine, netquota.MAC{2, 0, 0, 0, 0, byte(i)}, 6)
			mu.Lock()
			defer mu.Unlock()
			var refused *netquota.OverQuota
			switch {
			case err == nil:
				granted++
			case errors.As(err, &refused):
				full++
			default:
				t.Error(err)
			}
		}()
	}
	group.Wait()
	w.check(t)
	if granted != 12 || full != 188 || len(w.rows(t)) != 12 {
		t.Fatalf("%d granted, %d refused, %d rows; want 12, 188, 12", granted, full, len(w.rows(t)))
	}
}

// TestClaimAfterDeath: a process dies after each of its steps, and at each question to the kernel.
func TestClaimAfterDeath(t *testing.T) {
	for steps := 1; steps <= 5; steps++ {
		for endAt := 1; endAt <= 16; endAt++ {
			w := newWorld(t)
			before := w.open(t)
			if err := before.make(alice, []netquota.Allotment{ofAlice}, netquota.MAC{2, 9}, 4); err != nil {
				t.Fatal(err)
			}
			before.exit() // pending, with a living interface
			p := w.open(t)
			p.endAt = endAt
			already := openFiles(t)
			func() {
				defer func() { _ = recover() }()
				_ = p.make(alice, []netquota.Allotment{ofAlice}, netquota.MAC{2}, steps)
			}()
			w.closeSince(t, already)
			p.claim = nil
			p.exit()
			next := w.open(t)
			if err := next.make(alice, []netquota.Allotment{ofAlice}, netquota.MAC{2, 1}, 5); err != nil {
				t.Fatalf("steps %d, end %d: %v", steps, endAt, err)
			}
			next.exit()
			living := w.alive(ofAlice)
			if room := w.room(t, alice, ofAlice); living+room != 2 {
				t.Fatalf("steps %d, end %d: %d live, room for %d, the quota is 2", steps, endAt, living, room)
			}
			w.check(t)
		}
	}
}

// TestClaimBesideFrozen: a frozen process costs its slot and nothing else.
func TestClaimBesideFrozen(t *testing.T) {
	w := newWorld(t)
	frozen := w.open(t)
	if err := frozen.make(alice, []netquota.Allotment{students}, netquota.MAC{2}, 3); err != nil {
		t.Fatal(err)
	}
	if room := w.room(t, bob, students); room != 1 {
		t.Fatalf("room for %d beside a frozen process, want 1", room)
	}
	frozen.create(frozen.claim.Name, frozen.claim.Allotment)
	if err := frozen.claim.Complete(); err != nil {
		t.Fatal(err)
	}
	w.check(t)
	if room := w.room(t, alice, ofAlice); room != 2 {
		t.Fatalf("room for %d of her own, want 2", room)
	}
}

// TestStays: what a process that died was making cannot be removed, as it has been moved away, or its switch does not answer.
// That costs its slot, and ends nobody's call.
func TestStays(t *testing.T) {
	w := newWorld(t)
	dead := w.open(t)
	if err := dead.make(alice, []netquota.Allotment{students}, netquota.MAC{2}, 4); err != nil {
		t.Fatal(err)
	}
	name := dead.claim.Name
	w.stays = map[string]bool{name: true}
	dead.exit()
	if room := w.room(t, bob, students); room != 1 {
		t.Errorf("room for %d, want 1", room)
	}
	delete(w.stays, name)
	if room := w.room(t, bob, students); room != 1 || w.alive(students) != 2 {
		t.Errorf("room for %d once it can be removed, want 1", room)
	}
	w.check(t)
}

// TestFrozenWriter: a process that was frozen over a place in the ledger keeps that place and nothing else. Its user's rows
// and others' go elsewhere, and the number of places does not grow with theirs.
func TestFrozenWriter(t *testing.T) {
	w := newWorld(t)
	frozen := w.open(t)
	write(t, w.ledger(), "@students veth lxcbr0 veth2002_DEAD\n@students veth lxcbr0 veth2002_DEA2\n")
	if held, err := lockfile.Try(frozen.book.claims, lockfile.Exclusive, ledger.FirstByte, 1); !held || err != nil {
		t.Fatal(held, err)
	}
	for range 100 {
		p := w.open(t)
		if err := p.make(bob, []netquota.Allotment{students}, netquota.MAC{2}, 5); err != nil {
			t.Fatal(err)
		}
		w.kill(p.claim.Name)
		if err := p.book.Forget(p.claim.Name); err != nil {
			t.Fatal(err)
		}
		p.exit()
	}
	if rows := w.rows(t); !slices.Equal(rows, []string{"@students veth lxcbr0 veth2002_DEAD"}) {
		t.Fatalf("the frozen process has one row: %q", rows)
	}
	if size := w.size(t); size > 3*len("@students veth lxcbr0 veth2002_DEAD\n") {
		t.Fatalf("the ledger has %d bytes", size)
	}
	frozen.exit()
	if err := w.open(t).make(bob, []netquota.Allotment{students}, netquota.MAC{2}, 5); err != nil || len(w.rows(t)) != 1 {
		t.Fatalf("afterwards: %q, %v", w.rows(t), err)
	}
}

// TestAbandonAfterComplete: the output of a made interface could not be written, and while its process removed it another
// one took the slot. The record is the other's now.
func TestAbandonAfterComplete(t *testing.T) {
	w := newWorld(t)
	one := netquota.Allotment{Owner: "alice", Place: lan, Quota: 1, Line: 1}
	for _, steps := range []int{1, 3, 4, 5} {
		first, second := w.open(t), w.open(t)
		if err := first.make(alice, []netquota.Allotment{one}, netquota.MAC{2}, 5); err != nil {
			t.Fatal(err)
		}
		w.kill(first.claim.Name)
		if err := second.make(alice, []netquota.Allotment{one}, netquota.MAC{2, 1}, steps); err != nil {
			t.Fatal(err)
		}
		if err := first.claim.Abandon(); err != nil {
			t.Fatal(err)
		}
		file := second.claim.held[0].file
		if err := file.load(); err != nil || file.record(0).Name != second.claim.Name {
			t.Fatalf("after %d steps: slot has %q, want %q (%v)", steps, file.record(0).Name, second.claim.Name, err)
		}
		first.exit()
		w.kill(second.claim.Name)
		if err := second.claim.Abandon(); err != nil {
			t.Fatal(err)
		}
		second.exit()
		if len(w.rows(t)) != 0 {
			t.Fatalf("rows %q", w.rows(t))
		}
	}
	w.check(t)
}

// TestStrayLeavesNoRoom: more live than there are slots, and one in a slot dies between tidying up and taking it.
func TestStrayLeavesNoRoom(t *testing.T) {
	w := newWorld(t)
	if room := w.room(t, alice, ofAlice); room != 2 {
		t.Fatal(room)
	}
	one := netquota.Allotment{Owner: "alice", Place: lan, Quota: 1, Line: 1}
	p := w.open(t)
	l, err := p.book.look(alice, []netquota.Allotment{one}, netquota.Limits{}, p)
	if err != nil {
		t.Fatal(err)
	}
	p.claim = &Claim{book: p.book, look: l}
	w.kill(l.files[0].record(0).Name)
	if plan, err := p.claim.attempt(); plan.Refusal == nil || err != nil {
		t.Fatalf("plan %v, error %v", plan, err)
	}
	p.exit()
}

// histories: what was made before counts, whatever has become of its records. Two live before; then room is left.
var histories = map[string]struct {
	spoil func(t *testing.T, w *world)
	quota uint64
	room  int
}{
	"nothing lost":            {func(*testing.T, *world) {}, 3, 1},
	"quota lowered to 1":      {func(*testing.T, *world) {}, 1, 0},
	"quota raised":            {func(*testing.T, *world) {}, 5, 3},
	"ledger destroyed":        {func(t *testing.T, w *world) { remove(t, w.ledger()) }, 3, 1},
	"ledger emptied":          {func(t *testing.T, w *world) { write(t, w.ledger(), "") }, 3, 1},
	"ledger glued together":   {func(t *testing.T, w *world) { write(t, w.ledger(), "alalice veth lxcbr0 veth2001_Z3un") }, 3, 1},
	"slots lost":              {func(t *testing.T, w *world) { remove(t, w.slots()) }, 3, 1},
	"slots lost, and lowered": {func(t *testing.T, w *world) { remove(t, w.slots()) }, 1, 0},
	"slots emptied":           {func(t *testing.T, w *world) { write(t, filepath.Join(w.slots(), FileName(ofAlice)), "") }, 3, 1},
	"slots damaged": {func(t *testing.T, w *world) {
		write(t, filepath.Join(w.slots(), FileName(ofAlice)), strings.Repeat("veth2001_AAAA?+", 9))
	}, 3, 1},
	"both lost": {func(t *testing.T, w *world) { remove(t, w.slots()); remove(t, w.ledger()) }, 3, 1},
	"one died": {func(_ *testing.T, w *world) {
		for name := range w.living {
			w.kill(name)
			return
		}
	}, 3, 2},
	"a row of the original": {func(t *testing.T, w *world) {
		w.living["vethAbCdEf"] = ofAlice
		write(t, w.ledger(), "alice veth lxcbr0 vethAbCdEf\n")
	}, 3, 0},
	"a dead row of the original": {func(t *testing.T, w *world) { write(t, w.ledger(), "alice veth lxcbr0 vethAbCdEf\n") }, 3, 1},
	"an orphan":                  {func(_ *testing.T, w *world) { w.living["veth2001_0rph"] = ofAlice }, 3, 0},
	"an orphan elsewhere": {func(_ *testing.T, w *world) {
		w.living["veth2001_0rph"] = netquota.Allotment{Place: netquota.Place{Type: "veth", Bridge: "br9"}}
	}, 3, 1},
	"somebody else's orphan": {func(_ *testing.T, w *world) { w.living["veth2002_0rph"] = netquota.Allotment{Place: lan} }, 3, 1},
	"charged to the group": {func(t *testing.T, w *world) {
		w.living["veth2001_0rph"] = students
		write(t, w.ledger(), "@students veth lxcbr0 veth2001_0rph\n")
	}, 3, 1},
	"no newline at the end": {func(t *testing.T, w *world) {
		write(t, w.ledger(), strings.Join(w.rows(t), "\n"))
	}, 3, 1},
}

func TestHistories(t *testing.T) {
	for name, h := range histories {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			if room := w.room(t, alice, ofAlice); room != 2 {
				t.Fatal(room)
			}
			h.spoil(t, w)
			allotment := ofAlice
			allotment.Quota = h.quota
			if room := w.room(t, alice, allotment); room != h.room {
				t.Fatalf("room for %d, want %d", room, h.room)
			}
			for _, row := range w.rows(t) {
				if words := strings.Fields(row); len(words) != 4 {
					t.Errorf("row %q", row)
				}
			}
		})
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.RemoveAll(path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestLostRowsComeBack: the original truncates the ledger; the next create of each owner writes the rows again.
func TestLostRowsComeBack(t *testing.T) {
	w := newWorld(t)
	if room := w.room(t, alice, ofAlice); room != 2 {
		t.Fatal(room)
	}
	write(t, w.ledger(), "bob veth lxcbr0 veth1002_DEAD\n")
	p := w.open(t)
	defer p.exit()
	if err := p.make(alice, []netquota.Allotment{{Owner: "alice", Place: lan, Quota: 3, Line: 1}}, netquota.MAC{2, 7}, 6); err != nil {
		t.Fatal(err)
	}
	if rows := w.rows(t); len(rows) != 4 || rows[0] != "bob veth lxcbr0 veth1002_DEAD" {
		t.Fatalf("rows %q", rows)
	}
}

// TestReserve: no two claims have one address, and a living interface keeps its own.
func TestReserve(t *testing.T) {
	w := newWorld(t)
	mac := netquota.MAC{2, 1, 2, 3, 4, 5}
	first, second := w.open(t), w.open(t)
	for _, p := range []*process{first, second} {
		if err := p.make(alice, []netquota.Allotment{ofAlice, students}, netquota.MAC{2, byte(p.book.claims)}, 1); err != nil {
			t.Fatal(err)
		}
	}
	expect := func(p *process, want bool) {
		t.Helper()
		if got, err := p.claim.Reserve(mac); got != want || err != nil {
			t.Fatalf("reserved %v, %v; want %v", got, err, want)
		}
	}
	expect(first, true)
	expect(second, false) // still running
	w.create(first.claim.Name, ofAlice)
	first.exit()
	expect(second, false) // it lives
	w.kill(first.claim.Name)
	expect(second, true)
	second.exit()
}

// TestRename keeps slot and row with the name.
func TestRename(t *testing.T) {
	w := newWorld(t)
	p := w.open(t)
	defer p.exit()
	if err := p.make(alice, []netquota.Allotment{ofAlice}, netquota.MAC{2}, 3); err != nil {
		t.Fatal(err)
	}
	old := p.claim.Name
	if err := errors.Join(p.claim.Unrecord(), p.claim.Rename(), p.claim.Record()); err != nil {
		t.Fatal(err)
	}
	if rows := w.rows(t); p.claim.Name == old || len(rows) != 1 || !strings.HasSuffix(rows[0], p.claim.Name) {
		t.Fatalf("renamed %s to %s, rows %q", old, p.claim.Name, rows)
	}
}

// TestOverQuota names every allotment, its line and its numbers.
func TestOverQuota(t *testing.T) {
	w := newWorld(t)
	if n := w.room(t, alice, students); n != 2 {
		t.Fatal(n)
	}
	p := w.open(t)
	defer p.exit()
	_, err := p.book.Claim(alice, []netquota.Allotment{students}, netquota.Limits{}, p)
	var full *netquota.OverQuota
	if !errors.As(err, &full) || !slices.Equal(full.Allotments, []netquota.Allotment{students}) || len(full.InUse) != 1 || len(full.InUse[0].Names) != 2 {
		t.Fatal(err)
	}
}

// TestClaimAfterRestart: with a quota of one, a container that is started again at once gets an interface although the
// kernel has not cleaned the old one up; one that lives on is not waited for.
func TestClaimAfterRestart(t *testing.T) {
	w := newWorld(t)
	one := []netquota.Allotment{{Owner: "alice", Place: netquota.Place{Type: "veth", Bridge: "lxcbr0"}, Quota: 1, Line: 1}}
	first := w.open(t)
	if err := first.make(alice, one, netquota.MAC{2}, 6); err != nil {
		t.Fatal(err)
	}
	var full *netquota.OverQuota
	if err := w.open(t).make(alice, one, netquota.MAC{3}, 6); !errors.As(err, &full) {
		t.Fatalf("a second interface: %v", err)
	}
	w.leaving[first.claim.Name] = true
	if err := w.open(t).make(alice, one, netquota.MAC{2}, 6); err != nil {
		t.Fatalf("after the container ended: %v", err)
	}
	w.check(t)
}

// TestReserveAfterRestart: the address of an interface that is about to go is waited for, that of a living one is not.
func TestReserveAfterRestart(t *testing.T) {
	w := newWorld(t)
	two := []netquota.Allotment{{Owner: "alice", Place: netquota.Place{Type: "veth", Bridge: "lxcbr0"}, Quota: 2, Line: 1}}
	first := w.open(t)
	if err := first.make(alice, two, netquota.MAC{2}, 6); err != nil {
		t.Fatal(err)
	}
	name := first.claim.Name
	first.exit()
	again := w.open(t)
	claim, err := again.book.Claim(alice, two, netquota.Limits{}, again)
	if err != nil {
		t.Fatal(err)
	}
	if free, err := claim.Reserve(netquota.MAC{2}); free || err != nil {
		t.Fatalf("the address of a living interface: %v, %v", free, err)
	}
	w.leaving[name] = true
	if free, err := claim.Reserve(netquota.MAC{2}); !free || err != nil {
		t.Fatalf("the address of one that is about to go: %v, %v", free, err)
	}
}

// TestDeadHidesNone: a dead interface in a slot hides no living one that has its address now, in a row or in none.
func TestDeadHidesNone(t *testing.T) {
	for _, row := range []string{"", "alice veth lxcbr0 veth2001_LiVe\n"} {
		w := newWorld(t)
		w.open(t).exit()
		one := netquota.Allotment{Owner: "alice", Place: lan, Quota: 1, Line: 1}
		w.create("veth2001_LiVe", one)
		w.macs["veth2001_LiVe"] = netquota.MAC{2, 7}
		dead := netquota.Nic{Name: "veth2001_DeAd", MAC: netquota.MAC{2, 7}, Index: 99, Namespace: netquota.NoNamespace}
		write(t, filepath.Join(w.slots(), FileName(one)), string(netquota.Slot{Nic: dead, State: netquota.Living}.Record()))
		write(t, w.ledger(), row)
		if n := w.room(t, alice, one); n != 0 {
			t.Errorf("%q: room for %d", row, n)
		}
		w.check(t)
	}
}
