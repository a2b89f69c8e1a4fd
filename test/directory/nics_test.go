//go:build system

package directory

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
	"userns-helpers/test/directory/fake"
)

// in returns the user with a supplementary group.
func (u user) in(group uint32) user {
	u.groups = []uint32{group}
	return u
}

// grantNics writes lxc-usernet, until the test ends.
func grantNics(t *testing.T, text string) {
	t.Helper()
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: text})
}

func creates(pid int) []string {
	return []string{usernic, "create", "/dev/null", "c1", decimal(pid), "veth", "br0"}
}

// namedNic makes and deletes an interface of u by a line for owner with room for one: the ledger shows the owner's name,
// and the quota counts.
func namedNic(t *testing.T, u user, owner string) {
	t.Helper()
	grantNics(t, "other veth br0 5\n"+owner+" veth br0 1\n")
	target := hold(t, u, "unshare", "-Urn", "cat")
	defer target.Release()
	made := call(t, u, creates(target.PID)...)
	parts := strings.Split(strings.TrimSpace(made.out), ":")
	if made.status != 0 || len(parts) != 4 || made.err != "" {
		t.Errorf("%q: %v", owner, made)
		return
	}
	row := owner + " veth br0 " + parts[2]
	if text, err := os.ReadFile("/run/lxc/nics"); err != nil || !strings.Contains("\n"+string(text), "\n"+row+"\n") {
		t.Errorf("the ledger has not %q: %q, %v", row, text, err)
	}
	if full := call(t, u, creates(target.PID)...); full.status != 1 || !strings.Contains(full.err, owner+" already has 1 of 1 interfaces on br0") {
		t.Errorf("%q: the second: %v", owner, full)
	}
	gone := call(t, u, usernic, "delete", "/dev/null", "c1", "/proc/"+decimal(target.PID)+"/ns/net", "veth", "br0", parts[2])
	if left, _ := filepath.Glob("/sys/class/net/" + parts[2]); gone.status != 0 || len(left) > 0 {
		t.Errorf("%q: delete: %v, left %q", owner, gone, left)
	}
}

// TestNics: lines for users and groups that are in the directory alone.
func TestNics(t *testing.T) {
	namedNic(t, alice, "alice")
	namedNic(t, alice.in(devs), "@devs")
	namedNic(t, bob, "@alice") // her group is bob's primary one
	namedNic(t, carol.in(devs), "@devs")
	grantNics(t, "alice veth br0 1\n@devs veth br0 1\n")
	target := hold(t, bob, "unshare", "-Urn", "cat")
	if r := call(t, bob, creates(target.PID)...); r.status != 1 || !strings.Contains(r.err, `User "bob" may not create interfaces`) ||
		!strings.Contains(r.err, "can add the line: bob veth br0 1") {
		t.Errorf("bob: %v", r)
	}
	target = hold(t, nobody, "unshare", "-Urn", "cat")
	if r := call(t, nobody, creates(target.PID)...); r.status != 1 || !strings.Contains(r.err, "no uid 54321 in /etc/passwd, SSSD") {
		t.Errorf("nobody: %v", r)
	}
}

// TestOddNames: names as directories have them.
func TestOddNames(t *testing.T) {
	inPlace(t)
	for _, name := range []string{`EXAMPLE\alice`, "alice smith", `EXAMPLE\alice smith`, "alice smith@example.test", "älice", "alice#1", "veth", "a veth1 b", strings.Repeat("x", 255)} {
		d := fake.ListenAt(t, pipe, sssdOf(user{name: name, uid: 5000, gid: 3000}, nil, nil).serve)
		does(t, "chmod 777 "+pipe)
		namedNic(t, user{name, 5000, 3000, nil}, name)
		d.Close()
	}
	// These could not be told from other rows, or would not be read as they are written.
	for _, name := range []string{"alice veth br0", "a  b", " a", "a ", "@devs", "a #b", "#a", "a\tb", "a\x1bb"} {
		d := fake.ListenAt(t, pipe, sssdOf(user{name: name, uid: 5000, gid: 3000}, nil, nil).serve)
		does(t, "chmod 777 "+pipe)
		grantNics(t, name+" veth br0 1\nalice veth br0 1\n@devs veth br0 1\n")
		target := hold(t, user{name, 5000, 3000, nil}, "unshare", "-Urn", "cat")
		if r := call(t, user{name, 5000, 3000, nil}, creates(target.PID)...); r.status != 1 || !strings.Contains(r.err, "cannot stand in /etc/lxc/lxc-usernet") {
			t.Errorf("%q: %v", name, r)
		}
		target.Release()
		d.Close()
	}
}

// TestGroupRule: a rule for a group of the directory is for those whom it lists, and for those whose primary group it is, without
// it among the groups of their process; a quota is not. An SSSD that does not say refuses.
func TestGroupRule(t *testing.T) {
	grantNics(t, "alice veth br0 9\nbob veth br0 9\ncarol veth br0 9\ndora veth br0 9\n@devs veth br1 9\n@alice veth br1 9\n")
	does(t, "mkdir -p /etc/userns-helpers")
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[[rule]]\ngroup = \"devs\"\nisolated = true\n[[rule]]\ngroup = \"alice\"\nisolated = true\n"})
	bound(t, alice, true) // by her primary group, as bob
	bound(t, bob, true)
	bound(t, carol, false)
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[[rule]]\ngroup = \"devs\"\nisolated = true\n"})
	inPlace(t)
	dora := user{"dora", 5000, 3000, nil}
	lists := sssdOf(dora, nil, nil).with(cmdGroupByID, accountReply(cmdGroupByID, "devs", devs, 0)).with(cmdGroupsOf, message(cmdGroupsOf, 0, 1, 0, devs))
	for name, c := range map[string]struct {
		sssd answers
		then func()
	}{
		"in a group": {lists, func() { bound(t, dora, true) }},
		"in none":    {lists.with(cmdGroupsOf, message(cmdGroupsOf, 0, 0, 0)).with(cmdGroupNamed, accountReply(cmdGroupNamed, "devs", devs, 0)), func() { bound(t, dora, false) }},
		"no answer":  {lists.with(cmdGroupsOf, nil), func() { doubted(t, dora, "groups of user \"dora\" cannot be looked up: SSSD") }},
		"offline": {lists.with(cmdGroupsOf, message(cmdGroupsOf, 0, 0, 0)).with(cmdGroupNamed, message(cmdGroupNamed, 0, 0, 0)), func() {
			doubted(t, dora, "no group \"devs\" in /etc/passwd, SSSD")
		}},
	} {
		t.Log(name)
		d := fake.ListenAt(t, pipe, c.sssd.serve)
		does(t, "chmod 777 "+pipe)
		c.then()
		d.Close()
	}
}

// TestGroupAway: a service that only getent can ask, and that is away, seems to list nobody: as long as it does not know the
// group of a rule either, nobody can say whom that is for.
func TestGroupAway(t *testing.T) {
	grantNics(t, "carol veth br0 9\n@devs veth br1 9\n")
	does(t, "mkdir -p /etc/userns-helpers")
	switched(t, "passwd: files\ngroup: files ldap\n")
	for group, c := range map[string]struct{ lists, knows, says string }{
		"away":      {"carol", "exit 2", "no group \"devs\" in"},
		"in none":   {"carol", "echo devs:*:4711:", ""},
		"in it":     {"carol 4711", "echo devs:*:4711:", ""},
		"not there": {"carol", "exit 1", "could not be asked"},
	} {
		put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[[rule]]\ngroup = \"devs\"\nisolated = true\n"})
		replaced(t, "/usr/bin/getent", harness.File{Mode: 0o755, Text: "#!/bin/sh\ncase $1:$2 in\ninitgroups:--) echo " + c.lists + " ;;\ngroup:devs | group:4711) " + c.knows + " ;;\n*) exit 2 ;;\nesac\n"})
		t.Log(group)
		if c.says != "" {
			doubted(t, carol, c.says)
		} else {
			bound(t, carol, c.lists != "carol")
		}
		put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[[rule]]\ngroup = \"devs\"\nbridge = \"br1\"\nisolated = true\n"})
		bound(t, carol, false) // the rule is for another bridge, and a grant to the group counts for nobody who is not known to be in it
	}
}

// doubted makes no interface of u, since nobody can say whom a rule is for.
func doubted(t *testing.T, u user, why string) {
	t.Helper()
	u.gid, u.groups = carol.gid, nil
	target := hold(t, u, "unshare", "-Urn", "cat")
	defer target.Release()
	if r := call(t, u, creates(target.PID)...); r.status != 1 || !strings.Contains(r.err, "Cannot determine your groups") || !strings.Contains(r.err, why) {
		t.Errorf("%v", r)
	}
}

// bound makes an interface of u, whose process has carol's group alone, and looks whether it is isolated as the rule says.
func bound(t *testing.T, u user, want bool) {
	t.Helper()
	u.gid, u.groups = carol.gid, nil
	target := hold(t, u, "unshare", "-Urn", "cat")
	defer target.Release()
	made := call(t, u, creates(target.PID)...)
	parts := strings.Split(strings.TrimSpace(made.out), ":")
	if len(parts) != 4 {
		t.Fatalf("%s: %v", u.name, made)
	}
	got, err := os.ReadFile("/sys/class/net/" + parts[2] + "/brport/isolated")
	if isolated := strings.TrimSpace(string(got)) == "1"; err != nil || isolated != want {
		t.Errorf("%s: isolated: %v, %v", u.name, isolated, err)
	}
	elsewhere := creates(target.PID)
	elsewhere[len(elsewhere)-1] = "br1"
	if r := call(t, u, elsewhere...); !strings.Contains(r.err, "may not create interfaces") {
		t.Errorf("%s by a line for a group of which the process is not: %v", u.name, r)
	}
}

// TestGroupsInDoubt: while the directory does not answer, a user's own line counts, and a refusal says what may be missing.
func TestGroupsInDoubt(t *testing.T) {
	without(t)
	u := carol.in(devs)
	namedNic(t, u, "carol")
	grantNics(t, "@devs veth br0 1\n")
	target := hold(t, u, "unshare", "-Urn", "cat")
	if r := call(t, u, creates(target.PID)...); r.status != 1 ||
		!strings.Contains(r.err, "lines for groups may be missing: no name for gid 1149800100; SSSD could not be asked ("+pipe+": connection refused)") {
		t.Errorf("%v", r)
	}
	// A policy that may be about one of those groups is one that is not known.
	if err := os.MkdirAll("/etc/userns-helpers", 0o755); err != nil {
		t.Fatal(err)
	}
	grantNics(t, "carol veth br0 9\n")
	for policy, want := range map[string]string{
		"[[rule]]\ngroup = \"devs\"\nisolated = true\n":                   "Cannot determine your groups",
		"[[rule]]\ngroup = \"devs\"\nbridge = \"br1\"\nisolated = true\n": "",
		"[[rule]]\nuser = \"carol\"\nisolated = true\n":                   "",
	} {
		put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: policy})
		if r := call(t, u, creates(target.PID)...); (r.status == 0) != (want == "") || !strings.Contains(r.err, want) {
			t.Errorf("%q: %v", policy, r)
		}
	}
}
