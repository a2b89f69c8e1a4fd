//go:build system

package ctl

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

// everything is what user --json says.
type everything struct {
	Answer, User string
	UID          uint32
	Names        []string
	Groups       []string
	Bridges      []string
	Obstacles    []struct{ ID, Problem string }
	Maps         []answer
	Networks     []answer
	Containers   []struct {
		Name           string
		PID, Processes int
	}
	Interfaces []struct{ Name, Bridge string }
	Problems   []struct {
		ID, File string
		Line     int
		Users    []string
	}
	status int
}

// about asks about a user as p.
func about(t *testing.T, p person, user string) everything {
	t.Helper()
	got := call(t, p, usernsctl, "user", user, "--json")
	var e everything
	if err := json.Unmarshal([]byte(got.out), &e); err != nil {
		t.Fatalf("%v: %+v", err, got)
	}
	e.status = got.status
	return e
}

// mapped is a container of p with the IDs of the host from first on.
func mapped(t *testing.T, p person, first, count string) *harness.Target {
	t.Helper()
	target := namespace(t, p)
	for _, program := range []string{newuidmap, newgidmap} {
		if got := call(t, p, program, strconv.Itoa(target.PID), "0", first, count); got.status != 0 {
			t.Fatalf("%+v", got)
		}
	}
	return target
}

// TestUser: one screen has the answers of explain, what lives, and the problems of that user and no other's.
func TestUser(t *testing.T) {
	add(t, "/etc/subuid", "alice:365536:5\nbob:x:5\n")
	add(t, "/etc/lxc/lxc-usernet", "alice veth nobridge 1\ncarol veth br0 x\n")
	living := mapped(t, alice, "300000", "1000")
	nic := create(t, alice, container(t, alice), "br0")
	if nic.status != 0 {
		t.Fatalf("%+v", nic)
	}
	e := about(t, root, "3001")
	if e.status != 0 || e.Answer != "yes" || e.User != "alice" || e.UID != 3001 || strings.Join(e.Groups, " ") != "alice lan" || strings.Join(e.Bridges, " ") != "br0 nobridge" {
		t.Errorf("%+v", e)
	}
	if len(e.Networks) != 2 || e.Networks[0].Answer != "yes" || e.Networks[0].Quota.Live != 1 || e.Networks[1].obstacles() != "no-such-bridge" {
		t.Errorf("%+v", e.Networks)
	}
	if len(e.Maps) != 2 || len(e.Maps[0].Grants) != 2 || len(e.Maps[0].Overlaps) != 1 {
		t.Errorf("%+v", e.Maps)
	}
	found := false
	for _, c := range e.Containers {
		found = found || c.PID == living.PID && c.Processes == 1
	}
	if !found || len(e.Interfaces) != 1 || e.Interfaces[0].Bridge != "br0" {
		t.Errorf("%+v, %+v", e.Containers, e.Interfaces)
	}
	var problems []string
	for _, p := range e.Problems {
		problems = append(problems, p.ID+" "+p.File+":"+strconv.Itoa(p.Line))
	}
	all := strings.Join(problems, ", ")
	overlap, missing := "subid-overlap /etc/subuid:", "usernet-bridge /etc/lxc/lxc-usernet:"+strconv.Itoa(lineOf("/etc/lxc/lxc-usernet"))
	if !strings.Contains(all, overlap) || !strings.Contains(all, missing) || strings.Contains(all, "subid-line") || strings.Contains(all, "usernet-line") {
		t.Errorf("%s", all)
	}
	text := call(t, root, usernsctl, "user", "alice").out
	for _, part := range []string{"can start a container: yes\n", "with network on br0: yes\n", "with network on nobridge: no, because: ", "uids 300000-365535", "1 of 2 interfaces live, by alice"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in\n%s", part, text)
		}
	}
}

// TestUserHindered: what is in the way of any container is said.
func TestUserHindered(t *testing.T) {
	hosts(t, "", "")
	if e := about(t, carol, "carol"); e.status != 1 || e.Answer != "no" || len(e.Obstacles) != 2 || e.Obstacles[0].ID != "no-ids" {
		t.Errorf("%+v", e)
	}
	hosts(t, ranges, ranges)
	if err := os.Chmod(newuidmap, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(newuidmap, 0o755|os.ModeSetuid) })
	if e := about(t, root, "alice"); e.status != 1 || e.Answer != "no" || len(e.Obstacles) != 1 || e.Obstacles[0].ID != "host-program-privilege" {
		t.Errorf("%+v", e)
	}
	if got := call(t, root, usernsctl, "user", "nosuchuser"); got.status != 2 || got.out != "" || !strings.Contains(got.err, "nosuchuser") {
		t.Errorf("%+v", got)
	}
}

// TestSuggest: the lines for each container can be mapped, both at once, and overlap nowhere.
func TestSuggest(t *testing.T) {
	got := call(t, alice, usernsctl, "suggest", "idmap", "alice", "web", "db", "--json")
	var s struct {
		Answer     string
		Containers []struct {
			Name       string
			UIDs, GIDs struct{ First, Count uint64 }
			Lines      []string
		}
	}
	if err := json.Unmarshal([]byte(got.out), &s); err != nil || got.status != 0 || len(s.Containers) != 2 {
		t.Fatalf("%v: %+v", err, got)
	}
	for i, c := range s.Containers {
		if c.UIDs != c.GIDs || c.UIDs.Count != 32768 || c.UIDs.First != 300000+uint64(i)*32768 || c.Lines[0] != "lxc.idmap = u 0 "+strconv.FormatUint(c.UIDs.First, 10)+" 32768" {
			t.Errorf("%+v", c)
		}
		mapped(t, alice, strconv.FormatUint(c.UIDs.First, 10), "32768")
	}
	if got := call(t, alice, usernsctl, "suggest", "idmap", "alice", "other"); got.status != 1 || !strings.Contains(got.out, "too few IDs for 1 container beside those that live") {
		t.Errorf("all IDs are those of living containers: %+v", got)
	}
	if got := call(t, alice, usernsctl, "suggest", "idmap", "carol", "a", "b"); got.status != 1 || !strings.Contains(got.out, "too few IDs") {
		t.Errorf("%+v", got)
	}
	for _, words := range []string{"", "idmap alice", "idmap alice a a", "idmap alice a/b", "nics alice a"} {
		if got := call(t, alice, append([]string{usernsctl, "suggest"}, strings.Fields(words)...)...); got.status != 2 {
			t.Errorf("%q: %+v", words, got)
		}
	}
}

// TestSuggestLiving: IDs of a container that lives are no other's, whoever's it is.
func TestSuggestLiving(t *testing.T) {
	add(t, "/etc/subuid", "bob:310000:10\n")
	add(t, "/etc/subgid", "bob:310000:10\n")
	mapped(t, alice, "301000", "10")
	mapped(t, bob, "310000", "10")
	got := call(t, root, usernsctl, "suggest", "idmap", "alice", "web", "db")
	if got.status != 0 || !strings.Contains(got.out, "u 0 310010 16384\n") || !strings.Contains(got.out, "u 0 326394 16384\n") || !strings.Contains(got.out, "IDs of 2 containers alive now") {
		t.Errorf("%+v", got)
	}
}

// TestCheckLiving: living containers that share IDs are an error between users, and a note within one.
func TestCheckLiving(t *testing.T) {
	add(t, "/etc/subuid", "bob:300000:10\n")
	add(t, "/etc/subgid", "bob:300000:10\n")
	mapped(t, alice, "300500", "10")
	clean := call(t, root, usernsctl, "check", "--json").out
	if strings.Contains(clean, "living-") {
		t.Errorf("one container: %s", clean)
	}
	mapped(t, alice, "300505", "100")
	one := call(t, root, usernsctl, "check", "--json").out
	if !strings.Contains(one, `"living-shared"`) || strings.Contains(one, `"living-overlap"`) {
		t.Errorf("two of one user: %s", one)
	}
	mapped(t, alice, "300000", "10")
	mapped(t, bob, "300000", "10")
	if got := call(t, root, usernsctl, "check", "--json").out; !strings.Contains(got, `"living-overlap"`) {
		t.Errorf("two users: %s", got)
	}
}
