//go:build system

package directory

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// mapped is what a map program came to: its result, and the map and the right to setgroups(2) that it left.
type mapped struct {
	result
	text, setgroups string
}

// maps calls a map program of a directory for a process of u in a new user namespace.
func maps(t *testing.T, folder, program string, u user, triples string) mapped {
	t.Helper()
	target := hold(t, u, "unshare", "-U", "cat")
	defer target.Release()
	r := call(t, u, append([]string{filepath.Join(folder, program), strconv.Itoa(target.PID)}, strings.Fields(triples)...)...)
	read := func(name string) string {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", target.PID, name))
		if err != nil {
			t.Error(err)
		}
		return strings.Join(strings.Fields(string(text)), " ")
	}
	return mapped{r, read(strings.TrimPrefix(program, "new")[:3] + "_map"), read("setgroups")}
}

// request is one that both sets of programs get.
type request struct {
	program string
	user    user
	triples string
	status  int
	second  string // what our second line says
}

func (q request) String() string { return q.program + " " + q.user.name + " " + q.triples }

// same runs a request with Debian's programs and with ours, in both installs: status, first line and map are the same.
func (q request) same(t *testing.T) {
	t.Helper()
	want := maps(t, debian, q.program, q.user, q.triples)
	for _, folder := range []string{bin, caps} {
		got := maps(t, folder, q.program, q.user, q.triples)
		if got.status != q.status || want.status != q.status || got.text != want.text || got.setgroups != want.setgroups {
			t.Errorf("%v: %s: %v, map %q, %s; Debian's: %v, map %q, %s", q, folder, got, got.text, got.setgroups, want, want.text, want.setgroups)
		}
		if q.status != 0 && got.first() != want.first() || q.status == 0 && got.err != want.err || !strings.Contains(got.err, q.second) {
			t.Errorf("%v: %s prints %q, Debian's %q; want %q in it", q, folder, got.err, want.err, q.second)
		}
	}
}

const has = "SSSD has for alice (uid 1149800001) [2147483648-2147549184)"

// TestRanges: what SSSD returns is what may be mapped, and nothing else: not what the files grant.
func TestRanges(t *testing.T) {
	for _, q := range []request{
		{"newuidmap", alice, "0 2147483648 65536", 0, ""},
		{"newuidmap", alice, "0 1149800001 1 1 2147483648 65536", 0, ""},
		{"newuidmap", alice, "0 2147483648 1 1 2147549183 1", 0, ""},
		{"newuidmap", alice, "0 1149800001 1", 0, ""},
		{"newuidmap", alice, "0 2147483647 1", 1, has},
		{"newuidmap", alice, "0 2147549184 1", 1, has},
		{"newuidmap", alice, "0 2147483648 65537", 1, has},
		{"newuidmap", alice, "0 2147483648 65536 65536 1149800002 1", 1, has},
		{"newuidmap", alice, "0 300000 1", 1, has}, // a line of /etc/subuid has her name
		{"newuidmap", alice, "0 0 1", 1, has},
		{"newuidmap", bob, "0 1149800002 1", 0, ""},
		{"newuidmap", bob, "0 2147483648 1", 1, "SSSD returned no range for bob (uid 1149800002): it does not know the user, has none for it, or cannot ask"},
		{"newuidmap", carol, "0 3000 1", 0, ""},
		{"newuidmap", carol, "0 200000 1", 1, "SSSD returned no range for carol (uid 3000)"}, // what /etc/subuid grants does not count
		{"newgidmap", alice, "0 2147549184 65536", 0, ""},
		{"newgidmap", alice, "0 1149800001 1 1 2147549184 65536", 0, ""},
		{"newgidmap", alice, "0 1149800001 1", 0, ""}, // setgroups is denied
		{"newgidmap", alice, "0 2147483648 1", 1, "SSSD has for alice (uid 1149800001) [2147549184-2147614720)"},
		{"newgidmap", bob, "0 2147549184 1", 1, "SSSD returned no range"},
	} {
		q.same(t)
	}
}

// TestNamesakes: a user of this machine is not the user of the directory who has the same name. Debian's programs ask
// for the name alone.
func TestNamesakes(t *testing.T) {
	namesake := user{"alice", 3001, 3001, nil}
	put(t, "/etc/passwd", harness.File{Text: "root:x:0:0::/:\nalice:x:3001:3001::/:\n"})
	const asked = "0 2147483648 1"
	if got := maps(t, debian, "newuidmap", namesake, asked); got.status != 0 {
		t.Errorf("Debian's program is not taken in any more: %v", got)
	}
	if got := maps(t, bin, "newuidmap", namesake, asked); got.status != 1 || got.text != "" || !strings.Contains(got.err, "no range for alice (uid 3001)") {
		t.Errorf("%v, map %q", got, got.text)
	}
}

// TestGetsubids: the same output as Debian's, byte for byte.
func TestGetsubids(t *testing.T) {
	for _, words := range []string{
		"alice", "-g alice", "bob", "-g bob", "carol", "root", "nosuch", "1149800001", "3000", "Alice", "alice@example.test", "", strings.Repeat("x", 300), "a b", `EXAMPLE\alice`,
	} {
		arguments := strings.Split(words, " ")
		want := call(t, carol, append([]string{debian + "/getsubids"}, arguments...)...)
		got := call(t, carol, append([]string{bin + "/getsubids"}, arguments...)...)
		if got.status != want.status || got.out != want.out || got.err != want.err {
			t.Errorf("%q: %v; Debian's: %v", words, got, want)
		}
	}
	if got := call(t, carol, bin+"/getsubids", "alice"); got.out != "0: alice 2147483648 65536\n" {
		t.Errorf("%v", got)
	}
}

// TestSubidLine: which source the line subid: means, by what Debian's programs do.
func TestSubidLine(t *testing.T) {
	for _, text := range []string{
		"", "subid: files", "subid: sss", "subid:sss", "SubID:\tsss", "subid: SSS", "subid: sss files", "subid: files sss", "subid: ", "subid: \nsubid: sss",
		"subid:\nsubid: sss", " subid: sss", "#subid: sss", "subid : sss", "xsubid: sss", "subid: files\nsubid: sss", "subid: sss\nsubid: files", "subid: nosuch",
		"subid: [SUCCESS=return] sss", "subid: sss#", "subid: ../sss", "subid: " + strings.Repeat("x", 51), "subid: nosuch sss",
	} {
		switched(t, text+"\n")
		for _, name := range []string{"alice", "carol"} {
			want := call(t, carol, debian+"/getsubids", name)
			got := call(t, carol, bin+"/getsubids", name)
			if got.status != want.status || got.out != want.out || got.err != want.err {
				t.Errorf("%q, %s: %v; Debian's: %v", text, name, got, want)
			}
		}
	}
}

// TestNoSSSD: where neither SSSD nor its module is installed, the files are used, and both say so.
func TestNoSSSD(t *testing.T) {
	killSSSD(t)
	does(t, "mkdir /srv/hidden; mv "+pipes+" /srv/hidden; find /usr/lib /lib -name 'libsubid_sss.so*' >/srv/hidden/list; for f in $(cat /srv/hidden/list); do [ ! -e $f ] || mv $f $f.hidden; done")
	t.Cleanup(func() {
		does(t, "for f in $(cat /srv/hidden/list); do [ ! -e $f.hidden ] || mv $f.hidden $f; done; rm -rf "+pipes+"; mv /srv/hidden/pipes "+pipes+"; rm -rf /srv/hidden "+pipe+" /run/sssd.pid")
		if err := startSSSD(plain); err != nil {
			t.Error(err)
		}
	})
	const lines = "Error opening libsubid_sss.so: libsubid_sss.so: cannot open shared object file: No such file or directory\nUsing files\n"
	for _, q := range []request{{"newuidmap", carol, "0 200000 65536", 0, lines}, {"newuidmap", carol, "0 300000 1", 1, lines}, {"newgidmap", carol, "0 200000 1", 0, lines}} {
		q.same(t)
	}
	if got := call(t, carol, bin+"/getsubids", "carol"); got.out != "0: carol 200000 65536\n" || got.err != lines {
		t.Errorf("%v", got)
	}
}

// TestOtherModule: a module that only shadow can load is no reason to use the files.
func TestOtherModule(t *testing.T) {
	put(t, "/usr/lib/libsubid_other.so", harness.File{})
	switched(t, "passwd: files\nsubid: other\n")
	got := maps(t, bin, "newuidmap", carol, "0 200000 1")
	if got.status != 1 || got.text != "" || !strings.Contains(got.err, "/usr/lib/libsubid_other.so is a module that only shadow's programs can load") {
		t.Errorf("%v, map %q", got, got.text)
	}
	if got := maps(t, bin, "newuidmap", carol, "0 3000 1"); got.status != 0 {
		t.Errorf("the own id: %v", got)
	}
	if got := call(t, carol, bin+"/getsubids", "carol"); got.status != 1 || got.out != "" {
		t.Errorf("%v", got)
	}
}

// TestSwitchIsRoots: who can write nsswitch.conf could choose who says which ids are granted.
func TestSwitchIsRoots(t *testing.T) {
	for why, f := range map[string]harness.File{
		"owned by uid 3000": {Text: usual, UID: 3000}, "writable by group or others": {Text: usual, Mode: 0o666}, "not a regular file": {Kind: unix.S_IFIFO},
	} {
		put(t, "/etc/nsswitch.conf", f)
		got := maps(t, bin, "newuidmap", carol, "0 200000 1")
		if got.status != 1 || got.text != "" || got.first() != "cannot open /etc/nsswitch.conf: Operation not permitted" || !strings.Contains(got.err, why) {
			t.Errorf("%s: %v, map %q", why, got, got.text)
		}
		if got := maps(t, bin, "newuidmap", alice, "0 1149800001 1"); got.status != 1 || !strings.Contains(got.err, "cannot read /etc/nsswitch.conf") {
			t.Errorf("%s: %v", why, got)
		}
	}
	put(t, "/etc/nsswitch.conf", harness.File{Absent: true})
	if got := maps(t, bin, "newuidmap", carol, "0 200000 1"); got.status != 0 {
		t.Errorf("without the file: %v", got)
	}
}
