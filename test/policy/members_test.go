//go:build system

package policy

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"userns-helpers/test/blackbox/harness"
)

// isolatedAs makes an interface for a user and reports whether it is isolated.
func isolatedAs(t *testing.T, u user) bool {
	t.Helper()
	nic, _ := plug(t, nicProgram(), u, hold(t, u), "br0", "eth0")
	state := sh(t, "bridge -d link show dev %s", nic)
	switch on := strings.Contains(state, "isolated on"); {
	case on == strings.Contains(state, "isolated off"):
		t.Fatal(state)
		return false
	default:
		return on
	}
}

// listed has a group list a user.
func listed(t *testing.T, u user) {
	t.Helper()
	text, err := os.ReadFile("/etc/group")
	must(t, err)
	line := fmt.Sprintf("lan:x:%d:", lan)
	replaced(t, "/etc/group", strings.Replace(string(text), line+"\n", line+"root,"+u.name+"\n", 1))
}

// getent puts a script where getent(1) is, until the test ends.
func getent(t *testing.T, script string) {
	t.Helper()
	path := t.TempDir() + "/getent"
	must(t, harness.File{Text: "#!/bin/sh\n" + script + "\n", Mode: 0o755}.Put(path))
	sh(t, "chmod 755 %s; mount --bind %s /usr/bin/getent", strings.TrimSuffix(path, "/getent"), path)
	t.Cleanup(func() { sh(t, "umount /usr/bin/getent") })
}

const lanIsolated = "[[rule]]\ngroup = \"lan\"\nbridge = \"br0\"\nisolated = true\n"

// TestMembers: a rule for a group is for those whom the group lists, without it among the groups of their process: by the file,
// and by what other services say.
func TestMembers(t *testing.T) {
	network(t)
	setPolicy(t, lanIsolated)
	listed(t, alice)
	for _, nsswitch := range []string{"group: files\n", "group: files systemd\n"} {
		replaced(t, "/etc/nsswitch.conf", nsswitch)
		if !isolatedAs(t, alice) {
			t.Errorf("%q: alice, whom it lists, is not bound", nsswitch)
		}
		if isolatedAs(t, bob) {
			t.Errorf("%q: bob, whom it does not list, is bound", nsswitch)
		}
	}
	getent(t, fmt.Sprintf(`[ "$*" = 'initgroups -- bob' ] && printf '%%-21s %d\n' bob`, lan))
	if !isolatedAs(t, bob) {
		t.Error("bob, whom another service lists, is not bound")
	}
}

// TestMembersHung: a service that does not answer is waited for as long as for names, no interface is made, and others, for
// whom no rule for a group can be, do not wait.
func TestMembersHung(t *testing.T) {
	network(t)
	setPolicy(t, lanIsolated)
	replaced(t, "/etc/nsswitch.conf", "group: files systemd\n")
	getent(t, "exec sleep 60")
	pid, began := hold(t, alice), time.Now()
	done := make(chan answer)
	go func() { done <- create(nicProgram(), alice, pid, "br0", "eth0") }()
	time.Sleep(time.Second)
	if a := create(nicProgram(), bob, hold(t, bob), "br1", "eth0"); !a.ok || time.Since(began) > 5*time.Second {
		t.Errorf("bob, on the other bridge: %s, after %v", a.text, time.Since(began))
	}
	a, took := <-done, time.Since(began)
	if a.ok || !strings.Contains(a.text, "Cannot determine your groups") || !strings.Contains(a.text, "no answer within 10 seconds") || took > 15*time.Second {
		t.Errorf("%s, after %v", a.text, took)
	}
	if n := living(t, alice); n != 0 {
		t.Errorf("%d interfaces", n)
	}
}
