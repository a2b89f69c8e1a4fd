//go:build system

package ctl

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	policy "userns-helpers/internal/policy/nics"
	"userns-helpers/test/blackbox/harness"
)

// answer is what explain --json says.
type answer struct {
	Answer, ID, Reason, Advice string
	By                         []struct {
		File string
		Line int
		Rule string
		Left int
	}
	Slips []struct {
		File, Kind, Text, Why string
		Line                  int
	}
	Protections []struct{ Key, Value, From string }
	Kind        string
	Obstacles   []struct{ ID, Problem, Advice string }
	Grants      []struct {
		File, Owner               string
		Line                      int
		First, Count, Quota, Live uint64
	}
	Quota    *struct{ Granted, Live, Left uint64 }
	Overlaps []struct {
		File, Owner  string
		Line         int
		First, Count uint64
	}
	Remarks []string
	status  int
}

// obstacles are the ids of all that is in the way.
func (a answer) obstacles() string {
	var all []string
	for _, o := range a.Obstacles {
		all = append(all, o.ID)
	}
	return strings.Join(all, " ")
}

// explain asks as p.
func explain(t *testing.T, p person, words ...string) answer {
	t.Helper()
	got := call(t, p, append([]string{usernsctl, "explain", "--json"}, words...)...)
	var a answer
	if err := json.Unmarshal([]byte(got.out), &a); err != nil {
		t.Fatalf("%q: %v: %+v", words, err, got)
	}
	a.status = got.status
	if want := map[string]int{"yes": 0, "no": 1, "unknown": 2}[a.Answer]; a.status != want {
		t.Fatalf("%q: status %d with %+v", words, got.status, a)
	}
	return a
}

// namespace is a process of p in a user namespace without maps.
func namespace(t *testing.T, p person) *harness.Target { return hold(t, p, "unshare", "-U", "cat") }

// TestExplainIDs: explain says yes if and only if the program then writes the map, for generated ranges about the edges
// of what is granted, and about own ids; asked by root, by the user and by another user.
func TestExplainIDs(t *testing.T) {
	put(t, "/etc/subuid", harness.File{Text: ranges + "alice:365536:10\nalice:500000:0\nbob:x:1\n3002:700000:4294000000\nbob:431072:5\n3003:900000:5\ncarol:900005:5\n"})
	put(t, "/etc/userns-helpers/forbidden-host-ids", harness.File{Text: "300500-300509\n"})
	edges := []uint64{0, 300_000, 300_500, 300_510, 365_536, 365_546, 431_072, 431_077, 432_072, 900_000, 900_005, 900_010, 3001, 3002, 3003, 4_294_967_000}
	random := rand.New(rand.NewPCG(6, 0))
	journal, err := harness.Listen()
	if err != nil {
		t.Fatal(err)
	}
	yes := 0
	for i := range 60 {
		p := []person{alice, bob, carol}[random.IntN(3)]
		program, kind := newuidmap, "uid"
		if random.IntN(2) == 1 {
			program, kind = newgidmap, "gid"
		}
		lower := max(0, int64(edges[random.IntN(len(edges))])+random.Int64N(5)-2)
		count := uint64(1)
		if random.IntN(3) > 0 {
			count += random.Uint64N(20)
		}
		words := []string{kind, p.name, strconv.FormatInt(lower, 10), strconv.FormatUint(count, 10)}
		target := namespace(t, p)
		process := strconv.Itoa(target.PID)
		asker := []person{root, p}[i%2]
		said := explain(t, asker, append(words, "--pid", process)...)
		without := explain(t, carol, words...)
		journal.Records()
		did := call(t, p, program, process, "0", words[2], words[3])
		if recorded := harness.ReasonIn(journal.Records()); said.ID != recorded {
			t.Errorf("%q: explain has the id %q, the record of %s %q", words, said.ID, program, recorded)
		}
		if (did.status == 0) != (said.Answer == "yes") || said.Answer != without.Answer {
			t.Errorf("%q: %s says %s, without a process %s; %s: %d %q", words, asker.name, said.Answer, without.Answer, program, did.status, did.err)
		}
		if did.status == 0 {
			yes++
		} else if !strings.Contains(did.err, said.Reason) || !strings.Contains(did.err, strings.TrimSpace(said.Advice)) {
			t.Errorf("%q: the reason is %q %q, and %s says %q", words, said.Reason, said.Advice, program, did.err)
		}
		target.Release()
	}
	if yes < 10 || yes > 50 {
		t.Errorf("%d of 60 cases are granted: the cases are not good", yes)
	}
}

// TestExplainProcess: why a process is refused is what the program then says.
func TestExplainProcess(t *testing.T) {
	mapped := namespace(t, alice)
	if got := call(t, alice, newuidmap, strconv.Itoa(mapped.PID), "0", "300000", "10"); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	for _, c := range []struct {
		name   string
		target func() int
	}{
		{"fresh", func() int { return namespace(t, alice).PID }},
		{"mapped already", func() int { return mapped.PID }},
		{"of another user", func() int { return namespace(t, bob).PID }},
		{"root's", os.Getpid},
		{"in no namespace of its own", func() int { return hold(t, alice, "cat").PID }},
		{"not dumpable", func() int {
			return hold(t, alice, append([]string{"unshare", "-U"}, harness.Undumpable(self)...)...).PID
		}},
		{"with another group", func() int { return hold(t, person{"alice", 3001, 2900, nil}, "unshare", "-U", "cat").PID }},
		{"gone", func() int { return 4_000_000 }},
	} {
		pid := strconv.Itoa(c.target())
		for _, asker := range []person{root, alice} {
			said := explain(t, asker, "uid", "alice", "300000", "10", "--pid", pid)
			did := call(t, alice, newuidmap, pid, "0", "300000", "10")
			if c.name == "fresh" {
				if said.Answer != "yes" || asker.uid == 3001 {
					continue // the first call wrote it
				}
			}
			if (did.status == 0) != (said.Answer == "yes") || did.status != 0 && !strings.Contains(did.err, said.Reason) {
				t.Errorf("%s: %s says %+v; newuidmap: %d %q", c.name, asker.name, said, did.status, did.err)
			}
		}
	}
	if said := explain(t, bob, "uid", "alice", "300000", "10", "--pid", strconv.Itoa(namespace(t, alice).PID)); said.Answer != "unknown" {
		t.Errorf("bob about alice's process: %+v", said)
	}
}

// TestExplainSources: the file and line that decide.
func TestExplainSources(t *testing.T) {
	a := explain(t, alice, "uid", "bob")
	if a.Answer != "yes" || len(a.By) != 2 || a.By[0].File != "/etc/subuid" || a.By[0].Line != 2 {
		t.Errorf("%+v", a)
	}
	if a := explain(t, alice, "gid", "3003", "431072", "5"); a.Answer != "yes" || a.By[0].File != "/etc/subgid" || a.By[0].Line != 3 {
		t.Errorf("%+v", a)
	}
	if a := explain(t, alice, "uid", "nobody"); a.Answer != "no" {
		t.Errorf("nobody has no ranges: %+v", a)
	}
	for _, words := range [][]string{{"uid", "ghost"}, {"nic", "ghost", "br0"}, {"uid", "4711"}} {
		if a := explain(t, alice, words...); a.Answer != "no" || a.Reason != "there is no such user" {
			t.Errorf("%q: %+v", words, a)
		}
	}
	put(t, "/etc/subuid", harness.File{Text: ranges, UID: 3001})
	if a := explain(t, alice, "uid", "bob", "365536", "1"); a.Answer != "no" || !strings.Contains(a.Advice, "owned by uid 3001") {
		t.Errorf("%+v", a)
	}
}

// container is a process of p in a network namespace of its own.
func container(t *testing.T, p person) *harness.Target { return hold(t, p, "unshare", "-Urn", "cat") }

// create makes an interface for a container.
func create(t *testing.T, p person, target *harness.Target, bridge string) result {
	t.Helper()
	return call(t, p, usernic, "create", "/dev/null", "c1", strconv.Itoa(target.PID), "veth", bridge)
}

// TestExplainNIC: explain says yes if and only if the next create makes an interface, in generated worlds of grants and
// policies that fill up; and what it says is left is right.
func TestExplainNIC(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 9))
	made, refused, usedUp := 0, 0, 0
	for world := range 10 {
		put(t, "/etc/lxc/lxc-usernet", harness.File{Text: fmt.Sprintf("alice veth br0 %d\n@lan veth br0 %d\nbob veth none %d\nbob veth lo 1\nbob veth br8 1\n",
			random.IntN(3), random.IntN(4), random.IntN(3))})
		put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: policyOf(random, world)})
		var held []*harness.Target
		for range 8 {
			p := []person{alice, bob, carol}[random.IntN(3)]
			bridge := []string{"br0", "br0", "br0", "none", "lo", "br8"}[random.IntN(6)]
			target := container(t, p)
			held = append(held, target)
			words := []string{"nic", p.name, bridge, "--pid", strconv.Itoa(target.PID)}
			asRoot, asUser := explain(t, root, words...), explain(t, p, words...)
			did := create(t, p, target, bridge)
			if (did.status == 0) != (asRoot.Answer == "yes") {
				t.Errorf("world %d, %q: root says %+v; lxc-user-nic: %d %q", world, words, asRoot, did.status, did.err)
			}
			if did.status != 0 && !strings.Contains(did.err, asRoot.Reason) {
				t.Errorf("world %d, %q: root says %q; lxc-user-nic says %q", world, words, asRoot.Reason, did.err)
			}
			// Without the slots neither the pace is seen nor who has which address; all else is, as long as the ledger is whole.
			if asUser.Answer != asRoot.Answer && !strings.Contains(asRoot.Reason, "minute") && asRoot.ID != "no-address-left" {
				t.Errorf("world %d, %q: root says %+v, %s %+v", world, words, asRoot, p.name, asUser)
			}
			if did.status == 0 {
				made++
				lessLeft(t, p, words, asRoot)
			} else {
				refused++
			}
			if asRoot.ID == "no-address-left" {
				usedUp++
			}
		}
		for _, target := range held {
			target.Release()
		}
		if err := sh("for i in $(seq 100); do ls /sys/class/net | grep -q '^veth300' || exit 0; sleep 0.05; done; exit 1"); err != nil {
			t.Fatal("the interfaces did not go with their containers")
		}
		if err := os.RemoveAll("/run/lxc"); err != nil {
			t.Fatal(err)
		}
	}
	if made < 10 || refused < 10 || usedUp == 0 {
		t.Errorf("%d made, %d refused, %d for want of an address: the cases are not good", made, refused, usedUp)
	}
}

// policyOf is a policy for a world.
func policyOf(random *rand.Rand, world int) string {
	switch world % 5 {
	case 0:
		return "[defaults]\naddress_guard = true\naddresses = [\"10.78.0.0/30\"]\n"
	case 1:
		return fmt.Sprintf("[limits]\nnics_per_user = %d\n", random.IntN(3))
	case 2:
		return fmt.Sprintf("[limits]\nnics_per_group_member = %d\n", random.IntN(2))
	case 3:
		return fmt.Sprintf("[limits]\ncreates_per_minute = %d\n", random.IntN(3))
	case 4:
		return fmt.Sprintf("[limits]\nfree_ports = %d\n[defaults]\nmac_lock = true\n", 1020+random.IntN(4))
	}
	return ""
}

// lessLeft sees to it that one of the charges has one less left than before.
func lessLeft(t *testing.T, p person, words []string, before answer) {
	t.Helper()
	sum := func(a answer) (n int) {
		for _, b := range a.By {
			n += b.Left
		}
		return n
	}
	if after := explain(t, root, words[:3]...); len(after.By) > 0 && sum(after) != sum(before)-1 {
		t.Errorf("%s: %d were left, then %d", p.name, sum(before), sum(after))
	}
}

// TestExplainNICProcess: whose namespaces are refused, and what the policy gives.
func TestExplainNICProcess(t *testing.T) {
	for _, c := range []struct {
		name string
		pid  int
		want string
	}{
		{"of another user", container(t, bob).PID, "no"},
		{"the host's", hold(t, alice, "cat").PID, "no"},
		{"root's", os.Getpid(), "no"},
		{"gone", 4_000_000, "no"},
		{"alice's", container(t, alice).PID, "yes"},
	} {
		if a := explain(t, root, "nic", "alice", "br0", "--pid", strconv.Itoa(c.pid)); a.Answer != c.want {
			t.Errorf("%s: %+v", c.name, a)
		}
	}
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[bridge.br0]\nmac_lock = true\n"})
	a := explain(t, alice, "nic", "alice", "br0")
	if len(a.Protections) != len(policy.Keys()) || a.Protections[0].Key != "mac_lock" || a.Protections[0].Value != "true" ||
		a.Protections[0].From != "/etc/userns-helpers/policy.toml:2 [bridge.br0]" || a.Protections[1].From != "built in" {
		t.Errorf("%+v", a)
	}
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "mac_lock = true\n"})
	if a := explain(t, alice, "nic", "alice", "br0"); a.Answer != "no" || !strings.Contains(a.Advice, "policy.toml") {
		t.Errorf("%+v", a)
	}
}

// TestExplainGuard: the filter that an interface would get is shown, with the addresses that the bridge has; none where it
// would get none.
func TestExplainGuard(t *testing.T) {
	if err := sh("ip address add 10.77.0.1/24 dev br0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sh("ip address del 10.77.0.1/24 dev br0") })
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[bridge.br0]\nrouter_guard = true\n"})
	got := call(t, alice, usernsctl, "explain", "nic", "alice", "br0", "--guard")
	for _, part := range []string{
		"filter:\nA frame without a whole Ethernet header is dropped.\n", "ARP from an address of the bridge is dropped, and a probe for one.\n", "#0xa4d0001", "What is left passes.\n",
	} {
		if got.status != 0 || !strings.Contains(got.out, part) {
			t.Errorf("%q is not in %+v", part, got)
		}
	}
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[bridge.br0]\naddress_guard = true\naddresses = [\"10.77.0.0/24\", \"fd77::/64\"]\n"})
	got = call(t, alice, usernsctl, "explain", "nic", "alice", "br0", "--guard")
	for _, part := range []string{
		"ARP from an address that is not its own is dropped, but for a probe for one that is.\n", "#0xa4d0000", "#0xfd770000",
		"10.77.0.0 stands for the IPv4 address that it gets.",
	} {
		if got.status != 0 || !strings.Contains(got.out, part) {
			t.Errorf("%q is not in %+v", part, got)
		}
	}
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[bridge.br0]\nbpdu_guard = false\n"})
	if got := call(t, alice, usernsctl, "explain", "nic", "alice", "br0", "--guard"); got.status != 0 || !strings.Contains(got.out, "The interface would get no filter.") {
		t.Errorf("%+v", got)
	}
}

// TestExplainSlips: lines that seem to be meant for a user, and grant nothing, are named as the program names them, and their
// kind is data.
func TestExplainSlips(t *testing.T) {
	for text, kind := range map[string]string{
		"alice:300000:65536 \n": "blank", "alice::300000:65536\n": "empty-field", "alice:300000:65536 # hers\n": "comment", "\ufeffalice:300000:65536\n": "byte-order-mark",
		"alice 300000 65536\n": "separators", "alice:300000-365535\n": "first-last", "alice:-300000:65536\n": "negative", "alice:300000:0\n": "zero",
		"alice:1001:4294967294\n": "beyond", "Alice:300000:65536\n": "owner-case", "alice:300000\n": "fields", "alice:300000:\u00a065536\n": "not-ascii",
	} {
		put(t, "/etc/subuid", harness.File{Text: text})
		for _, words := range [][]string{{"uid", "alice", "300000", "10"}, {"uid", "alice"}} {
			said := explain(t, alice, words...)
			if said.Answer != "no" || len(said.Slips) != 1 || said.Slips[0].File != "/etc/subuid" || said.Slips[0].Line != 1 || said.Slips[0].Kind != kind ||
				!strings.Contains(said.Advice, said.Slips[0].Why) {
				t.Errorf("%q: %q: %+v", text, words, said)
			}
		}
		did := call(t, alice, newuidmap, strconv.Itoa(namespace(t, alice).PID), "0", "300000", "10")
		if said := explain(t, alice, "uid", "alice", "300000", "10"); did.status != 1 || !strings.Contains(did.err, said.Advice) {
			t.Errorf("%q: explain says %q, newuidmap %q", text, said.Advice, did.err)
		}
	}
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "bob veth br0 1\nalice veth br0 5x\nalice veth none 1\n@staff veth br0 1\n"})
	said := explain(t, alice, "nic", "alice", "br0")
	if said.Answer != "no" || len(said.Slips) != 1 || said.Slips[0].Line != 2 || said.Slips[0].Kind != "number" {
		t.Errorf("%+v", said)
	}
	if did := create(t, alice, container(t, alice), "br0"); did.status != 1 || !strings.Contains(did.err, strings.TrimSpace(said.Advice)) {
		t.Errorf("explain says %q, lxc-user-nic %q", said.Advice, did.err)
	}
}

// TestExplainObstacles: all that is in the way is named, the first as the program names it; each that is removed in that order
// leaves the rest.
func TestExplainObstacles(t *testing.T) {
	check := func(want string, words ...string) answer {
		t.Helper()
		a := explain(t, alice, words...)
		if a.obstacles() != want || (want == "") != (a.Answer == "yes") || a.Kind != words[0] {
			t.Errorf("%q: %q, want %q: %+v", words, a.obstacles(), want, a)
		}
		return a
	}
	put(t, "/etc/userns-helpers/forbidden-host-ids", harness.File{Text: "300000-300005\n"})
	check("not-granted forbidden", "uid", "carol", "300000", "10")
	check("forbidden", "uid", "alice", "300000", "10")
	check("", "uid", "alice", "300006", "10")
	check("other-user not-granted forbidden", "uid", "carol", "300000", "10", "--pid", strconv.Itoa(namespace(t, alice).PID))

	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "bob veth br0 1\n"})
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[defaults]\nvlan = 5\n[limits]\nnics_per_user = 0\n"})
	check("not-granted no-such-bridge over-user-limit", "nic", "alice", "br7")
	if a := check("not-granted not-a-bridge over-user-limit", "nic", "alice", "lo"); strings.Contains(a.Advice, "add the line") {
		t.Errorf("a line for what is no bridge: %+v", a)
	}
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[limits]\nnics_per_user = 0\n"})
	check("not-granted over-user-limit", "nic", "alice", "br0")
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: "alice veth br0 1\nalice veth br0 x\n"})
	check("over-user-limit", "nic", "alice", "br0")
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Absent: true})
	a := check("", "nic", "alice", "br0")
	if a.Quota == nil || a.Quota.Granted != 1 || a.Quota.Left != 1 || len(a.Grants) != 1 || a.Grants[0].Owner != "alice" || a.Grants[0].Line != 1 {
		t.Errorf("%+v", a)
	}
	if len(a.Slips) != 1 || a.Slips[0].Line != 2 || !strings.Contains(strings.Join(a.Remarks, " "), "/etc/lxc/lxc-usernet:2 ") {
		t.Errorf("a line that grants nothing beside one that does: %+v", a)
	}
}

// TestExplainTap: a line is not offered for a device that could be a bridge of Open vSwitch, and is none.
func TestExplainTap(t *testing.T) {
	if err := sh("ip tuntap add tap7 mode tap"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sh("ip link del tap7") })
	a := explain(t, root, "nic", "carol", "tap7")
	if !strings.HasPrefix(a.obstacles(), "not-granted openvswitch-failed") && !strings.HasPrefix(a.obstacles(), "not-granted not-a-bridge") || strings.Contains(a.Advice, "add the line") {
		t.Errorf("%+v", a)
	}
}

// TestExplainOverlaps: a yes says who else has the IDs: other users, by their line, and accounts.
func TestExplainOverlaps(t *testing.T) {
	add(t, "/etc/subuid", "bob:300010:5\nalice:3003:1\nalice:300000:10\n")
	a := explain(t, alice, "uid", "alice", "300008", "10")
	if a.Answer != "yes" || len(a.Overlaps) != 1 || a.Overlaps[0].Owner != "bob" || a.Overlaps[0].Line != lineOf("/etc/subuid") || a.Overlaps[0].First != 300010 || a.Overlaps[0].Count != 5 ||
		!strings.Contains(a.Remarks[0], "bob 300010-300014 (/etc/subuid:"+strconv.Itoa(lineOf("/etc/subuid"))+")") {
		t.Errorf("%+v", a)
	}
	a = explain(t, alice, "uid", "alice", "3003", "1")
	if a.Answer != "yes" || len(a.Overlaps) != 1 || a.Overlaps[0].Owner != "carol" || a.Overlaps[0].File != "/etc/passwd" {
		t.Errorf("%+v", a)
	}
	if a := explain(t, alice, "uid", "alice"); len(a.Overlaps) != 2 || len(a.Grants) != 3 {
		t.Errorf("%+v", a)
	}
	if a := explain(t, alice, "uid", "bob", "365536", "10"); len(a.Overlaps) != 0 {
		t.Errorf("%+v", a)
	}
}
