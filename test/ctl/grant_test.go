//go:build system

package ctl

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
	"userns-helpers/test/directory/fake"
)

// granted is what grant and revoke answer.
type granted struct {
	Result, ID, Problem, Advice string
	Lines                       []struct {
		File, Text, Change, User string
		First, Count             uint64
	}
	Avoided []struct {
		Rule, Who   string
		First, Last uint64
		Claims      int
	}
	Paste []struct {
		File  string
		Lines []string
	}
	Remarks []string
	status  int
}

// texts are the lines in short.
func (g granted) texts() string {
	var all []string
	for _, l := range g.Lines {
		all = append(all, l.Change+" "+l.File+" "+l.Text)
	}
	return strings.Join(all, "; ")
}

// order carries out grant or revoke as p.
func order(t testing.TB, p person, words ...string) granted {
	t.Helper()
	got := call(t, p, append([]string{usernsctl}, append(words, "--json")...)...)
	var g granted
	if err := json.Unmarshal([]byte(got.out), &g); err != nil || got.err != "" {
		t.Fatalf("%q: %v: %+v", words, err, got)
	}
	g.status = got.status
	return g
}

// hosts makes both files of ids what they are given, for the time of a test.
func hosts(t testing.TB, subuid, subgid string) {
	t.Helper()
	put(t, "/etc/subuid", harness.File{Text: subuid})
	put(t, "/etc/subgid", harness.File{Text: subgid})
	t.Cleanup(func() { _ = os.Remove("/etc/subuid-"); _ = os.Remove("/etc/subgid-") })
}

// contents are both files.
func contents(t testing.TB) (subuid, subgid string) {
	t.Helper()
	return text(t, "/etc/subuid"), text(t, "/etc/subgid")
}

func text(t testing.TB, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// unlocked fails where a lock or a temporary file is left.
func unlocked(t testing.TB) {
	t.Helper()
	entries, err := os.ReadDir("/etc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); strings.HasPrefix(name, "subuid") || strings.HasPrefix(name, "subgid") {
			switch strings.TrimLeft(name[6:], "-") {
			case "":
			default:
				t.Errorf("/etc/%s is left", name)
			}
		}
	}
}

// TestGrant: which lines come out of which files.
func TestGrant(t *testing.T) {
	const bobs = "bob:100000:65536\n"
	for _, c := range []struct {
		name, subuid, subgid string
		words                string
		added                string // "" for nothing; both files alike but where it has a comma
		defs                 string
	}{
		{"the first", "", "", "alice", "alice:131072:65536", ""},
		{"the next", bobs, bobs, "alice", "alice:196608:65536", ""},
		{"by user id", bobs, bobs, "3001", "alice:196608:65536", ""},
		{"free in both", bobs, "bob:200000:65536\n", "alice", "alice:327680:65536", ""},
		{"there by name", "alice:1:1\n", "alice:5:1\n", "alice", "", ""},
		{"there by id", "3001:1:1\n", "alice:5:1\n", "alice", "", ""},
		{"a line that grants nothing", "alice:1\n", "alice:1\n", "alice", "alice:131072:65536", ""},
		{"in one file", "alice:700000:1000\n", bobs, "alice", ",alice:700000:1000", ""},
		{"in one file, not free in the other", "alice:100000:65536\n", bobs, "alice", ",alice:196608:65536", ""},
		{"in one file twice", bobs, "alice:700000:1000\nalice:800000:10\n", "alice", "alice:700000:1000 alice:800000:10,", ""},
		{"fewer", bobs, bobs, "alice --count 1000", "alice:165536:1000", ""},
		{"more", bobs, bobs, "alice --count=500000", "alice:1879048192:500000", ""},
		{"chosen", bobs, bobs, "alice --start 300000 --count 10", "alice:300000:10", ""},
		{"chosen among systemd's", "", "", "alice --start 600000", "alice:600000:65536", ""},
		{"chosen and there", "alice:300000:100\n", "alice:300000:100\n", "alice --start 300010 --count 10", "", ""},
		{"count of login.defs", "", "", "alice", "alice:100000:1000", "SUB_UID_COUNT 1000\nSUB_GID_COUNT 500\n"},
		{"bounds of login.defs", "", "", "alice", "alice:200000:65536", "SUB_UID_MIN 150000\nSUB_GID_MIN 200000\nSUB_UID_MAX 265535\n"},
		{"written by id", "", "", "alice", "3001:131072:65536", "SUB_UID_STORE_BY_UID yes\nSUB_GID_STORE_BY_UID yes\n"},
		{"computed", "", "", "alice", "alice:131237536:65536", "SUB_UID_MIN 100000\nSUB_UID_DETERMINISTIC yes\n"},
		{"computed, of both kinds", "", "", "alice", "alice:131237536:65536,alice:131337536:65536", "SUB_UID_MIN 100000\nSUB_GID_MIN 200000\nSUB_UID_DETERMINISTIC yes\nSUB_GID_DETERMINISTIC yes\n"},
		{"kubelet", bobs, bobs, "--kubelet 2", "kubelet:196608:131072", ""},
		{"kubelet's are there", "kubelet:196608:262144\n", "kubelet:196608:262144\n", "--kubelet 2", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			hosts(t, c.subuid, c.subgid)
			add(t, "/etc/login.defs", c.defs)
			add(t, "/etc/passwd", "kubelet:x:990:990::/:/usr/sbin/nologin\n")
			words := append([]string{"grant"}, strings.Fields(c.words)...)
			uids, gids, differ := strings.Cut(c.added, ",")
			if !differ {
				gids = uids
			}
			var want []string
			for _, of := range []struct{ file, lines string }{{"/etc/subuid", uids}, {"/etc/subgid", gids}} {
				for _, line := range strings.Fields(of.lines) {
					want = append(want, "added "+of.file+" "+line)
				}
			}
			changed := func(g granted) (short []string) {
				for _, l := range g.Lines {
					if l.Change != "kept" {
						short = append(short, l.Change+" "+l.File+" "+l.Text)
					}
				}
				return short
			}
			planned := order(t, alice, append(words, "--dry-run")...)
			if a, b := contents(t); a != c.subuid || b != c.subgid || planned.status != 0 {
				t.Errorf("a dry run: %+v: %q, %q", planned, a, b)
			}
			did := order(t, root, words...)
			if !slices.Equal(changed(did), want) || !slices.Equal(changed(planned), want) || did.status != 0 || (did.Result == "nothing") != (c.added == "") {
				t.Errorf("%+v, want %q", did, want)
			}
			a, b := contents(t)
			if wantA, wantB := c.subuid+lined(uids), c.subgid+lined(gids); a != wantA || b != wantB {
				t.Errorf("%q, %q, want %q, %q", a, b, wantA, wantB)
			}
			again := order(t, root, words...)
			if c, d := contents(t); again.Result != "nothing" || again.status != 0 || c != a || d != b {
				t.Errorf("again: %+v", again)
			}
			unlocked(t)
		})
	}
}

// lined are words, a line each.
func lined(words string) string {
	text := ""
	for _, word := range strings.Fields(words) {
		text += word + "\n"
	}
	return text
}

// TestGrantRefused: nothing is changed, and the reason has a name.
func TestGrantRefused(t *testing.T) {
	const alices = "alice:300000:65536\n"
	file := func(path string, f harness.File) func(*testing.T) { return func(t *testing.T) { put(t, path, f) } }
	defs := func(lines string) func(*testing.T) { return func(t *testing.T) { add(t, "/etc/login.defs", lines) } }
	for _, c := range []struct {
		name, words, id string
		prepare         func(*testing.T)
	}{
		{"no such user", "ghost", "unknown-user", nil},
		{"no such user id", "4711", "unknown-user", nil},
		{"another's ids", "bob --start 365535", "taken", nil},
		{"an account's id", "bob --start 2990 --count 100", "taken", nil},
		{"a forbidden id", "bob --start 500000", "taken", file("/etc/userns-helpers/forbidden-host-ids", harness.File{Text: "500100\n"})},
		{"beyond", "bob --start 4294967000", "beyond", nil},
		{"other ids than asked for", "alice --start 400000", "has-others", nil},
		{"fewer ids than asked for", "alice --count 65537", "has-others", nil},
		{"no room", "bob", "no-room", defs("SUB_UID_MIN 200000\nSUB_UID_MAX 200100\n")},
		{"no such many", "bob --count 3000000000", "no-room", nil},
		{"computed and taken", "bob", "taken", defs("SUB_UID_MIN 169000\nSUB_UID_DETERMINISTIC yes\nUID_MIN 3000\n")},
		{"computed for nobody", "bob", "deterministic", defs("SUB_GID_DETERMINISTIC yes\nUID_MIN 3005\n")},
		{"computed and chosen", "bob --start 700000", "deterministic", defs("SUB_UID_DETERMINISTIC yes\n")},
		{"switched off", "bob", "subid-off", defs("SUB_GID_COUNT 0\n")},
		{"SSSD", "bob", "subid-module", func(t *testing.T) {
			put(t, "/etc/nsswitch.conf", harness.File{Text: "passwd: files\nsubid: sss\n"})
			put(t, "/var/lib/sss/pipes", harness.File{Kind: unix.S_IFDIR})
		}},
		{"a module", "bob", "subid-module", func(t *testing.T) {
			put(t, "/etc/nsswitch.conf", harness.File{Text: "passwd: files\nsubid: mine\n"})
			put(t, "/usr/lib/libsubid_mine.so", harness.File{})
		}},
		{"a link", "bob", "file-link", func(t *testing.T) {
			put(t, "/etc/subgid", harness.File{Link: "/etc/subuid"})
		}},
		{"a FIFO", "bob", "file-kind", file("/etc/subuid", harness.File{Kind: unix.S_IFIFO})},
		{"a folder", "bob", "file-kind", file("/etc/subuid", harness.File{Kind: unix.S_IFDIR})},
		{"not root's", "bob", "file-trust", file("/etc/subgid", harness.File{Text: alices, UID: 3001})},
		{"for all to write", "bob", "file-trust", file("/etc/subgid", harness.File{Text: alices, Mode: 0o666})},
		{"forbidden ids that nobody understands", "bob", "forbidden-ids", file("/etc/userns-helpers/forbidden-host-ids", harness.File{Text: "all\n"})},
		{"no bridge", "bob --nics a/b=1", "nic-bridge", nil},
		{"a link for interfaces", "bob --nics br0=1", "file-link", file("/etc/lxc/lxc-usernet", harness.File{Link: "/etc/subuid"})},
		{"no kubelet", "--kubelet 10", "unknown-user", nil},
		{"kubelet's are not aligned", "--kubelet 1", "has-others", func(t *testing.T) {
			add(t, "/etc/passwd", "kubelet:x:990:990::/:/usr/sbin/nologin\n")
			hosts(t, "kubelet:100000:65536\n", "kubelet:100000:65536\n")
		}},
		{"kubelet's differ", "--kubelet 1", "has-others", func(t *testing.T) {
			add(t, "/etc/passwd", "kubelet:x:990:990::/:/usr/sbin/nologin\n")
			hosts(t, "kubelet:131072:65536\n", "kubelet:196608:65536\n")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			hosts(t, alices, alices)
			if c.prepare != nil {
				c.prepare(t)
			}
			before := snapshot(t)
			for _, option := range []string{"--dry-run", "--json"} {
				g := order(t, root, append(append([]string{"grant"}, strings.Fields(c.words)...), option)...)
				if g.status != 1 || g.Result != "refused" || g.ID != c.id || g.Problem == "" || g.Advice == "" {
					t.Errorf("%s: %+v", option, g)
				}
			}
			if after := snapshot(t); after != before {
				t.Errorf("%s became %s", before, after)
			}
			unlocked(t)
		})
	}
	hosts(t, alices, alices)
	if g := order(t, alice, "grant", "bob"); g.status != 1 || g.ID != "not-root" {
		t.Errorf("%+v", g)
	}
	if g := order(t, alice, "revoke", "alice"); g.status != 1 || g.ID != "not-root" {
		t.Errorf("%+v", g)
	}
	for _, words := range []string{
		"", "alice bob", "alice --missing", "--missing --start 5", "--missing --nics br0=1", "alice --uid-min 5", "--kubelet 5 --count 5", "--kubelet 5 alice", "--kubelet 0", "alice --count 0",
		"alice --count x", "alice --start 4294967295", "alice --nics br0", "alice --nics br0=0", "alice --nics br0=1 --nics br0=2", "alice --all", "alice --limits tasks=5",
		"--missing --own-bridge", "alice --count", "alice --dry-run=yes",
	} {
		if got := call(t, root, append([]string{usernsctl, "grant"}, strings.Fields(words)...)...); got.status != 2 || !strings.Contains(got.err, "usage:") {
			t.Errorf("%q: %+v", words, got)
		}
	}
	for _, words := range []string{"", "alice bob", "alice --count 5", "--missing"} {
		if got := call(t, root, append([]string{usernsctl, "revoke"}, strings.Fields(words)...)...); got.status != 2 || !strings.Contains(got.err, "usage:") {
			t.Errorf("%q: %+v", words, got)
		}
	}
}

// snapshot is what there is of the files that grant writes.
func snapshot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("sh", "-c", "ls -lid --time-style=full-iso /etc/subuid* /etc/subgid* /etc/lxc/lxc-usernet*; for f in /etc/subuid /etc/subgid /etc/lxc/lxc-usernet; do [ ! -f $f ] || cat $f; done").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// TestGrantAvoided: what lies below the range is told.
func TestGrantAvoided(t *testing.T) {
	hosts(t, "bob:100000:65536\ncarol:165536:65536\n", "bob:100000:65536\n")
	add(t, "/etc/passwd", "dave:x:262144:3001::/:/bin/sh\n")
	put(t, "/etc/samba/smb.conf", harness.File{Text: "idmap config X : range = 300000-600000\n"})
	g := order(t, root, "grant", "alice")
	if g.texts() != "added /etc/subuid alice:1879048192:65536; added /etc/subgid alice:1879048192:65536" {
		t.Errorf("%s", g.texts())
	}
	var rules []string
	for _, a := range g.Avoided {
		rules = append(rules, fmt.Sprint(a.Rule, a.First, "-", a.Last, " ", a.Claims))
	}
	if got := strings.Join(rules, "; "); got != "line100000-231071 3; account262144-262144 1; service300000-600000 1; reserved524288-1879048191 1" {
		t.Error(got)
	}
	put(t, "/etc/sssd/sssd.conf", harness.File{Text: "[domain/x]\nid_provider = ad\n", Mode: 0o600})
	if g := order(t, alice, "grant", "nobody", "--dry-run"); len(g.Remarks) != 1 || !strings.Contains(g.Remarks[0], "Not looked at: /etc/sssd/sssd.conf: permission denied: run as root") {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "grant", "nobody", "--dry-run"); len(g.Remarks) != 0 || !strings.Contains(g.texts(), ":2000224256:") {
		t.Errorf("%+v", g)
	}
	said := call(t, root, usernsctl, "grant", "carol", "--dry-run")
	if said.out != "carol:165536:65536  kept            /etc/subuid\ncarol:165536:65536  would be added  /etc/subgid\n" {
		t.Errorf("%+v", said)
	}
}

// TestRevoke: what was granted is gone, and with --keep-reserved nobody gets the ids again.
func TestRevoke(t *testing.T) {
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "bob veth br0 1\nalice veth none 0\n"})
	hosts(t, "# mine\r\nbob:100000:65536\r\n3001:5:\nalice:7", "alice:100:10\nbob:100000:65536\n3001:200:10")
	before := snapshot(t)
	if g := order(t, alice, "revoke", "alice", "--dry-run"); g.status != 0 || len(g.Lines) != 5 || g.Result != "planned" || snapshot(t) != before {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "revoke", "alice"); g.status != 0 || len(g.Lines) != 5 || g.Result != "done" || len(g.Remarks) < 2 {
		t.Errorf("%+v", g)
	}
	if a, b := contents(t); a != "# mine\r\nbob:100000:65536\r\n" || b != "bob:100000:65536\n" || text(t, "/etc/lxc/lxc-usernet") != "bob veth br0 1\n" {
		t.Errorf("%q, %q", a, b)
	}
	before = snapshot(t)
	if g := order(t, root, "revoke", "alice"); g.status != 0 || g.Result != "nothing" || snapshot(t) != before {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "revoke", "bob", "--keep-reserved"); g.status != 0 || g.Lines[0].Change != "reserved" || g.Lines[0].Text != "4294967295:100000:65536\r" {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "grant", "bob"); g.Lines[0].First != 196608 {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "revoke", "4294967295"); g.status != 1 || g.ID != "unknown-user" {
		t.Errorf("%+v", g)
	}
	hosts(t, "ghost:100000:65536\n4711:200000:65536\n", "ghost:100000:65536\n")
	for _, gone := range []string{"ghost", "4711"} {
		if g := order(t, root, "revoke", gone); g.status != 0 || g.Result != "done" {
			t.Errorf("%+v", g)
		}
	}
	if a, b := contents(t); a != "" || b != "" {
		t.Errorf("%q, %q", a, b)
	}
	unlocked(t)
}

// TestAmbiguous: where a name service gives an ID the name of somebody else, neither what that one has is taken away nor is
// anything granted by it; nor by a name of passwd(5) that is there twice.
func TestAmbiguous(t *testing.T) {
	put(t, "/etc/passwd", harness.File{Text: cleanFiles()["/etc/passwd"] + "bob:x:5001:5001::/:/bin/sh\n"})
	put(t, "/etc/nsswitch.conf", harness.File{Text: "passwd: files systemd\ngroup: files systemd\n"})
	put(t, "/usr/bin/getent", harness.File{Mode: 0o755, Text: `#!/bin/sh
database=$1
[ "$2" != -- ] || shift
case $database:$2 in
passwd:5000) echo bob:x:5000:5000::/:/bin/sh ;;
passwd:5002) echo nobody-else:x:5002:5002::/:/bin/sh ;;
passwd:mallory) echo mallory:x:3002:3002::/:/bin/sh ;;
passwd:carla | passwd:5003) echo carla:x:5003:5003::/:/bin/sh ;;
*) exit 2 ;;
esac
`})
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "bob veth br0 1\n"})
	hosts(t, "bob:100000:65536\n5000:200000:65536\ncarla:300000:65536\n", "bob:100000:65536\n")
	before := snapshot(t)
	for _, who := range []string{"5000", "5001", "5002", "mallory"} {
		for _, words := range [][]string{{"revoke", who}, {"grant", who}, {"grant", who, "--dry-run"}} {
			if g := order(t, root, words...); g.status != 1 || g.ID != "user-ambiguous" || snapshot(t) != before {
				t.Errorf("%q: %+v", words, g)
			}
		}
	}
	if g := order(t, root, "grant", "--missing", "--dry-run"); g.status != 0 || strings.Contains(g.texts(), "bob") || strings.Contains(g.texts(), "5001") {
		t.Errorf("%+v", g)
	}
	if g := order(t, root, "revoke", "5003"); g.status != 0 || len(g.Lines) != 1 || g.Lines[0].Text != "carla:300000:65536" {
		t.Errorf("%+v", g)
	}
	unlocked(t)
}

// TestEdit: a line is changed under the locks, by root, as long as it is what it was, and only in files that have a lock.
func TestEdit(t *testing.T) {
	hosts(t, "alice:1:x\r\nbob:1:10\r\n3001:5:5", "")
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "bob\tveth br0 x\n"})
	before := snapshot(t)
	for _, c := range []struct {
		who   person
		words []string
		id    string
	}{
		{alice, []string{"/etc/subuid", "1", "alice:1:x"}, "not-root"},
		{root, []string{"/etc/subuid", "1", "bob:"}, "edit-changed"},
		{root, []string{"/etc/subuid", "2", ":1:11", ":2:10"}, "edit-changed"},
		{root, []string{"/etc/subuid", "4", "x"}, "edit-changed"},
		{root, []string{"/etc/subgid", "1", "x"}, "edit-changed"},
		{root, []string{"/etc/passwd", "1", "root"}, "edit-file"},
		{root, []string{"/etc//subuid"}, "edit-file"},
		{root, []string{"/etc/subuid", "2", ":1:10", ":2:10", "--dry-run"}, ""},
	} {
		if g := order(t, c.who, append([]string{"edit"}, c.words...)...); g.ID != c.id || (g.status == 0) != (c.id == "") || snapshot(t) != before {
			t.Errorf("%q: %+v", c.words, g)
		}
	}
	for range 2 {
		for _, words := range [][]string{
			{"/etc/subuid", "1", "alice:1:x"}, {"/etc/subuid", "2", ":1:10", ":2:10"}, {"/etc/lxc/lxc-usernet", "1", "bob veth br0 x"},
		} {
			if g := order(t, root, append([]string{"edit"}, words...)...); g.status != 0 || len(g.Lines) != 1 {
				t.Errorf("%q: %+v", words, g)
			}
		}
		if a, b := contents(t); a != "#alice:1:x\r\nbob:2:10\r\n3001:5:5" || b != "" || text(t, "/etc/lxc/lxc-usernet") != "#bob\tveth br0 x\n" {
			t.Errorf("%q, %q", a, b)
		}
	}
	if g := order(t, root, "edit", "/etc/subuid"); g.status != 0 || g.Result != "done" {
		t.Errorf("%+v", g)
	}
	if a, _ := contents(t); a != "#alice:1:x\nbob:2:10\n3001:5:5\n" {
		t.Errorf("%q", a)
	}
	unlocked(t)
}

// TestReserved: check has nothing to say about ids that were taken back for good, and nobody can map them.
func TestReserved(t *testing.T) {
	hosts(t, ranges+"4294967295:900000:10\n", ranges)
	if r := check(t, root); r.status != 0 || len(r.counted()) > 0 {
		t.Errorf("%q", r.counted())
	}
	if said := call(t, alice, usernsctl, "ranges", "uid"); !strings.Contains(said.out, "(reserved)") {
		t.Errorf("%+v", said)
	}
	if did := call(t, alice, newuidmap, fmt.Sprint(namespace(t, alice).PID), "0", "900000", "1"); did.status != 1 {
		t.Errorf("%+v", did)
	}
}

// TestGrantNICs: a line of the user's is edited, and explain sees it.
func TestGrantNICs(t *testing.T) {
	hosts(t, ranges, ranges)
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "# who\nbob veth br0 2\n  carol   veth br0 1 # one\n", Mode: 0o640})
	for _, c := range []struct{ words, want string }{
		{"--nics br0=3", "# who\nbob veth br0 2\n  carol   veth br0 3 # one\n"},
		{"--nics none=1 --nics br0=3", "# who\nbob veth br0 2\n  carol   veth br0 3 # one\ncarol veth none 1\n"},
		{"--nics=br9=4", "# who\nbob veth br0 2\n  carol   veth br0 3 # one\ncarol veth none 1\ncarol veth br9 4\n"},
	} {
		g := order(t, root, append([]string{"grant", "carol"}, strings.Fields(c.words)...)...)
		if got := text(t, "/etc/lxc/lxc-usernet"); got != c.want || g.Result != "done" || strings.Contains(c.words, "br9") != (len(g.Remarks) > 0) {
			t.Errorf("%s: %q, %+v", c.words, got, g)
		}
		if g := order(t, root, append([]string{"grant", "carol"}, strings.Fields(c.words)...)...); g.Result != "nothing" {
			t.Errorf("%s: %+v", c.words, g)
		}
	}
	if info, err := os.Stat("/etc/lxc/lxc-usernet"); err != nil || info.Mode() != 0o640 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if a := explain(t, root, "nic", "carol", "br0"); a.Answer != "yes" {
		t.Errorf("%+v", a)
	}
	if err := os.RemoveAll("/etc/lxc"); err != nil {
		t.Fatal(err)
	}
	if g := order(t, root, "grant", "carol", "--nics", "br0=1"); g.status != 0 || text(t, "/etc/lxc/lxc-usernet") != "carol veth br0 1\n" {
		t.Errorf("%+v", g)
	}
	if names, err := os.ReadDir("/etc/lxc"); err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
}

// TestGranted: what is granted can be mapped, and check finds nothing.
func TestGranted(t *testing.T) {
	hosts(t, "", "")
	for _, p := range []person{alice, bob, carol} {
		g := order(t, root, "grant", p.name)
		first := fmt.Sprint(g.Lines[0].First)
		pid := fmt.Sprint(namespace(t, p).PID)
		for _, program := range []string{newuidmap, newgidmap} {
			if did := call(t, p, program, pid, "0", first, "65536"); did.status != 0 {
				t.Errorf("%s: %+v", p.name, did)
			}
		}
	}
	if r := check(t, root); r.status != 0 {
		t.Errorf("%q", r.counted())
	}
}

// TestGrantRecord: the log has one record.
func TestGrantRecord(t *testing.T) {
	hosts(t, "", "")
	put(t, "/etc/lxc/lxc-usernet", harness.File{})
	_ = os.Remove("/dev/log")
	log, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "/dev/log", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	defer os.Remove("/dev/log")
	for _, words := range []string{"grant alice --dry-run", "grant alice", "grant alice", "grant ghost", "revoke alice"} {
		order(t, root, strings.Fields(words)...)
	}
	var records []string
	buffer := make([]byte, 8192)
	for log.SetReadDeadline(time.Now().Add(100*time.Millisecond)) == nil {
		n, err := log.Read(buffer)
		if err != nil {
			break
		}
		records = append(records, string(buffer[:n]))
	}
	if len(records) != 2 || !strings.Contains(records[0], `result=granted`) || !strings.Contains(records[0], `user="alice" change="added /etc/subuid alice:131072:65536; added /etc/subgid`) ||
		!strings.Contains(records[1], `change="removed /etc/subuid alice:131072:65536; removed`) {
		t.Errorf("%q", records)
	}
}

// TestGrantNameService: ids of accounts that are in no file are left alone; a name service that hangs holds up this grant, and
// nobody else.
func TestGrantNameService(t *testing.T) {
	hosts(t, "", "")
	const folder = "/run/systemd/userdb"
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	put(t, "/etc/passwd", harness.File{Text: cleanFiles()["/etc/passwd"]})
	var leaves atomic.Bool
	people := fake.ListenAt(t, folder+"/io.systemd.Multiplexer", func(_ int, c net.Conn) {
		buffer := make([]byte, 4096)
		n, _ := c.Read(buffer)
		if leaves.Load() {
			_ = harness.File{Text: strings.Replace(cleanFiles()["/etc/passwd"], "carol:", "caro:", 1)}.Put("/etc/passwd")
		}
		answer := `{"error":"io.systemd.UserDatabase.NoRecordFound","parameters":{}}`
		if strings.Contains(string(buffer[:n]), `"uid":135168`) {
			answer = `{"parameters":{"record":{"userName":"dora","uid":135168,"gid":135168},"incomplete":false}}`
		}
		_, _ = c.Write(append([]byte(answer), 0))
	})
	g := order(t, root, "grant", "alice")
	if g.Lines[0].First != 196608 || len(g.Avoided) != 1 || g.Avoided[0].Rule != "sample" || g.Avoided[0].Who != "the user dora (135168)" {
		t.Errorf("%+v", g)
	}
	add(t, "/etc/passwd", accounts("many", 10000, 30))
	if said, err := exec.Command("script", "-qec", usernsctl+" grant --missing --dry-run", "/dev/null").CombinedOutput(); err != nil || !strings.Contains(string(said), "20 of 32 ranges looked up") {
		t.Errorf("at a terminal: %v: %s", err, said)
	}
	put(t, "/etc/passwd", harness.File{Text: cleanFiles()["/etc/passwd"]})
	leaves.Store(true)
	before := snapshot(t)
	if g := order(t, root, "grant", "carol"); g.status != 1 || g.ID != "unknown-user" || !strings.Contains(g.Problem, "just now") || snapshot(t) != before {
		t.Errorf("an account that goes while its range is chosen: %+v", g)
	}
	if g := order(t, root, "grant", "bob", "--start", "131072"); g.ID != "taken" || !strings.Contains(g.Problem, "belong to the user dora (135168)") {
		t.Errorf("%+v", g)
	}
	people.Close()
	if err := os.RemoveAll(folder); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	asked := make(chan bool, 100)
	fake.ListenAt(t, folder+"/io.systemd.Multiplexer", func(_ int, c net.Conn) {
		asked <- true
		_, _ = c.Read(make([]byte, 1<<16))
		_, _ = c.Read(make([]byte, 1))
	})
	done := make(chan granted, 1)
	begin := time.Now()
	go func() { done <- order(t, root, "grant", "bob") }()
	<-asked
	if err := sh("useradd -M -N -g 3001 erin && userdel erin"); err != nil {
		t.Error(err)
	}
	if late := time.Since(begin); late > 5*time.Second {
		t.Errorf("useradd waited: %v", late)
	}
	g = <-done
	if g.status != 0 || g.Result != "done" || len(g.Remarks) == 0 || !strings.Contains(g.Remarks[0], "No answer") {
		t.Errorf("%+v", g)
	}
	if late := time.Since(begin); late > 25*time.Second {
		t.Errorf("%v", late)
	}
}
