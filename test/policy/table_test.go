//go:build system

package policy

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func sleepAWhile() error {
	time.Sleep(20 * time.Millisecond)
	return nil
}

// locked is a policy that locks the addresses of both containers.
const locked = "[bridge.br0]\nmac_lock = true\n"

// policyFor is the policy under which an attack is tried in the last column.
func policyFor(keys string) string {
	switch keys {
	case "mac_lock":
		return locked
	case "isolated":
		return locked + "isolated = true\n"
	case "router_guard":
		return "[bridge.br0]\nrouter_guard = true\n"
	case "unicast_flood":
		return "[bridge.br0]\nunicast_flood = false\n"
	}
	return "" // it is built in
}

// column is one of the three whose interfaces are attacked.
type column struct {
	program string
	policy  func(attack) string
}

func columns() []column {
	none := func(attack) string { return "" }
	return []column{{*peer, none}, {nicProgram(), none}, {nicProgram(), func(a attack) string { return policyFor(a.keys) }}}
}

// TestTable tries every attack on the interfaces of the three, and compares with docs/protections.md.
func TestTable(t *testing.T) {
	documented := readTable(t)
	rows := make(map[string]string)
	for _, c := range columns() {
		for _, group := range groups(c) {
			t.Run("scene", func(t *testing.T) {
				s := newScene(t, c.program, c.policy(group[0]))
				for _, a := range group {
					rows[a.id] += " " + outcome(t, a, s)
				}
			})
		}
	}
	for _, a := range attacks() {
		got := strings.TrimPrefix(rows[a.id], " ")
		t.Logf("%s: %s", a.id, got)
		if documented[a.id] != got {
			t.Errorf("%s: %s; docs/protections.md says %q", a.id, got, documented[a.id])
		}
		delete(documented, a.id)
	}
	for id := range documented {
		t.Errorf("docs/protections.md has a row %s, and there is no such attack", id)
	}
}

// groups are the attacks that one scene serves, under the policy of a column. Those that leave a mark get one of their own.
func groups(c column) [][]attack {
	var all [][]attack
	index := make(map[string]int)
	for _, a := range attacks() {
		i, there := index[c.policy(a)]
		switch {
		case a.alone() || !there:
			all = append(all, []attack{a})
			if !a.alone() {
				index[c.policy(a)] = len(all) - 1
			}
		default:
			all[i] = append(all[i], a)
		}
	}
	return all
}

// outcome is what comes of an attack. Genuine traffic passes before, and still passes afterwards where the attack has been
// stopped.
func outcome(t testing.TB, a attack, s *scene) string {
	t.Helper()
	s.settle(t)
	if a.try(t, s) {
		return "works"
	}
	if a.keys == "bpdu_guard" { // its own port is shut, as it should be
		s.reach(t, s.neighbour, s.gateway)
		s.reach(t, s.gateway, s.neighbour)
		return "stopped"
	}
	s.settle(t)
	return "stopped"
}

// readTable reads the outcomes that docs/protections.md lists: id, attack, Debian's, ours, ours with the key.
func readTable(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile(*doc)
	must(t, err)
	found := make(map[string]string)
	for _, line := range strings.Split(string(text), "\n") {
		cells := strings.Split(line, "|")
		if len(cells) != 7 || strings.Contains(line, "---") || strings.TrimSpace(cells[1]) == "Id" {
			continue
		}
		var outcomes []string
		for _, cell := range cells[3:6] {
			outcomes = append(outcomes, strings.TrimSuffix(strings.Fields(cell + " -")[0], ":"))
		}
		found[strings.Trim(cells[1], " `")] = strings.Join(outcomes, " ")
	}
	return found
}

// TestNone: with "none" the host's end is a link to the container alone.
func TestNone(t *testing.T) {
	for _, c := range []struct {
		name, program, policy string
		works                 bool
	}{
		{"Debian's", *peer, "", true},
		{"ours", nicProgram(), "", false},
		{"ours, the host speaks IPv6", nicProgram(), "[defaults]\nipv6_on_host = true\n", false},
		{"ours, everything on", nicProgram(), "[defaults]\nmac_lock = true\nisolated = true\nunicast_flood = false\n", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			network(t)
			setPolicy(t, c.policy)
			nic, s := plug(t, c.program, alice, hold(t, alice), "none", "eth0")
			until(t, "both ends are up", func() bool { return strings.Contains(sh(t, "ip link show %s", nic), "LOWER_UP") })
			addressed := func() bool {
				text := sh(t, "ip -6 addr show dev %s scope link", nic)
				return strings.Contains(text, "fe80") && !strings.Contains(text, "tentative")
			}
			if speaks := c.program == *peer || strings.Contains(c.policy, "ipv6_on_host"); speaks {
				until(t, "the host speaks IPv6", addressed)
			} else if addressed() {
				t.Error("the host speaks IPv6")
			}
			if got := believes(t, s, advertised(s), nic); got != c.works {
				t.Errorf("the host has a default route: %v", got)
			}
		})
	}
}

// TestRate: within a tenth of what was asked for, on a bridge and without one.
func TestRate(t *testing.T) {
	network(t)
	var all sync.WaitGroup
	for _, bridge := range []string{"br0", "none"} {
		for mbit, text := range map[float64]string{20: "20mbit", 3: "3000kbit"} {
			setPolicy(t, fmt.Sprintf("[defaults]\nrate_to_container = %q\n", text))
			nic, to := plug(t, nicProgram(), alice, hold(t, alice), bridge, "eth0")
			from := open(t, os.Getpid(), nic)
			all.Add(1)
			go func() {
				defer all.Done()
				if got := rate(from, to); got < mbit*0.9 || got > mbit*1.1 {
					t.Errorf("%s %s: %.2f Mbit/s", bridge, text, got)
				} else {
					t.Logf("%s %s: %.2f Mbit/s", bridge, text, got)
				}
			}()
		}
	}
	all.Wait()
}

// rate fills a link and returns what arrives in Mbit/s, once the first burst is over.
func rate(from, to station) float64 {
	frame := ethernet(to.mac, from.mac, typeLocal, make([]byte, 1500))
	stop := make(chan bool)
	stopped := make(chan bool)
	go func() {
		defer close(stopped)
		for {
			select {
			case <-stop:
				return
			default:
				if from.try(frame) != nil {
					time.Sleep(time.Millisecond)
				}
			}
		}
	}()
	to.bytes(500 * time.Millisecond)
	began := time.Now()
	n := to.bytes(1500 * time.Millisecond)
	took := time.Since(began)
	close(stop)
	<-stopped
	return float64(n) * 8 / 1e6 / took.Seconds()
}
