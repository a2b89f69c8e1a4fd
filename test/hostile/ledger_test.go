//go:build system

package hostile

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	rewriter = person("rewriter")
	robbed   = person("robbed")
	_        = grant("rewriter veth ledger 9", "robbed veth ledger 2")
)

// TestHostageLedger: an attacker freezes his call where it is about to put a new ledger in the place of the old one, lets
// the victim make an interface, and kills his call right after, so that the victim's row goes with the old ledger. The
// victim's quota is still exact, and the victim's next create brings the row back.
func TestHostageLedger(t *testing.T) {
	attackers, victims := container(t, rewriter), container(t, robbed)
	if r := call(t, rewriter, creates(attackers, "ledger")...); r.made() == "" {
		t.Fatal(r)
	}
	sweep(t, rewriter) // and its row is that of a dead interface, for which the ledger is written anew
	var first result
	plan{u: rewriter, argv: creates(attackers, "ledger")}.run(t, func(x *traced) {
		if !x.until(is(unix.SYS_RENAMEAT2)) {
			t.Fatal("the ledger is not replaced")
		}
		first = call(t, robbed, creates(victims, "ledger")...)
		if first.made() == "" || listed(t, first.made()) != 1 {
			t.Fatalf("meanwhile: %v, %d rows", first, listed(t, first.made()))
		}
		x.next()
		x.kill()
	})
	fmt.Printf("observed: %s: %d rows of the victim's are left\n", t.Name(), listed(t, first.made()))
	second := call(t, robbed, creates(victims, "ledger")...)
	third := call(t, robbed, creates(victims, "ledger")...)
	if second.made() == "" || third.status != 1 || !strings.Contains(third.err, "uota") {
		t.Errorf("a quota of 2, of which one is used: %v, then %v", second, third)
	}
	if listed(t, first.made()) != 1 || listed(t, second.made()) != 1 || malformed(t) != "" {
		t.Errorf("the rows are %q", rows(t))
	}
	if r := call(t, robbed, deletes(victims, "ledger", first.made())...); r.status != 0 {
		t.Errorf("delete: %v", r)
	}
	sweep(t, robbed)
	sweep(t, rewriter)
}
