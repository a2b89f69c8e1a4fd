package turns

import (
	"strconv"
	"testing"
)

// TestGravesOfOne: an owner whose burials never end has few buriers, however many connections come, and holds few
// descriptors; nobody else's wait for that.
func TestGravesOfOne(t *testing.T) {
	const few, most, all = 8, 64, 10_000
	g := NewGraves(few, most)
	buriers, held := 0, 0
	for connection := range all {
		g.Add(connection, "alice")
		held++
		for name, some := g.Next(false); len(some) > 0; name, some = g.Next(false) {
			if len(some) > most {
				t.Fatalf("%d at once", len(some))
			}
			buriers++
			held -= len(some)
			g.Began(name, len(some))
			if (buriers > 1) != g.Barred("alice") || g.AnyBarred() != g.Barred("alice") || g.Barred("bob") {
				t.Fatalf("with %d buriers: %v, %v, %v", buriers, g.Barred("alice"), g.AnyBarred(), g.Barred("bob"))
			}
		}
		if held >= most {
			t.Fatalf("%d held", held)
		}
	}
	if buriers > all/most+8 {
		t.Errorf("%d buriers", buriers)
	}
	g.Add(all, "bob")
	if name, some := g.Next(false); name != "bob" || len(some) != 1 || some[0] != all {
		t.Errorf("bob waits: %q, %v", name, some)
	}
}

// TestGraves: in haste a burial waits for more, each connection is buried once, and who has nothing any more is forgotten.
func TestGraves(t *testing.T) {
	g := NewGraves(4, 16)
	for connection := range 3 {
		g.Add(connection, "alice")
	}
	if _, some := g.Next(true); len(some) > 0 || !g.Due() {
		t.Errorf("%v in haste", some)
	}
	g.Add(3, "alice")
	if name, some := g.Next(true); name != "alice" || len(some) != 4 {
		t.Fatalf("%q, %v", name, some)
	}
	g.Began("alice", 4)
	g.Add(4, "alice")
	if g.Due() {
		t.Error("a second burier for one connection")
	}
	g.Ended("alice")
	if name, some := g.Next(false); name != "alice" || len(some) != 1 || some[0] != 4 {
		t.Fatalf("%q, %v", name, some)
	}
	g.Began("alice", 1)
	g.Ended("alice")
	if len(g.owners) > 0 || g.Due() {
		t.Errorf("%v", g.owners)
	}
}

// TestGravesOfMany: owners whose burials never end keep no more connections together than one may keep, and few processes each.
func TestGravesOfMany(t *testing.T) {
	const most = 512
	g := NewGraves(64, most)
	held, buriers := 0, map[string]int{}
	for c := range 40 * 2000 {
		g.Add(c, strconv.Itoa(c%40))
		held++
		for name, some := g.Next(true); some != nil; name, some = g.Next(true) {
			held -= len(some)
			buriers[name]++
			g.Began(name, len(some))
		}
		if held > 2*most {
			t.Fatalf("%d are kept", held)
		}
	}
	for name, n := range buriers {
		if n > 200 {
			t.Errorf("%s has %d", name, n)
		}
	}
}
