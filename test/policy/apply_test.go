//go:build system

package policy

import (
	"encoding/json"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// applied is what usernsctl apply --json answers.
type applied struct {
	Result     string
	ID         string // of a refusal
	Interfaces []struct {
		Name    string
		Changes []struct{ Key, Want, Have string }
		Left    []struct{ ID, Why string }
		Remarks []string
	}
	status int
}

// keys are what was changed, or would be, of all interfaces.
func (a applied) keys() string {
	var keys []string
	for _, one := range a.Interfaces {
		for _, c := range one.Changes {
			keys = append(keys, c.Key)
		}
	}
	return strings.Join(keys, " ")
}

// left are what was not done.
func (a applied) left() string {
	var ids []string
	for _, one := range a.Interfaces {
		for _, l := range one.Left {
			ids = append(ids, l.ID)
		}
	}
	return strings.Join(ids, " ")
}

// apply runs usernsctl apply as root.
func apply(t *testing.T, words ...string) applied {
	t.Helper()
	command := exec.Command(filepath.Join(*ours, "usernsctl"), append([]string{"apply", "--json"}, words...)...)
	command.Env = []string{}
	out, err := command.Output()
	var a applied
	if json.Unmarshal(out, &a) != nil {
		t.Fatalf("%v: %s", err, out)
	}
	a.status = command.ProcessState.ExitCode()
	return a
}

// portState is what the kernel has of an interface, but for counters.
func portState(t *testing.T, nic string) string {
	t.Helper()
	return sh(t, "bridge -d link show dev %[1]s | sed 's/state [a-z]*//'; bridge fdb show br br0 | grep 'dev %[1]s .*static' || true; "+
		"tc filter show dev %[1]s ingress; tc qdisc show dev %[1]s; cat /proc/sys/net/ipv6/conf/%[1]s/disable_ipv6", nic)
}

// namelessState is portState without what differs between interfaces.
func (s *scene) namelessState(t *testing.T) string {
	t.Helper()
	text := strings.NewReplacer(s.nic, "NIC", s.attacker.mac.String(), "MAC").Replace(portState(t, s.nic))
	var lines []string
	for line := range strings.Lines(text) {
		line = regexp.MustCompile(`^([0-9]+: )?NIC@[^:]+: `).ReplaceAllString(line, "NIC: ")
		line = regexp.MustCompile(`(bytecode '[0-9]+,).*`).ReplaceAllString(line, "$1") // the address is in it
		lines = append(lines, regexp.MustCompile(`(qdisc tbf) [0-9a-f]+:`).ReplaceAllString(line, "$1"))
	}
	return strings.Join(lines, "")
}

// locks has everything on that a port loses with its bridge.
const locks = "[bridge.br0]\nmac_lock = true\nisolated = true\nrate_to_container = \"50mbit\"\n"

// spoofs reports whether a frame from an address passes that is not the attacker's.
func (s *scene) spoofs(t *testing.T, from net.HardwareAddr) bool {
	t.Helper()
	marker := marked()
	return s.passes(t, s.attacker, s.gateway, ethernet(s.gateway.mac, from, typeLocal, marker), marker)
}

// TestApplyReturned: a port that has left its bridge and come back has lost its protections, and gets all of them again; what
// is as it should be is not touched.
func TestApplyReturned(t *testing.T) {
	s := newScene(t, nicProgram(), locks)
	before := portState(t, s.nic)
	if a := apply(t); a.status != 0 || a.keys() != "" || len(a.Interfaces) != 2 {
		t.Fatalf("nothing is wrong: %+v", a)
	}
	sh(t, "ip link set %s nomaster", s.nic)
	if a := apply(t); a.status != 1 || a.left() != "left-bridge" || a.keys() != "" {
		t.Errorf("off its bridge: %+v", a)
	}
	sh(t, "ip link set %s master br0", s.nic)
	s.reach(t, s.attacker, s.gateway)
	other := net.HardwareAddr{2, 9, 9, 9, 9, 9}
	if !s.spoofs(t, other) || portState(t, s.nic) == before {
		t.Fatal("nothing was lost")
	}
	if a := apply(t, "--dry-run"); a.status != 0 || a.Result != "planned" || a.keys() != "mac_lock isolated unicast_flood mac_lock bpdu_guard" || !s.spoofs(t, other) {
		t.Errorf("dry: %+v", a)
	}
	if a := apply(t, s.nic); a.status != 0 || a.Result != "applied" || len(a.Interfaces) != 1 || a.left() != "" {
		t.Errorf("%+v", a)
	}
	if after := portState(t, s.nic); after != before {
		t.Errorf("%s\nis not\n%s", after, before)
	}
	// The bridge has learned the other address behind this port, and would let it pass until it forgets it.
	if s.spoofs(t, other) || s.spoofs(t, s.neighbour.mac) {
		t.Error("another address passes")
	}
	s.reach(t, s.attacker, s.gateway)
	if a := apply(t); a.status != 0 || a.keys() != "" {
		t.Errorf("twice: %+v", a)
	}
}

// TestApplyOlder: an interface that is older than the policy becomes what a new one is, and again when the policy goes.
func TestApplyOlder(t *testing.T) {
	full := locks + "frame_guard = true\nrouter_guard = true\nipv6_on_host = true\n"
	s := newScene(t, nicProgram(), full)
	strict := s.namelessState(t)
	s = newScene(t, nicProgram(), "")
	plain := portState(t, s.nic)
	setPolicy(t, full)
	if a := apply(t, s.nic); a.status != 0 || a.left() != "" {
		t.Fatalf("%+v", a)
	}
	if got := s.namelessState(t); got != strict {
		t.Errorf("%s\nis not as\n%s", got, strict)
	}
	if s.spoofs(t, net.HardwareAddr{2, 9, 9, 9, 9, 9}) {
		t.Error("another address passes")
	}
	s.reach(t, s.attacker, s.gateway)
	setPolicy(t, "")
	if a := apply(t, s.nic); a.status != 0 || a.left() != "" || portState(t, s.nic) != plain {
		t.Errorf("%+v\n%s\nis not\n%s", a, portState(t, s.nic), plain)
	}
}

// TestApplyForeign: what no container has is not touched, and what LXC's program made is left to be made again.
func TestApplyForeign(t *testing.T) {
	network(t)
	pid := hold(t, alice)
	theirs, _ := plug(t, *peer, alice, pid, "br0", "eth0")
	sh(t, "ip link add host0 type veth peer name host1 && ip link set host0 master br0 up")
	before := portState(t, "host0")
	setPolicy(t, locks)
	if a := apply(t); a.status != 1 || len(a.Interfaces) != 1 || a.Interfaces[0].Name != theirs || a.left() != "other-program" {
		t.Errorf("%+v", a)
	}
	if a := apply(t, "host0"); a.status != 1 || a.ID != "no-such-interface" {
		t.Errorf("%+v", a)
	}
	if after := portState(t, "host0"); after != before {
		t.Error(after)
	}
	setPolicy(t, "[defaults]\nmac_lock = 1\n")
	if a := apply(t); a.status != 1 || a.ID != "policy" {
		t.Errorf("a mistake in the policy: %+v", a)
	}
	setPolicy(t, locks)
	if got := callAs(alice, filepath.Join(*ours, "usernsctl"), "apply"); got.ok || !strings.Contains(got.text, "only root") {
		t.Errorf("as alice: %+v", got)
	}
}

// TestApplyElsewhere: what each kind of bridge has, and what it cannot have.
func TestApplyElsewhere(t *testing.T) {
	network(t)
	nic, _ := plug(t, nicProgram(), alice, hold(t, alice), "none", "eth0")
	sh(t, "ip link set %[1]s down; echo 0 >/proc/sys/net/ipv6/conf/%[1]s/disable_ipv6", nic)
	setPolicy(t, "[bridge.none]\nframe_guard = true\nmac_lock = true\n")
	if a := apply(t); a.status != 0 || a.keys() != "filter ipv6_on_host" {
		t.Errorf("none: %+v", a)
	}
	if a := apply(t); a.status != 0 || a.keys() != "" {
		t.Errorf("none, again: %+v", a)
	}
	setPolicy(t, "[bridge.none]\nvlan = 5\n")
	if a := apply(t); a.status != 1 || a.left() != "vlan" || a.keys() != "filter" {
		t.Errorf("a VLAN on none: %+v", a)
	}
}

// TestApplyMaking: an interface whose maker has not said that it is done is left to it.
func TestApplyMaking(t *testing.T) {
	s := newScene(t, nicProgram(), "")
	setPolicy(t, locks)
	sh(t, "sed -i 's/^1 + %s /1 - %[1]s /' /run/lxc/nics.d/*alice*", s.nic)
	if a := apply(t, s.nic); a.status != 1 || a.left() != "being-made" || a.keys() != "" {
		t.Errorf("%+v", a)
	}
}

// TestApplyBeside: interfaces that are made and deleted while everything is put right again and again are what the policy says,
// and no call fails.
func TestApplyBeside(t *testing.T) {
	const rounds = 12
	network(t)
	setPolicy(t, locks)
	sh(t, "ip link add host0 type veth peer name host1 && ip link set host0 master br0 up")
	host := portState(t, "host0")
	pid := hold(t, alice)
	done := make(chan struct{})
	var all sync.WaitGroup
	all.Add(1)
	go func() {
		defer all.Done()
		for {
			select {
			case <-done:
				return
			default:
			}
			if a := apply(t); a.status == 2 || strings.Contains(a.left(), "mac_lock") || strings.Contains(a.left(), "failed") {
				t.Errorf("%+v", a)
			}
		}
	}()
	for i := range rounds {
		made := create(nicProgram(), alice, pid, "br0", fmt.Sprint("eth", i))
		if !made.ok {
			t.Error(made.text)
			continue
		}
		words := strings.Split(strings.TrimSpace(made.text), ":")
		nic := words[len(words)-2]
		if state := portState(t, nic); !strings.Contains(state, "isolated on") || !strings.Contains(state, "locked on") || !strings.Contains(state, "sticky") {
			t.Error(state)
		}
		if i%2 == 0 {
			if deleted := callAs(alice, nicProgram(), "delete", "/dev/null", "c", fmt.Sprint(pid), "veth", "br0", nic); !deleted.ok {
				t.Error(deleted.text)
			}
		}
	}
	close(done)
	all.Wait()
	if a := apply(t); a.status != 0 || a.keys() != "" || len(a.Interfaces) != rounds/2 {
		t.Errorf("%+v", a)
	}
	if after := portState(t, "host0"); after != host {
		t.Error(after)
	}
}

// TestApplyAddresses: address_guard, which somebody took away, comes back for the address that the interface was made with,
// whatever the container makes the host believe; what it loses thereby is told.
func TestApplyAddresses(t *testing.T) {
	const guarded = "[bridge.br0]\naddress_guard = true\naddresses = [\"10.0.3.0/24\"]\nframe_guard = true\n"
	network(t)
	setPolicy(t, guarded)
	nic, container := plug(t, nicProgram(), alice, hold(t, alice), "br0", "eth0")
	before := portState(t, nic)
	unguard := func() { sh(t, "tc filter del dev %s ingress; ip neigh flush dev br0", nic) }
	own := sh(t, "%s nics --json | tr -d ' \\n' | grep -o '\"name\":\"%s\".*' | grep -o '\"address\":\"[0-9.]*' | head -n 1 | cut -d '\"' -f 4", filepath.Join(*ours, "usernsctl"), nic)
	own = strings.TrimSpace(own)
	if net.ParseIP(own) == nil {
		t.Fatalf("no address: %q", own)
	}
	know := func(address string) {
		sh(t, "ip neigh replace %s lladdr %s dev br0 nud stale", address, container.mac)
	}
	for name, c := range map[string]struct {
		known, told []string
	}{
		"nobody knows": {nil, nil},
		"its own":      {[]string{own}, nil},
		"another":      {[]string{"10.0.3.250"}, []string{"10.0.3.250"}},
		"both":         {[]string{own, "10.0.3.250"}, []string{"10.0.3.250"}},
	} {
		unguard()
		for _, address := range c.known {
			know(address)
		}
		planned, a := apply(t, nic, "--dry-run"), apply(t, nic)
		if a.status != 0 || a.keys() != "filter" || a.left() != "" || portState(t, nic) != before {
			t.Errorf("%s: %+v", name, a)
		}
		for _, r := range []applied{planned, a} {
			remarks := r.Interfaces[0].Remarks
			if len(remarks) != len(c.told) || len(c.told) > 0 && !strings.Contains(remarks[0], c.told[0]) {
				t.Errorf("%s: %q", name, remarks)
			}
		}
		if filter := sh(t, "tc filter show dev %s ingress", nic); !strings.Contains(filter, "direct-action") {
			t.Errorf("%s: no filter for frame_guard: %s", name, filter)
		}
	}
}
