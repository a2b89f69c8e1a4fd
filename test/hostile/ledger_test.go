//go:build system

package hostile

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	rewriter = person("rewriter")
	robbed   = person("robbed")
	grower   = person("grower")
	_        = grant("rewriter veth ledger 9", "robbed veth ledger 2", "grower veth growing 9")
)

// writesLedger reports whether a system call writes to the ledger.
func (x *traced) writesLedger(c systemCall) bool {
	if c.nr != unix.SYS_WRITE && c.nr != unix.SYS_PWRITE64 {
		return false
	}
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", x.pid, c.args[0]))
	return path == ledgerPath
}

// TestHostageLedger: an attacker freezes their call at each of its writes to the ledger, lets the victim make and delete
// interfaces, and kills the call right after, or lets it go on. The victim's rows are all there, and theirs alone; the
// victim's quota is exact.
func TestHostageLedger(t *testing.T) {
	attackers, victims := container(t, rewriter), container(t, robbed)
	points := 0
	for n := 0; points == n; n++ {
		for _, killed := range []bool{false, true} {
			if r := call(t, rewriter, creates(attackers, "ledger")...); r.made() == "" {
				t.Fatal(r)
			}
			sweep(t, rewriter) // and its row is that of a dead interface, which the next one is written over
			var first, second result
			plan{u: rewriter, argv: creates(attackers, "ledger")}.run(t, func(x *traced) {
				for range n + 1 {
					if !x.until(x.writesLedger) {
						return
					}
				}
				points = n + 1
				first = call(t, robbed, creates(victims, "ledger")...)
				gone := call(t, robbed, creates(victims, "ledger")...)
				if r := call(t, robbed, deletes(victims, "ledger", gone.made())...); r.status != 0 || listed(t, gone.made()) != 0 {
					t.Errorf("delete: %v", r)
				}
				x.next()
				if killed {
					x.kill()
				}
			})
			if points != n+1 {
				continue
			}
			second = call(t, robbed, creates(victims, "ledger")...)
			third := call(t, robbed, creates(victims, "ledger")...)
			if first.made() == "" || second.made() == "" || third.status != 1 || !strings.Contains(third.err, "uota") {
				t.Errorf("a quota of 2: %v, then %v, then %v", first, second, third)
			}
			if listed(t, first.made()) != 1 || listed(t, second.made()) != 1 || malformed(t) != "" {
				t.Errorf("at write %d, killed %v: the rows are %q", n, killed, rows(t))
			}
			if r := call(t, robbed, deletes(victims, "ledger", first.made())...); r.status != 0 {
				t.Errorf("delete: %v", r)
			}
			sweep(t, robbed)
			sweep(t, rewriter)
		}
	}
	fmt.Printf("observed: %s: %d writes\n", t.Name(), points)
	if points == 0 {
		t.Error("the ledger is not written")
	}
}

// TestHostageGrowth: a process of a user's is frozen at each of its system calls in turn, of a create and of a delete, while
// the same user makes and deletes interfaces. The ledger has no more places than were in use at once: that process's, the
// other's, and one for each row that could not be dropped during that time.
func TestHostageGrowth(t *testing.T) {
	target := container(t, grower)
	size := func() int64 {
		stat, err := os.Stat(ledgerPath)
		if err != nil {
			t.Fatal(err)
		}
		return stat.Size()
	}
	pairs, peak := 0, int64(0)
	works := func(x *traced) {
		for range 8 {
			made := call(t, grower, creates(target, "growing")...)
			if made.made() == "" {
				t.Fatalf("at %d: %v", x.at.nr, made)
			}
			if r := call(t, grower, deletes(target, "growing", made.made())...); r.status != 0 {
				t.Fatalf("at %d: %v", x.at.nr, r)
			}
			pairs++
		}
		peak = max(peak, size())
	}
	if r := call(t, grower, creates(target, "growing")...); r.made() == "" {
		t.Fatal(r)
	}
	sweep(t, grower)
	before := size()
	for n, more := 0, true; more; n += 3 {
		plan{u: grower, argv: creates(target, "growing")}.run(t, func(x *traced) {
			if more = x.reach(n); more {
				works(x)
			}
		})
		sweep(t, grower)
	}
	for n, more := 0, true; more; n += 3 {
		made := call(t, grower, creates(target, "growing")...)
		plan{u: grower, argv: deletes(target, "growing", made.made())}.run(t, func(x *traced) {
			if more = x.reach(n); more {
				works(x)
			}
		})
		sweep(t, grower)
	}
	row := int64(len("grower veth growing veth0000_0000\n"))
	grown := (peak - before + row - 1) / row
	fmt.Printf("observed: %s: %d creates and deletes, %d more rows\n", t.Name(), pairs, grown)
	if grown > 3 || pairs < 200 {
		t.Errorf("%d creates and deletes, and the ledger has grown by %d rows", pairs, grown)
	}
}
