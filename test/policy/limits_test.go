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

// crowd lets many calls run at once, call i as the user and with the bridge that of says, and counts those that are
// granted by user, and the refusals that have word in them. Any other refusal fails the test.
func crowd(t testing.TB, calls int, word string, of func(i int) (user, int, string)) (granted map[string]int, refused int) {
	t.Helper()
	granted = make(map[string]int)
	var all sync.WaitGroup
	var mu sync.Mutex
	for i := range calls {
		all.Add(1)
		go func() {
			defer all.Done()
			u, pid, bridge := of(i)
			a := create(nicProgram(), u, pid, bridge, fmt.Sprintf("n%d", i))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case a.ok:
				granted[u.name]++
			case strings.Contains(a.text, word):
				refused++
			default:
				t.Errorf("%s on %s: %s", u.name, bridge, a.text)
			}
		}()
	}
	all.Wait()
	return granted, refused
}

const calls = 200

// living are the interfaces of a user.
func living(t testing.TB, u user) int {
	t.Helper()
	n := 0
	for _, name := range interfaces(t) {
		if strings.HasPrefix(name, fmt.Sprintf("veth%d_", u.id)) {
			n++
		}
	}
	return n
}

// TestUserLimit: 200 calls at once over three bridges and none.
func TestUserLimit(t *testing.T) {
	network(t)
	setPolicy(t, "[limits]\nnics_per_user = 7\n")
	pid, others := hold(t, alice), hold(t, bob)
	granted, refused := crowd(t, calls, "alice already has 7 of 7 interfaces, on all bridges together", func(i int) (user, int, string) {
		if i%40 == 0 {
			return bob, others, "br1"
		}
		return alice, pid, []string{"br0", "br1", "none"}[i%3]
	})
	if granted["alice"] != 7 || granted["bob"] != 5 || refused != calls-12 || living(t, alice) != 7 {
		t.Errorf("granted %v, refused %d, %d live", granted, refused, living(t, alice))
	}
}

// TestMemberLimit: two members of a group, 100 calls each.
func TestMemberLimit(t *testing.T) {
	network(t)
	setPolicy(t, "[limits]\nnics_per_group_member = 3\n")
	pids := map[string]int{carol.name: hold(t, carol), dave.name: hold(t, dave)}
	granted, refused := crowd(t, calls, "already has 3 of 3 interfaces that are charged to @lan on br0", func(i int) (user, int, string) {
		u := []user{carol, dave}[i%2]
		return u, pids[u.name], "br0"
	})
	if granted["carol"] != 3 || granted["dave"] != 3 || refused != calls-6 || living(t, carol) != 3 || living(t, dave) != 3 {
		t.Errorf("granted %v, refused %d", granted, refused)
	}
}

// TestFreePorts: two users fill a bridge up to what is kept free; the other bridge is none of that.
func TestFreePorts(t *testing.T) {
	network(t)
	setPolicy(t, "[limits]\nfree_ports = 1014\n")
	pids := map[string]int{alice.name: hold(t, alice), bob.name: hold(t, bob)}
	granted, refused := crowd(t, calls, "1014 of its 1023 ports are kept free", func(i int) (user, int, string) {
		u := []user{alice, bob}[i%2]
		if i%100 < 2 {
			return u, pids[u.name], "br1"
		}
		return u, pids[u.name], "br0"
	})
	ports, err := os.ReadDir("/sys/class/net/br0/brif")
	must(t, err)
	if granted["alice"]+granted["bob"] != 9+4 || refused != calls-13 || len(ports) != 9 {
		t.Errorf("granted %v, refused %d, %d ports", granted, refused, len(ports))
	}
}

// TestPerMinute: 200 calls at once of one user, and one of another.
func TestPerMinute(t *testing.T) {
	network(t)
	setPolicy(t, "[limits]\ncreates_per_minute = 11\n")
	pid, others := hold(t, alice), hold(t, bob)
	began := time.Now()
	granted, refused := crowd(t, calls, "try again in ", func(i int) (user, int, string) {
		if i == 100 {
			return bob, others, "br0"
		}
		return alice, pid, "br0"
	})
	if time.Since(began) > 55*time.Second {
		t.Fatal("the machine is too slow to tell: ", time.Since(began))
	}
	if granted["alice"] != 11 || granted["bob"] != 1 || refused != calls-12 || living(t, alice) != 11 {
		t.Errorf("granted %v, refused %d", granted, refused)
	}
}

// TestLimitsTogether: a policy with every limit; each cause says its name, and a free place is usable at once.
func TestLimitsTogether(t *testing.T) {
	network(t)
	setPolicy(t, "[limits]\nnics_per_user = 2\nnics_per_group_member = 1\nfree_ports = 1020\ncreates_per_minute = 5\n")
	member, pid := hold(t, carol), hold(t, alice)
	expect := func(a answer, want string) {
		t.Helper()
		if a.ok != (want == "") || !strings.Contains(a.text, want) {
			t.Fatalf("%v %s, want %q", a.ok, a.text, want)
		}
	}
	expect(create(nicProgram(), carol, member, "br0", "e0"), "")
	expect(create(nicProgram(), carol, member, "br0", "e1"), "Share of @lan reached")
	expect(create(nicProgram(), alice, pid, "br0", "e0"), "")
	expect(create(nicProgram(), alice, pid, "br1", "e1"), "")
	expect(create(nicProgram(), alice, pid, "none", "e2"), "Limit of the user reached")
	for _, name := range interfaces(t) {
		if strings.HasPrefix(name, fmt.Sprintf("veth%d_", alice.id)) {
			sh(t, "ip link del %s", name)
		}
	}
	expect(create(nicProgram(), alice, pid, "none", "e2"), "")
	sh(t, "for n in 1 2; do ip link add full$n type veth peer name other$n && ip link set full$n master br0; done")
	expect(create(nicProgram(), alice, pid, "br0", "e3"), "has no port left for users")
	expect(create(nicProgram(), alice, pid, "br1", "e4"), "")
	sh(t, "ip link del $(ls /sys/class/net/br1/brif)")
	expect(create(nicProgram(), alice, pid, "br1", "e5"), "Rate limit exceeded")
}

// TestPeerCounts: what Debian's program made counts for the limit of the user, on whatever bridge.
func TestPeerCounts(t *testing.T) {
	network(t)
	pid := hold(t, alice)
	for i, bridge := range []string{"br0", "br1", "none"} {
		if a := create(*peer, alice, pid, bridge, fmt.Sprintf("p%d", i)); !a.ok {
			t.Fatal(a.text)
		}
	}
	setPolicy(t, "[limits]\nnics_per_user = 4\n")
	if a := create(nicProgram(), alice, pid, "br1", "e0"); !a.ok {
		t.Fatal(a.text)
	}
	if a := create(nicProgram(), alice, pid, "br0", "e1"); a.ok || !strings.Contains(a.text, "4 of 4") {
		t.Error(a.text)
	}
}
