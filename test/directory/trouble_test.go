//go:build system

package directory

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"userns-helpers/test/directory/fake"
)

// TestQualified: with fully qualified names the name is the one that SSSD prints.
func TestQualified(t *testing.T) {
	without(t)
	if err := errors.Join(os.RemoveAll(pipe), os.RemoveAll("/run/sssd.pid"), startSSSD(qualified)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { killSSSD(t) })
	for _, q := range []request{
		{"newuidmap", alice, "0 2147483648 65536", 0, ""},
		{"newgidmap", alice, "0 2147549184 65536", 0, ""},
		{"newuidmap", alice, "0 300000 1", 1, "SSSD has for alice@example.test (uid 1149800001)"},
	} {
		q.same(t)
	}
	for _, name := range []string{"alice", "alice@example.test"} {
		want := call(t, carol, debian+"/getsubids", name)
		if got := call(t, carol, bin+"/getsubids", name); got.out != want.out || got.status != want.status || got.err != want.err {
			t.Errorf("%s: %v; Debian's: %v", name, got, want)
		}
	}
	namedNic(t, alice.in(devs), "alice@example.test")
	namedNic(t, alice.in(devs), "@devs@example.test")
}

// TestServerDown: SSSD serves what it has in its cache.
func TestServerDown(t *testing.T) {
	request{"newuidmap", alice, "0 2147483648 1", 0, ""}.same(t)
	if err := syscall.Kill(pidOf("slapd"), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { does(t, startLDAP) })
	for _, q := range []request{
		{"newuidmap", alice, "0 2147483648 65536", 0, ""},
		{"newgidmap", alice, "0 2147549184 65536", 0, ""},
		{"newuidmap", alice, "0 2147483648 65537", 1, has},
	} {
		q.same(t)
	}
}

// refusal is what a program answers while SSSD does not.
type refusal struct {
	user  user
	first string // line
	says  string
}

// refuses checks that nobody is granted anything, and is told why.
func refuses(t *testing.T, cause string, more ...refusal) {
	t.Helper()
	const ask = "; /etc/nsswitch.conf has subid: sss, so no other source is asked"
	for _, c := range append(more,
		refusal{alice, "Cannot determine your user name.", cause},
		refusal{carol, "cannot get the ranges of carol (uid 3000) from SSSD", pipe + ": " + cause + ask},
	) {
		for _, folder := range []string{bin, caps} {
			for _, program := range []string{"newuidmap", "newgidmap"} {
				got := maps(t, folder, program, c.user, "0 200000 1")
				if got.status != 1 || got.text != "" || got.setgroups != "allow" || got.first() != c.first || !strings.Contains(got.err, c.says) {
					t.Errorf("%s: %s/%s: %v, map %q; want %q", c.user.name, folder, program, got, got.text, c.says)
				}
			}
		}
	}
	if got := call(t, carol, bin+"/getsubids", "carol"); got.status != 1 || got.out != "" || got.err != "Error fetching ranges\n" {
		t.Errorf("getsubids: %v", got)
	}
	if got := maps(t, bin, "newuidmap", carol, "0 3000 1"); got.status != 0 {
		t.Errorf("the own id: %v", got)
	}
}

// TestStale: SSSD died and left its socket.
func TestStale(t *testing.T) {
	without(t)
	refuses(t, "connection refused")
	if got := maps(t, debian, "newuidmap", carol, "0 200000 1"); got.status != 1 {
		t.Errorf("Debian's: %v", got)
	}
}

// TestAbsent: SSSD is installed and does not run.
func TestAbsent(t *testing.T) {
	inPlace(t)
	refuses(t, "no socket")
	if got := maps(t, debian, "newuidmap", carol, "0 200000 1"); got.status != 1 {
		t.Errorf("Debian's: %v", got)
	}
}

// TestListener: a user's own listener is told nothing and believed nothing.
func TestListener(t *testing.T) {
	inPlace(t)
	does(t, "chmod 777 "+pipes)
	t.Cleanup(func() { does(t, "chmod 755 "+pipes+"; rm -f /tmp/heard") })
	daemon(t, pipe, "setpriv", "--reuid", "3000", "--clear-groups", self, "listen", pipe)
	does(t, "chmod 777 "+pipe)
	refuses(t, "the listener runs as uid 3000, which is not trusted")
	if _, err := os.Stat("/tmp/heard"); err == nil {
		t.Error("the listener was sent something")
	}
}

// TestFalse: whatever the daemon answers, nothing is granted but what it plainly says.
func TestFalse(t *testing.T) {
	inPlace(t)
	good := sssdOf(alice, []uint32{2147483648, 65536}, nil)
	for name, c := range map[string]struct {
		answer answers
		want   string // "": granted
	}{
		"the truth":             {good, ""},
		"another uid":           {good.with(cmdUserByID, userReply("alice", 0, 0)), "does not answer the question for uid 1149800001"},
		"no uid":                {good.with(cmdUserByID, userReply("", 1149800001, 1149800001)), "malformed"},
		"a name with a colon":   {good.with(cmdUserByID, userReply("a:b", 1149800001, 1149800001)), "does not answer the question"},
		"a name with a newline": {good.with(cmdUserByID, userReply("a\nb", 1149800001, 1149800001)), "does not answer the question"},
		"a namesake":            {good.with(cmdUserNamed, accountReply(cmdUserNamed, "alice", 1149800002, 3000)), "by that name it knows another user"},
		"no way back":           {good.with(cmdUserNamed, message(cmdUserNamed, 0, 0, 0)), "by that name it knows another user"},
		"a status":              {good.with(cmdUserByID, message(cmdUserByID, 22)), "SSSD answers with status 22"},
		"another command":       {good.with(cmdUserByID, message(cmdSubid, 0, 1, 0, 1, 1)), "malformed: it answers another question"},
		"endless":               {good.with(cmdUserByID, words(1<<32-1, cmdUserByID, 0, 0)), "malformed: it has 4294967295 bytes"},
		"closes":                {good.with(cmdUserByID, nil), "the connection was closed without an answer"},
		"another version":       {good.with(cmdVersion, message(cmdVersion, 0, 2)), "another version of the protocol"},
		"no ranges":             {good.with(cmdSubid, message(cmdSubid, 0, 0, 0)), "SSSD returned no range"},
		"SSSD without ranges":   {good.with(cmdSubid, nil), "the connection was closed without an answer"},
		"ranges beyond 2^32":    {good.with(cmdSubid, message(cmdSubid, 0, 1, 0, 2147483648, 2147483648)), "SSSD returned no range"},
		"no ids":                {good.with(cmdSubid, message(cmdSubid, 0, 1, 0, 2147483648, 0)), "SSSD returned no range"},
		"all ids":               {good.with(cmdSubid, message(cmdSubid, 0, 1, 0, 0, 4294967295)), "SSSD returned no range"},
		"a count that wraps":    {good.with(cmdSubid, message(cmdSubid, 0, 1<<29, 0, 2147483648, 65536)), "malformed: it is no list of ranges"},
		"two halves":            {good.with(cmdSubid, message(cmdSubid, 0, 2, 0, 2147483648, 5, 2147483653, 5)), "not allowed"},
	} {
		d := fake.ListenAt(t, pipe, c.answer.serve)
		does(t, "chmod 777 "+pipe)
		for _, folder := range []string{bin, caps} {
			got := maps(t, folder, "newuidmap", alice, "0 2147483648 10")
			if (got.status == 0) != (c.want == "") || (got.text == "") != (c.want != "") || !strings.Contains(got.err, c.want) {
				t.Errorf("%s: %v, map %q; want %q", name, got, got.text, c.want)
			}
		}
		d.Close()
	}
}

// TestHung: a stopped SSSD holds up those who ask it, until their patience ends, and nobody else: not at a lock, since
// they hold none.
func TestHung(t *testing.T) {
	grantNics(t, "alice veth br0 5\ncarol veth br0 5\n")
	switched(t, "passwd: files sss\ngroup: files sss\nsubid: sss\n")
	pid := pidOf("sssd_nss")
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	calls := map[string]chan result{}
	target := hold(t, alice, "unshare", "-Urn", "cat")
	for name, argv := range map[string][]string{
		"newuidmap":    {bin + "/newuidmap", decimal(target.PID), "0", "2147483648", "1"},
		"newgidmap":    {caps + "/newgidmap", decimal(target.PID), "0", "2147549184", "1"},
		"lxc-user-nic": creates(target.PID),
		"getsubids":    {bin + "/getsubids", "alice"},
	} {
		done := make(chan result, 1)
		calls[name] = done
		go func() { done <- call(t, alice, argv...) }()
	}
	time.Sleep(time.Second)
	holdsNothing(t, "lxc-user-nic")
	for range 3 {
		mine := hold(t, carol, "unshare", "-Urn", "cat")
		if r := call(t, carol, creates(mine.PID)...); r.status != 0 || r.took > 3*time.Second {
			t.Errorf("a local user's call: %v after %v", r, r.took)
		}
	}
	for name, done := range calls {
		r := <-done
		if r.status != 1 || r.took < 29*time.Second || r.took > 33*time.Second {
			t.Errorf("%s: %v after %v", name, r, r.took)
		}
		if name != "getsubids" && !strings.Contains(r.err, "SSSD: "+pipe+": no answer within 30 seconds") {
			t.Errorf("%s: %v", name, r)
		}
	}
}

// holdsNothing checks that a process has no lock, and neither the ledger nor a slot open.
func holdsNothing(t *testing.T, name string) {
	t.Helper()
	pid := pidOf(name)
	if pid == 0 {
		t.Fatalf("%s does not run", name)
	}
	folder := "/proc/" + decimal(pid) + "/fd"
	open, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range open {
		if path, _ := os.Readlink(folder + "/" + e.Name()); strings.HasPrefix(path, "/run/lxc") {
			t.Errorf("%s has %s open", name, path)
		}
	}
	locks, err := os.ReadFile("/proc/locks")
	if err != nil || strings.Contains(string(locks), " "+decimal(pid)+" ") {
		t.Errorf("%s holds a lock: %s, %v", name, locks, err)
	}
	if _, err := net.Dial("unix", pipe); err != nil {
		t.Errorf("SSSD's socket: %v", err)
	}
}
