package turns

import (
	"math/rand"
	"slices"
	"strconv"
	"testing"
)

func small() *Turns { return New(Limits{Waiting: 4, Running: 2, All: 10, Workers: 8}) }

// TestComeDropsOwn: who has too many loses the oldest idle one of their own, and never the newcomer while there is one.
func TestComeDropsOwn(t *testing.T) {
	x := small()
	for c := range 4 {
		if d, full := x.Come(c, "alice"); full {
			t.Fatalf("%d: %v", c, d)
		}
	}
	x.Due(0)
	if d, full := x.Come(4, "alice"); !full || d != (Drop{1, false}) {
		t.Errorf("%v, %v", d, full)
	}
	for _, c := range []int{2, 3, 4} {
		x.Due(c)
	}
	if d, full := x.Come(5, "alice"); !full || d != (Drop{5, false}) {
		t.Errorf("with nothing else idle: %v, %v", d, full)
	}
	if d, full := x.Come(6, "bob"); full {
		t.Errorf("bob's: %v", d)
	}
}

// TestComeDropsFullest: where there are too many in all, the owner who has most loses, whoever comes.
func TestComeDropsFullest(t *testing.T) {
	x := small()
	c := 0
	for _, name := range []string{"a", "b"} {
		for range 4 {
			x.Come(c, name)
			c++
		}
	}
	x.Come(8, "c")
	x.Come(9, "c")
	if d, full := x.Come(10, "bob"); !full || d != (Drop{0, false}) {
		t.Errorf("%v, %v", d, full)
	}
	for _, due := range []int{4, 5, 6, 7} {
		x.Due(due)
	}
	if d, full := x.Come(11, "bob"); !full || d != (Drop{7, true}) {
		t.Errorf("the newest due one of the fullest: %v, %v", d, full)
	}
}

// TestManyOwners: as many owners with one connection each as there is room for, all with names before and behind bob's, and
// ten times as many after bob: that of bob stays while older ones are idle.
func TestManyOwners(t *testing.T) {
	x := New(Limits{Waiting: 4, Running: 2, All: 100, Workers: 8})
	for c := range 100 {
		x.Come(c, strconv.Itoa(c)+"a")
	}
	for c := range 99 {
		x.Come(1000+c, "uid:"+strconv.Itoa(c))
		if d, full := x.Come(500, "bob"); !full || d.Due || d.Connection == 500 {
			t.Fatalf("%d: %v, %v", c, d, full)
		}
		x.Due(500)
		if d, full := x.Come(2000+c, "late:"+strconv.Itoa(c)); !full || d.Connection == 500 {
			t.Fatalf("%d: bob, who sent something, goes: %v, %v", c, d, full)
		}
		x.Left(500)
	}
}

// TestNextTakesTurns: due owners are served one after the other, however much each has.
func TestNextTakesTurns(t *testing.T) {
	x := New(Limits{Waiting: 64, Running: 64, All: 4096, Workers: 1000})
	for c := range 30 {
		x.Come(c, "alice")
		x.Due(c)
	}
	x.Come(30, "bob")
	x.Due(30)
	first, _ := x.Next()
	second, _ := x.Next()
	if first != 0 || second != 30 {
		t.Errorf("%d, %d", first, second)
	}
}

// TestNextLeavesRoom: an owner has no more workers than the limit, nor more than half of what the others leave.
func TestNextLeavesRoom(t *testing.T) {
	x := small()
	run := func(name string) (n int) {
		for c := range 4 {
			id := len(name)*100 + int(name[0])*1000 + c
			x.Come(id, name)
			x.Due(id)
		}
		for {
			if _, ok := x.Next(); !ok {
				return n
			}
			n++
		}
	}
	var got []int
	for _, name := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		got = append(got, run(name))
	}
	if want := []int{2, 2, 2, 1, 1, 0, 0}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// TestNoOneLosesByOthers: whatever one owner does, in any order, the other has a turn as soon as something was sent, and no
// connection of theirs is dropped. At the end nothing is left.
func TestNoOneLosesByOthers(t *testing.T) {
	for seed := range 300 {
		r := rand.New(rand.NewSource(int64(seed)))
		x := New(Limits{Waiting: 4, Running: 2, All: 1000, Workers: 8})
		next, open, running := 1, map[int]bool{}, map[int]bool{}
		gone := func(d Drop, full bool) {
			if full {
				if !open[d.Connection] {
					t.Fatalf("seed %d: %d is dropped, which is not alice's, or served", seed, d.Connection)
				}
				delete(open, d.Connection)
			}
		}
		for range 200 {
			switch r.Intn(5) {
			case 0, 1:
				open[next] = true
				gone(x.Come(next, "alice"+strconv.Itoa(r.Intn(2))))
				next++
			case 2:
				for c := range open {
					x.Due(c)
					break
				}
			case 3:
				if c, ok := x.Next(); ok {
					delete(open, c)
					running[c] = true
				}
			case 4:
				for c := range running {
					x.Ended(c)
					delete(running, c)
					break
				}
			}
			if n := x.waiting; n != len(open) {
				t.Fatalf("seed %d: %d wait, and %d are open", seed, n, len(open))
			}
		}
		gone(x.Come(0, "bob"))
		x.Due(0)
		for served := false; !served; {
			c, ok := x.Next()
			if !ok {
				t.Fatalf("seed %d: bob has no turn, with %d running", seed, len(running))
			}
			served = c == 0
			delete(open, c)
			running[c] = true
		}
		for c := range running {
			x.Ended(c)
		}
		for c := range open {
			x.Left(c)
		}
		if len(x.owners) != 0 || len(x.of) != 0 || len(x.due) != 0 || len(x.came) != 0 || x.waiting != 0 || x.running != 0 {
			t.Fatalf("seed %d: something is left: %+v", seed, x)
		}
	}
}

// TestStuck: workers that do not end keep their owners from further ones, and nobody else.
func TestStuck(t *testing.T) {
	x := New(Limits{Waiting: 4, Running: 2, All: 100, Workers: 8})
	var held []int
	for c := range 40 {
		x.Come(c, "owner"+strconv.Itoa(c/4))
		x.Due(c)
		if c, ok := x.Next(); ok {
			held = append(held, c)
		}
	}
	x.Come(100, "bob")
	x.Due(100)
	if c, ok := x.Next(); ok {
		t.Fatalf("%d is served, with %d running", c, len(held))
	}
	x.Stuck(100) // it waits
	before := 0
	for served := false; !served; {
		if c, ok := x.Next(); ok {
			served = c == 100
			held = append(held, c)
			continue
		}
		if len(held) == before {
			t.Fatalf("bob is not served: %d running, %d held", x.running, len(held))
		}
		before = len(held)
		for _, c := range held { // all are killed, and none ends
			x.Stuck(c)
		}
	}
	for _, c := range held {
		x.Ended(c)
	}
	if x.running != 0 || len(x.stuck) != 0 {
		t.Errorf("%d running, %v", x.running, x.stuck)
	}
}

// TestOverdue: where no worker is left, one of whoever has most holds up who has fewer: the oldest of those. It is unequal
// only if nobody has fewer afterwards than the other.
func TestOverdue(t *testing.T) {
	x := New(Limits{Waiting: 4, Running: 3, All: 100, Workers: 6})
	come := func(c int, name string) {
		x.Come(c, name)
		x.Due(c)
	}
	serve := func(want int) {
		t.Helper()
		if c, ok := x.Next(); !ok || c != want {
			t.Fatalf("%d, %v is served, want %d", c, ok, want)
		}
	}
	for i, name := range []string{"b", "a", "b", "a", "c", "d"} { // 2, 2, 1, 1
		come(i, name)
		serve(i)
	}
	overdue := func(what string, connection int, unequal, ok bool) {
		t.Helper()
		if c, u, is := x.Overdue(); is != ok || ok && (c != connection || u != unequal) {
			t.Errorf("%s: %d, %v, %v; want %d, %v, %v", what, c, u, is, connection, unequal, ok)
		}
	}
	overdue("nobody is due", 0, false, false)
	come(10, "a")
	overdue("who has most is due", 0, false, false)
	come(11, "c")
	overdue("one who has one, and would not be served", 0, false, false)
	come(12, "bob")
	overdue("one who has none, and nobody has more than two", 0, false, true)
	x.Stuck(0)
	serve(12)
	overdue("nobody else would be served", 0, false, false)
	come(13, "e")
	overdue("another one who has none", 1, false, true)
	x.Stuck(1)
	serve(13)
	overdue("nobody has more than one", 0, false, false)
	x.Ended(5)
	overdue("there is a worker", 0, false, false)
}

// TestOverdueEnds: eleven owners have all workers, and whoever comes then is served when one of theirs has ended; and workers
// that do not end do not become more than an owner may have.
func TestOverdueEnds(t *testing.T) {
	x := New(Limits{Waiting: 64, Running: 8, All: 4096, Workers: 64})
	for c := range 11 * 20 {
		x.Come(c, "owner"+strconv.Itoa(c/20))
		x.Due(c)
		x.Next()
	}
	for round := range 50 {
		x.Come(1_000_000+round, "bob"+strconv.Itoa(round))
		x.Due(1_000_000 + round)
		stuck, unequal, ok := x.Overdue()
		if !ok || round < 40 && !unequal || round > 45 && unequal || stuck >= 1_000_000 { // until nobody has more than two
			t.Fatalf("%d: %d, %v, %v", round, stuck, unequal, ok)
		}
		x.Stuck(stuck)
		if next, ok := x.Next(); !ok || next != 1_000_000+round {
			t.Fatalf("%d: %d is served, %v", round, next, ok)
		}
	}
	for _, o := range x.owners {
		if len(o.served) > 8 {
			t.Errorf("%s has %d", o.name, len(o.served))
		}
	}
}

// TestOverdueServes: whatever has happened, somebody is served in the place of one that holds up others.
func TestOverdueServes(t *testing.T) {
	random := rand.New(rand.NewSource(1))
	killed := 0
	for range 300 {
		x := New(Limits{Waiting: 8, Running: 4, All: 200, Workers: 8})
		var served []int
		for c := range 200 {
			x.Come(c, strconv.Itoa(random.Intn(10)))
			x.Due(c)
			if random.Intn(3) > 0 {
				if next, ok := x.Next(); ok {
					served = append(served, next)
				}
			}
			if len(served) > 0 && random.Intn(8) == 0 {
				i := random.Intn(len(served))
				x.Ended(served[i])
				served = slices.Delete(served, i, i+1)
			}
			for _, ok := x.Next(); ok; _, ok = x.Next() { // nobody is held up by a worker that is free
				continue
			}
			if stuck, _, ok := x.Overdue(); ok {
				x.Stuck(stuck)
				if _, ok := x.Next(); !ok {
					t.Fatal("nobody is served in its place")
				}
				killed++
			}
		}
	}
	if killed < 1000 {
		t.Errorf("%d only", killed)
	}
}

// TestSpreadThin: an owner with two workers is not ended for one with none as one of few is.
func TestSpreadThin(t *testing.T) {
	x := New(Limits{Waiting: 8, Running: 8, All: 200, Workers: 64})
	for c := range 64 {
		x.Come(c, strconv.Itoa(max(c, 1)))
		x.Due(c)
		x.Next()
	}
	x.Come(100, "late")
	x.Due(100)
	if c, unequal, ok := x.Overdue(); !ok || unequal || c != 0 {
		t.Errorf("%d, %v, %v", c, unequal, ok)
	}
}

// TestStrangers: what is not there changes nothing.
func TestStrangers(t *testing.T) {
	x := small()
	x.Due(1)
	x.Left(1)
	x.Ended(1)
	x.Come(2, "alice")
	x.Ended(2)
	x.Due(2)
	x.Due(2)
	if c, ok := x.Next(); c != 2 || !ok {
		t.Errorf("%d, %v", c, ok)
	}
	x.Left(2) // it is served
	if _, ok := x.Shed(); ok || x.running != 1 {
		t.Errorf("%+v", x)
	}
}
