package slots

import (
	"errors"
	"os"
	"strings"
	"testing"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
)

var (
	wan        = netquota.Place{Type: "veth", Bridge: "wan0"}
	aliceOnWan = netquota.Allotment{Owner: "alice", Place: wan, Quota: 9, Line: 3}
	studentsOn = netquota.Allotment{Owner: "@students", Place: lan, Quota: 9, Line: 2}
)

// limitOf is what stopped a user, and how many could be made before.
func (w *world) limitOf(t *testing.T, who netquota.Account, allotments ...netquota.Allotment) (int, *netquota.OverLimit) {
	t.Helper()
	for n := 0; ; n++ {
		p := w.open(t)
		p.book.pause = 0
		err := p.make(who, allotments, netquota.MAC{2, byte(n)}, 6)
		p.exit()
		var limit *netquota.OverLimit
		if errors.As(err, &limit) || err != nil {
			return n, limit
		}
	}
}

// TestUserLimit: over all bridges, whatever each of them would still allow; another user has a limit of their own.
func TestUserLimit(t *testing.T) {
	w := newWorld(t)
	w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 3}}
	if n, limit := w.limitOf(t, alice, ofAlice, studentsOn); n != 3 || limit == nil || limit.OfMember() || limit.Most != 3 {
		t.Fatal(n, limit)
	}
	if n, limit := w.limitOf(t, alice, aliceOnWan); n != 0 || limit == nil {
		t.Fatal(n, limit)
	}
	if n, _ := w.limitOf(t, bob, studentsOn); n != 3 {
		t.Fatal(n)
	}
	for name := range w.living {
		if netquota.IsOf(name, alice.UID) {
			w.kill(name)
			break
		}
	}
	if n, limit := w.limitOf(t, alice, aliceOnWan); n != 1 || limit == nil {
		t.Fatal(n, limit)
	}
	w.check(t)
}

// TestMemberLimit: of what is charged to the group; a line of the user's own, and other members, have room.
func TestMemberLimit(t *testing.T) {
	w := newWorld(t)
	w.limits = netquota.Limits{Member: netquota.Limit{Set: true, Most: 2}}
	if n, limit := w.limitOf(t, bob, studentsOn); n != 2 || limit == nil || !limit.OfMember() || limit.Allotment.Owner != "@students" {
		t.Fatal(n, limit)
	}
	if n, limit := w.limitOf(t, alice, studentsOn, ofAlice); n != 4 || limit == nil || !limit.OfMember() {
		t.Fatal(n, limit)
	}
	w.check(t)
}

// TestLimitCountsOthers: what lived before there was a limit, what LXC's helper made, on any bridge, and what is left of a
// limit that was lowered.
func TestLimitCountsOthers(t *testing.T) {
	w := newWorld(t)
	if n := w.room(t, alice, ofAlice); n != 2 {
		t.Fatal(n)
	}
	w.create("veth2001_LXC0", aliceOnWan)
	w.create("vethAbCdEf", aliceOnWan) // as for a user id above 65536: only the row tells the user
	write(t, w.ledger(), "alice veth wan0 vethAbCdEf\nbob veth wan0 veth2001_LXC0\nalice veth x\nalice veth\n")
	w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 5}}
	if n, limit := w.limitOf(t, alice, aliceOnWan); n != 1 || limit == nil {
		t.Fatal(n, limit)
	}
	w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 2}}
	w.kill("vethAbCdEf")
	w.kill("veth2001_LXC0")
	if n, limit := w.limitOf(t, alice, aliceOnWan); n != 0 || limit == nil {
		t.Fatal(n, limit)
	}
	w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 0}}
	if n, limit := w.limitOf(t, alice, aliceOnWan); n != 0 || limit == nil {
		t.Fatal(n, limit)
	}
	w.check(t)
}

// TestMemberLimitCountsOthers: what is charged to the group without a slot of the limit.
func TestMemberLimitCountsOthers(t *testing.T) {
	w := newWorld(t)
	one := netquota.Allotment{Owner: "@students", Place: lan, Quota: 1, Line: 2}
	if n := w.room(t, alice, one); n != 1 {
		t.Fatal(n)
	}
	w.create("veth2001_LXC0", netquota.Allotment{Owner: "@students", Place: lan, Quota: 9, Line: 2})
	w.create("veth2002_LXC0", netquota.Allotment{Owner: "@students", Place: lan, Quota: 9, Line: 2})
	write(t, w.ledger(), "@students veth lxcbr0 veth2001_LXC0\n@students veth lxcbr0 veth2002_LXC0\n")
	w.limits = netquota.Limits{Member: netquota.Limit{Set: true, Most: 3}}
	if n, limit := w.limitOf(t, alice, studentsOn); n != 1 || limit == nil {
		t.Fatal(n, limit)
	}
	if n, limit := w.limitOf(t, bob, studentsOn); n != 2 || limit == nil {
		t.Fatal(n, limit)
	}
	w.check(t)
}

// TestLimitsBesideFrozen: a process that stopped over its slots has these, of its own user's limits, and nothing of others.
func TestLimitsBesideFrozen(t *testing.T) {
	w := newWorld(t)
	w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 2}, Member: netquota.Limit{Set: true, Most: 2}}
	frozen := w.open(t)
	if err := frozen.make(alice, []netquota.Allotment{studentsOn}, netquota.MAC{2, 9}, 3); err != nil {
		t.Fatal(err)
	}
	if n, _ := w.limitOf(t, alice, studentsOn); n != 1 {
		t.Fatal(n)
	}
	if n, _ := w.limitOf(t, bob, studentsOn); n != 2 {
		t.Fatal(n)
	}
	frozen.exit() // it dies
	if n, _ := w.limitOf(t, alice, studentsOn); n != 1 {
		t.Fatal(n)
	}
	w.check(t)
}

// TestAbandonGivesLimitsBack: what fails takes nothing from a limit.
func TestAbandonGivesLimitsBack(t *testing.T) {
	w := newWorld(t)
	w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 1}, Member: netquota.Limit{Set: true, Most: 1}}
	for range 3 {
		p := w.open(t)
		if err := p.make(alice, []netquota.Allotment{studentsOn}, netquota.MAC{2}, 5); err != nil {
			t.Fatal(err)
		}
		if err := p.claim.Rename(); err != nil {
			t.Fatal(err)
		}
		if err := p.claim.Abandon(); err != nil {
			t.Fatal(err)
		}
		for _, place := range p.claim.held {
			if err := place.file.load(); err != nil || place.file.record(place.slot).Name != "" {
				t.Fatal(place.file.record(place.slot), err)
			}
		}
		w.living = make(map[string]netquota.Allotment)
		p.exit()
	}
	w.check(t)
}

// TestFileNames: those of limits are no allotment's, and not longer than a file system takes.
func TestFileNames(t *testing.T) {
	long := netquota.Allotment{Owner: "@" + strings.Repeat(" ", 300), Place: netquota.Place{Type: "veth", Bridge: strings.Repeat("!", 15)}, Quota: 1, Line: 1}
	seen := make(map[string]bool)
	for _, name := range []string{
		FileName(long), memberFile(long, 4294967295), memberFile(long, 1), memberFile(studentsOn, 1), FileName(studentsOn),
		FileName(netquota.Allotment{Owner: "@students:1", Place: lan}), userFile(1), userFile(4294967295), rateFile(1), "claims", "ledger.1",
	} {
		if len(name) > 255 || seen[name] {
			t.Error(len(name), name)
		}
		seen[name] = true
	}
}

// TestPace: as many beginnings as the limit within any netquota.Minute, no more and no fewer.
func TestPace(t *testing.T) {
	w := newWorld(t)
	p := w.open(t)
	defer p.exit()
	now := uint64(100 * 1_000_000_000)
	p.book.now = func() uint64 { return now }
	limit := netquota.Limit{Set: true, Most: 3}
	begin := func() uint64 {
		t.Helper()
		err := p.begin(alice.UID, limit)
		var pace *netquota.RateLimited
		if err != nil && !errors.As(err, &pace) {
			t.Fatal(err)
		}
		if pace != nil {
			return pace.Wait
		}
		return 0
	}
	for i, step := range []struct{ at, wait uint64 }{
		{100, 0},
		{110, 0},
		{120, 0},
		{121, 39},
		{159, 1},
		{160, 0},
		{160, 10},
		{170, 0},
		{179, 1},
		{180, 0},
		{181, 39},
		{1000, 0},
		{1000, 0},
		{1000, 0},
		{1000, 60},
		{5, 0}, // the machine was started again
	} {
		now = step.at * 1_000_000_000
		if got := begin(); got != step.wait {
			t.Fatalf("step %d: wait %d, want %d", i, got, step.wait)
		}
	}
	if err := p.begin(bob.UID, limit); err != nil {
		t.Error("another user waits:", err)
	}
	if err := p.begin(alice.UID, netquota.Limit{}); err != nil {
		t.Error("no limit:", err)
	}
	var pace *netquota.RateLimited
	if err := p.begin(bob.UID, netquota.Limit{Set: true, Most: 0}); !errors.As(err, &pace) || pace.Wait != 0 {
		t.Error("a limit of none:", err)
	}
}

// TestPaceDamaged: what is no time is free; there are still no more records than the limit.
func TestPaceDamaged(t *testing.T) {
	w := newWorld(t)
	p := w.open(t)
	defer p.exit()
	for _, damage := range []string{"", "x", strings.Repeat("\x00", 64), strings.Repeat("9", 31) + "\n", strings.Repeat(" ", 31) + "\n"} {
		if err := os.WriteFile(w.slots()+"/"+rateFile(1), []byte(damage), 0o600); err != nil {
			t.Fatal(err)
		}
		granted := 0
		for range 5 {
			if p.begin(1, netquota.Limit{Set: true, Most: 2}) == nil {
				granted++
			}
		}
		if granted != 2 {
			t.Errorf("%q: %d", damage, granted)
		}
	}
}

// TestPaceBesideFrozen: a process that stopped over a record has that one.
func TestPaceBesideFrozen(t *testing.T) {
	w := newWorld(t)
	p, frozen := w.open(t), w.open(t)
	defer p.exit()
	defer frozen.exit()
	fd, err := frozen.book.open(rateFile(1))
	if err != nil {
		t.Fatal(err)
	}
	if held, err := lockfile.Try(fd, lockfile.Exclusive, 0, rateSize); !held || err != nil {
		t.Fatal(held, err)
	}
	granted := 0
	for range 5 {
		if p.begin(1, netquota.Limit{Set: true, Most: 3}) == nil {
			granted++
		}
	}
	if granted != 2 {
		t.Error(granted)
	}
	lockfile.Close(fd)
	if err := p.begin(1, netquota.Limit{Set: true, Most: 3}); err != nil {
		t.Error(err)
	}
}

// FuzzRemaining: no panic, and never more than a netquota.Minute.
func FuzzRemaining(f *testing.F) {
	f.Add(beginning(5), uint64(9))
	f.Add([]byte("                              -\n"), uint64(1))
	f.Fuzz(func(t *testing.T, record []byte, now uint64) {
		if remaining(record, now) > netquota.Minute {
			t.Fatal(record, now)
		}
	})
}

// TestLimitHidesNoOrphan: an interface that no record has counts for its allotment, although the limit of the user has counted
// it on the occasion of another allotment.
func TestLimitHidesNoOrphan(t *testing.T) {
	w := newWorld(t)
	w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 9}}
	one := netquota.Allotment{Owner: "alice", Place: wan, Quota: 1, Line: 1}
	w.create("veth2001_GhSt", one)
	if n, limit := w.limitOf(t, alice, ofAlice); n != 2 || limit != nil {
		t.Fatal(n, limit)
	}
	if n, limit := w.limitOf(t, alice, one); n != 0 || limit != nil {
		t.Fatal(n, limit)
	}
	w.check(t)
}

// renameNow gives an interface another name.
func (w *world) renameNow(name, to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.renamed[name] = to
}

// TestLimitKnowsRenamed: an interface that is given another name while it is being made counts once, whoever looks in
// between, on this bridge or another.
func TestLimitKnowsRenamed(t *testing.T) {
	for _, looks := range []netquota.Allotment{students, {Owner: "bob", Place: wan, Quota: 9, Line: 3}} {
		w := newWorld(t)
		w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 2}}
		first, second := w.open(t), w.open(t)
		if err := first.make(bob, []netquota.Allotment{students}, netquota.MAC{2, 1}, 4); err != nil {
			t.Fatal(err)
		}
		w.renameNow(first.claim.Name, netquota.HostName(bob.UID, 9996))
		second.book.pause = 0
		if err := second.make(bob, []netquota.Allotment{looks}, netquota.MAC{2, 2}, 1); err != nil {
			t.Fatal(err)
		}
		second.exit() // it dies
		if err := first.claim.Complete(); err != nil {
			t.Fatal(err)
		}
		first.exit()
		if n, _ := w.limitOf(t, bob, students); n != 1 {
			t.Errorf("%s: room for %d", looks.Place.Bridge, n)
		}
		w.check(t)
	}
}

// TestLimitCountsHalfMadeRenamed: what a process has left half made counts on other bridges too, where nobody removes it,
// although it was given a name that tells no user.
func TestLimitCountsHalfMadeRenamed(t *testing.T) {
	w := newWorld(t)
	w.limits = netquota.Limits{User: netquota.Limit{Set: true, Most: 1}}
	p := w.open(t)
	if err := p.make(alice, []netquota.Allotment{ofAlice}, netquota.MAC{2, 1}, 4); err != nil {
		t.Fatal(err)
	}
	w.renameNow(p.claim.Name, "ren0")
	p.exit() // it dies
	if n, limit := w.limitOf(t, alice, aliceOnWan); n != 0 || limit == nil {
		t.Error(n, limit)
	}
	if n, limit := w.limitOf(t, alice, ofAlice); n != 1 || limit == nil { // where it is removed
		t.Error(n, limit)
	}
	w.check(t)
}

// TestBegunAsksOnce: in a whole create the file of beginnings is read once, and the clock asked once, however many there
// are; and once more for the record that is taken.
func TestBegunAsksOnce(t *testing.T) {
	w := newWorld(t)
	w.limits.PerMinute = netquota.Limit{Set: true, Most: 9}
	p := w.open(t)
	defer p.exit()
	for range 5 {
		if err := p.begin(alice.UID, w.limits.PerMinute); err != nil {
			t.Fatal(err)
		}
	}
	asked := 0
	p.book.now = func() uint64 { asked++; return sinceBoot() }
	if err := p.make(alice, []netquota.Allotment{ofAlice}, netquota.MAC{2}, 1); err != nil || asked != 2 || len(p.claim.look.Begun) != 5 {
		t.Errorf("%v, %d questions, %d beginnings", err, asked, len(p.claim.look.Begun))
	}
}

// TestExtends: a create that loses the slot which it knew to be free asks about each dead one before the file grows.
func TestExtends(t *testing.T) {
	w := newWorld(t)
	few := []netquota.Allotment{{Owner: "alice", Place: lan, Quota: 9, Line: 1}}
	for i := range 3 {
		p := w.open(t)
		if err := p.make(alice, few, netquota.MAC{2, byte(i)}, 6); err != nil {
			t.Fatal(err)
		}
		p.exit()
	}
	for name := range w.living {
		w.kill(name)
	}
	frozen, p := w.open(t), w.open(t)
	defer frozen.exit()
	defer p.exit()
	l, err := p.book.look(alice, few, netquota.Limits{}, p)
	if err != nil {
		t.Fatal(err)
	}
	if err := frozen.make(alice, few, netquota.MAC{3}, 1); err != nil {
		t.Fatal(err)
	}
	p.claim = &Claim{book: p.book, look: l, Nic: netquota.Named("veth2001_AAAA")}
	plan, err := p.claim.attempt()
	if err != nil || len(plan.Take) != 1 || plan.Take[0].Slot != 1 || len(l.files[0].Seen) != 3 {
		t.Errorf("%v, takes %v of %d slots, want slot 1 of 3", err, plan.Take, len(l.files[0].Seen))
	}
}
