//go:build system

package nics

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"userns-helpers/test/blackbox/harness"
)

// ledgerCases: /run/lxc/nics as it is found.
func ledgerCases() []testCase {
	from := "rows written by the peer count"
	lives := "the peer destroys this file: rows of living nics vanish, rows are glued together"
	full := `1.*1|quota|2`
	plug := func(nics ...string) func(*world) {
		return func(w *world) {
			for _, nic := range nics {
				w.plug(nic, "br0")
			}
		}
	}
	one := "alice veth br0 1\nbob veth br0 9\n@lan veth br0 1\n"
	return []testCase{
		{id: "ledger/living-row-counts", differs: "N01 message", from: from, usernet: one, ledger: "alice veth br0 veth1001_LIVE\n", before: plug("veth1001_LIVE"), args: firstNic, refuse: full},
		{id: "ledger/living-group-row-counts", differs: "N01 message", from: from, usernet: one, ledger: "@lan veth br0 veth1002_LIVE\n", before: plug("veth1002_LIVE"), as: carol.in(lan), args: firstNic, refuse: full},
		{id: "ledger/dead-row-does-not-count", from: from, usernet: one, ledger: "alice veth br0 veth1001_DEAD\n", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.check(!strings.Contains(strings.Join(w.ledger(), "\n"), "veth1001_DEAD"), rows, "the row of a dead nic stays: %q", w.ledger())
		}},
		{id: "ledger/row-of-other-bridge", from: from, usernet: one, ledger: "alice veth br9 veth1001_LIVE\n", before: plug("veth1001_LIVE"), args: firstNic, then: consistentWith(1)},
		{id: "ledger/row-of-other-user", from: from, usernet: one, ledger: "bob veth br0 veth1002_LIVE\n", before: plug("veth1002_LIVE"), args: firstNic, grant: &nic{}},
		{id: "ledger/fifth-column", differs: "N01 message", from: "what follows the fourth column", usernet: one, ledger: "alice veth br0 veth1001_LIVE more of it\n", before: plug("veth1001_LIVE"), args: firstNic, refuse: full},
		{id: "ledger/no-last-newline", differs: "N21 exit, N21 rows", from: from, usernet: one, ledger: "bob veth br0 veth1002_DEAD\nalice veth br0 veth1001_LIVE", before: plug("veth1001_LIVE"), args: firstNic, refuse: full},
		{id: "ledger/appends-after-no-last-newline", differs: "N21 rows", from: lives, ledger: "bob veth br0 veth1002_LIVE", before: plug("veth1002_LIVE"), args: firstNic, grant: &nic{}},
		{id: "ledger/the-example", differs: "N21 rows", from: "the example", usernet: "alice veth br0 2\n", ledger: "bob veth br0 veth1002_DEAD\nalice veth br0 veth1001_DEAD\nalice veth br0 veth1001_LIVE\n", before: plug("veth1001_LIVE"), args: firstNic, grant: &nic{}, then: wellFormed},
		{id: "ledger/many-dead", differs: "N21 rows", from: lives, ledger: deadRows("alice", 1001, 40) + "alice veth br0 veth1001_LIVE\nbob veth br0 veth1002_LIVE\n", before: plug("veth1001_LIVE", "veth1002_LIVE"), args: firstNic, grant: &nic{}, then: wellFormed},
		{id: "ledger/dead-between-living", differs: "N21 rows", from: lives, usernet: "alice veth br0 9\n", ledger: "alice veth br0 veth1001_LIV1\nalice veth br0 veth1001_DEAD\nalice veth br0 veth1001_LIV2\nalice veth br0 veth1001_DEA2\nalice veth br0 veth1001_LIV3\n", before: plug("veth1001_LIV1", "veth1001_LIV2", "veth1001_LIV3"), args: firstNic, grant: &nic{}, then: wellFormed},
		{id: "ledger/nonsense", differs: "N01 message, N21 left, N21 rows", from: "issue: a bad line in a file never affects another line", usernet: one, ledger: "\n\x00\x01 \xff\nalice\nalice veth\n  \nalice veth br0\nveth1001_LIVE\n" + strings.Repeat("y", 100_000) + "\nalice veth br0 veth1001_LIVE\n", before: plug("veth1001_LIVE"), args: firstNic, refuse: full},
		{id: "ledger/nonsense-and-room", differs: "N21 exit, N21 rows", from: "issue: a bad line in a file never affects another line", ledger: "\n\x00\x01 \xff\nalice\nalice veth\nbob veth br0 veth1002_LIVE\nalice veth br0\n", before: plug("veth1002_LIVE"), args: firstNic, grant: &nic{}},
		{id: "ledger/empty", from: from, ledger: "\n", args: firstNic, grant: &nic{}},
		{id: "ledger/2000-rows-of-others", from: "2,000 rows", ledger: deadRows("bob", 1002, 2000), args: firstNic, grant: &nic{}},
		{id: "ledger/permissions", differs: "N22 rows", from: "directory 0755, file readable by everybody or by root only", args: firstNic, grant: &nic{}, then: permissions},
		{id: "ledger/permissions-umask-077", differs: "N22 rows", from: "never the caller's umask", start: harness.Start{Umask: 0o077}, args: firstNic, grant: &nic{}, then: permissions},
		{id: "ledger/permissions-umask-777", differs: "N22 rows", from: "the peer makes it d---------", start: harness.Start{Umask: 0o777}, args: firstNic, grant: &nic{}, then: permissions},
		{id: "ledger/folder-without-permissions", from: "what the peer left", ledger: "bob veth br0 veth1002_LIVE\n", before: func(w *world) {
			w.plug("veth1002_LIVE", "br0")
			w.sh("chmod 000 /run/lxc /run/lxc/nics")
		}, args: firstNic, grant: &nic{}},
		{id: "ledger/sed", from: "sed -i '/USER/d' (which replaces the inode)", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.sh("sed -i /bob/d /run/lxc/nics")
			w.create(alice, "{pid} veth br0 eth1", nic{name: "eth1"})
			w.create(bob, "{pid:bob} veth br0 eth0", nic{})
		}},
		{id: "ledger/grep-and-cut", from: "tests use cut -f4 -d' ' and grep USER", args: firstNic, grant: &nic{}, then: func(w *world) {
			got := strings.TrimSpace(w.sh("grep alice /run/lxc/nics | cut -f4 -d' '"))
			w.check(got == w.nic, rows, "cut shows %q, the nic is %q", got, w.nic)
		}},
		{id: "ledger/removed-while-nics-live", differs: "N23 exit", from: "no living nic is forgotten", usernet: "alice veth br0 1\n", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.must(os.Remove(ledgerPath))
			w.createRefused(alice, "{pid} veth br0 eth1", full)
		}},
		{id: "ledger/emptied-while-nics-live", differs: "N23 exit", from: "no living nic is forgotten", usernet: "alice veth br0 1\n", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.must(os.Truncate(ledgerPath, 0))
			w.createRefused(alice, "{pid} veth br0 eth1", full)
		}},
		{id: "ledger/folder-removed-while-nics-live", differs: "N23 exit", from: "no living nic is forgotten", usernet: "alice veth br0 1\n", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.must(os.RemoveAll(filepath.Dir(ledgerPath)))
			w.createRefused(alice, "{pid} veth br0 eth1", full)
		}},
		{id: "ledger/nobody-recorded-it", differs: "N23 exit", from: "no living nic is forgotten (what a killed peer leaves)", usernet: "alice veth br0 1\n", before: plug("veth1001_GhSt"), args: firstNic, refuse: full},
		{id: "ledger/nobody-recorded-it-none", differs: "N23 exit", from: "no living nic is forgotten (what a killed peer leaves)", usernet: "alice veth none 1\n", before: func(w *world) { w.plug("veth1001_GhSt", "none") }, args: "create /dev/null c1 {pid} veth none eth0", refuse: full},
		{id: "ledger/nobody-recorded-it-group", differs: "N23 exit", from: "no living nic is forgotten (what a killed peer leaves)", usernet: "@lan veth br0 1\n", as: alice.in(lan), before: plug("veth1001_GhSt"), args: firstNic, refuse: full},
		{id: "ledger/nobody-recorded-it-room-for-one", differs: "N23 exit", from: "no living nic is forgotten; counted once", usernet: "alice veth br0 1\n@lan veth br0 1\n", as: alice.in(lan), before: plug("veth1001_GhSt"), then: func(w *world) {
			granted := 0
			for i := range 3 {
				if w.call(w.c.as, words("create /dev/null c1 {pid} veth br0 n%d", i)...).status == 0 {
					granted++
				}
			}
			w.check(granted == 1, exit, "%d grants; one nic lives, and two lines allow one each", granted)
		}},
		{id: "ledger/unrecorded-on-another-bridge", differs: "N01 message", from: "count by (owner, type, bridge)", usernet: "alice veth br0 1\nalice veth br1 1\n", before: func(w *world) {
			w.must(ip("link add br1 type bridge"))
			w.plug("veth1001_GhSt", "br1")
		}, args: firstNic, grant: &nic{}, then: func(w *world) { w.createRefused(alice, "{pid} veth br1 eth1", "1") }},
		{id: "ledger/somebody-else's-unrecorded", from: "no living nic is forgotten", usernet: "alice veth br0 1\n", before: plug("veth1002_GhSt", "veth10011_GhS"), args: firstNic, grant: &nic{}},
	}
}

func deadRows(owner string, uid, n int) string {
	var out strings.Builder
	for i := range n {
		fmt.Fprintf(&out, "%s veth br0 veth%d_%04d\n", owner, uid, i)
	}
	return out.String()
}

// wellFormed: each row has its four columns, nothing is glued, and no nic stands twice.
func wellFormed(w *world) {
	nics := map[string]bool{}
	for _, row := range w.ledger() {
		parts := strings.Split(row, " ")
		ok := len(parts) >= 4 && parts[1] == "veth" && parts[2] == "br0" && strings.HasPrefix(parts[3], "veth")
		known := ok && (parts[0] == "alice" || parts[0] == "bob")
		w.check(known && !nics[parts[3]], rows, "the row %q in %q", row, w.ledger())
		if ok {
			nics[parts[3]] = true
		}
	}
}

// consistentWith is consistentAfter on a machine that had n nics and rows before.
func consistentWith(n int) func(*world) {
	return func(w *world) {
		want := n
		if w.told.status == 0 {
			want++
		}
		w.check(len(w.ledger()) == want, rows, "exit status %d, the rows %q", w.told.status, w.ledger())
	}
}

func permissions(w *world) {
	folder, err := os.Stat(filepath.Dir(ledgerPath))
	w.must(err)
	file, err := os.Stat(ledgerPath)
	w.must(err)
	w.check(folder.Mode().Perm() == 0o755, rows, "the folder has mode %v", folder.Mode())
	mode := file.Mode().Perm()
	w.check(mode == 0o644 || mode == 0o600 || mode == 0o444 || mode == 0o400, rows, "the ledger has mode %v", file.Mode())
	for _, info := range []fs.FileInfo{folder, file} {
		w.check(ownerOf(info) == "0:0", rows, "%s belongs to %s", info.Name(), ownerOf(info))
	}
}

// handOverCases: a change from one helper to the other under running containers.
func handOverCases() []testCase {
	from := "running containers must survive a change from the peer's helper to ours and back"
	one := "alice veth br0 1\n"
	return []testCase{
		{id: "handover/from-the-other", differs: "N01 message", from: from, usernet: one, then: func(w *world) {
			w.otherCreates(alice, "eth0")
			w.createRefused(alice, "{pid} veth br0 eth1", "1")
		}},
		{id: "handover/to-the-other", from: from, usernet: one, args: firstNic, grant: &nic{}, then: func(w *world) {
			a := w.otherTries(alice, "eth1")
			w.check(a.status == 1, exit, "the other program grants a second nic: %q", a.text())
			w.check(len(w.ledger()) == 1, rows, "afterwards the ledger is %q", w.ledger())
		}},
		{id: "handover/there-and-back", differs: "N01 message", from: from, usernet: "alice veth br0 3\nbob veth br0 1\n", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.otherCreates(alice, "eth1")
			w.create(alice, "{pid} veth br0 eth2", nic{name: "eth2"})
			w.createRefused(alice, "{pid} veth br0 eth3", "3")
			w.create(bob, "{pid:bob} veth br0 eth0", nic{})
		}},
		{id: "handover/group", differs: "N01 message", from: from, usernet: "@lan veth br0 2\n", as: alice.in(lan), args: firstNic, grant: &nic{owner: "@lan"}, then: func(w *world) {
			w.otherCreates(w.c.as, "eth1")
			w.createRefused(w.c.as, "{pid} veth br0 eth2", "2")
		}},
		{id: "handover/large-uid", differs: "N01 message", from: from + " (its names of large uids carry no uid)", usernet: "big veth br0 1\n", as: big, then: func(w *world) {
			w.otherCreates(big, "eth0")
			w.createRefused(big, "{pid} veth br0 eth1", "1")
		}},
		{id: "handover/large-uid-to-the-other", from: from, usernet: "big veth br0 1\n", as: big, args: firstNic, grant: &nic{}, then: func(w *world) {
			a := w.otherTries(big, "eth1")
			w.check(a.status == 1, exit, "the other program grants a second nic: %q", a.text())
		}},
		{id: "handover/free-again", from: from, usernet: one, then: func(w *world) {
			w.otherCreates(alice, "eth0")
			w.must(ip("link del " + w.nic))
			w.create(alice, "{pid} veth br0 eth0", nic{})
		}},
	}
}
