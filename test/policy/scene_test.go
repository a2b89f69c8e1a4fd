//go:build system

package policy

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
)

// scene is a bridge with two containers and a gateway on it: whoever attacks is alice's, the neighbour is bob's.
type scene struct {
	attacker, neighbour, gateway station
	bridge                       net.HardwareAddr
	pid, near                    int    // of the attacker's container, and the neighbour's
	nic                          string // the attacker's, on the host
	port                         string // the gateway's, on the host
}

// gatewayMAC begins as those of containers do, as an address of a virtual machine may.
const gatewayMAC = "02:00:00:00:00:01"

// beforeScene is done to the bridge before it has ports.
var beforeScene = func() {}

// newScene lets program make the containers' interfaces, and waits until everybody hears everybody.
func newScene(t testing.TB, program, policy string) *scene {
	t.Helper()
	s := stage(t, program, policy)
	s.settle(t)
	return s
}

// stage is a scene whose ports may not forward yet.
func stage(t testing.TB, program, policy string) *scene {
	t.Helper()
	network(t)
	setPolicy(t, policy)
	beforeScene()
	s := &scene{port: "gw0"}
	gateway := hold(t, user{"root", 0, nil})
	sh(t, "mtu=$(cat /sys/class/net/br0/mtu); ip link add gw0 mtu $mtu type veth peer name eth0 mtu $mtu netns %d && ip link set gw0 master br0 up", gateway)
	inside(t, gateway, "ip link set eth0 address %s up", gatewayMAC)
	s.gateway = open(t, gateway, "eth0")
	s.pid = hold(t, alice)
	s.nic, s.attacker = plug(t, program, alice, s.pid, "br0", "eth0")
	s.near = hold(t, bob)
	_, s.neighbour = plug(t, program, bob, s.near, "br0", "eth0")
	bridge, err := net.InterfaceByName("br0")
	must(t, err)
	s.bridge = bridge.HardwareAddr
	return s
}

// settle lets everybody speak, so that the bridge knows where everybody is.
func (s *scene) settle(t testing.TB) {
	t.Helper()
	for _, from := range []station{s.attacker, s.neighbour} {
		s.reach(t, from, s.gateway)
		s.reach(t, s.gateway, from)
	}
}

// plug lets program make an interface, and raises it in the container. It returns the host's name of it.
func plug(t testing.TB, program string, u user, pid int, bridge, nic string) (string, station) {
	t.Helper()
	made := create(program, u, pid, bridge, nic)
	if !made.ok {
		t.Fatalf("%s on %s: %s", u.name, bridge, made.text)
	}
	inside(t, pid, "ip link set %s up", nic)
	words := strings.Split(strings.TrimSpace(made.text), ":")
	return words[len(words)-min(len(words), 2)], open(t, pid, nic)
}

// inside runs a command in the network namespace of a process.
func inside(t testing.TB, pid int, format string, values ...any) string {
	t.Helper()
	return sh(t, "nsenter --net=/proc/%d/ns/net %s", pid, fmt.Sprintf(format, values...))
}

// reach makes sure that a frame from one gets to the other, and tries again while ports come up.
func (s *scene) reach(t testing.TB, from, to station) {
	t.Helper()
	until(t, "genuine traffic", func() bool {
		marker := marked()
		from.send(t, hello(from, to, marker))
		return to.hears(marker, short)
	})
}

// passes sends a frame from one station and reports whether it arrives at another. Behind it goes one to everybody, which
// arrives in any case: when a third has heard that, the first has gone its way too.
func (s *scene) passes(t testing.TB, from, to station, frame, marker []byte) bool {
	t.Helper()
	witness := s.gateway
	if from.fd == s.gateway.fd {
		witness = s.neighbour
	}
	for range 10 {
		behind := marked()
		from.send(t, frame, hello(from, station{mac: everybody}, behind))
		awaited := [][]byte{behind}
		if to.fd == witness.fd {
			awaited = append(awaited, marker)
		}
		switch witness.first(short, awaited...) {
		case 0:
			return to.fd != witness.fd && to.hears(marker, moment)
		case 1:
			return true
		}
	}
	t.Fatal("genuine traffic does not arrive")
	return false
}

// hello is a frame that every policy lets pass: a question by ARP that nobody answers.
func hello(from, to station, marker []byte) []byte {
	payload := append([]byte{0, 1, 8, 0, 6, 4, 0, 1}, from.mac...)
	payload = append(append(payload, from.ip.To4()...), make([]byte, 6)...)
	return ethernet(to.mac, from.mac, typeARP, append(append(payload, 169, 254, 1, 2), marker...))
}

// attack is one thing that a container can try. It reports whether it worked.
type attack struct {
	id   string
	what string // as docs/protections.md has it
	keys string // what of a policy is on, in the last column
	try  func(testing.TB, *scene) bool
}

// alone reports whether what the attack does stays, so that it needs a scene of its own.
func (a attack) alone() bool { return a.id == "bpdu" || a.id == "ra-bridge" }

// attacks are the rows of the table.
func attacks() []attack {
	under := func(mac func(*scene) net.HardwareAddr) func(testing.TB, *scene) bool {
		return func(t testing.TB, s *scene) bool {
			marker := marked()
			return s.passes(t, s.attacker, s.gateway, ethernet(s.gateway.mac, mac(s), typeLocal, marker), marker)
		}
	}
	return []attack{
		{"neighbour-mac", "a frame from the neighbour's address", "mac_lock", under(func(s *scene) net.HardwareAddr { return s.neighbour.mac })},
		{"gateway-mac", "a frame from the gateway's address", "mac_lock", func(t testing.TB, s *scene) bool {
			marker := marked()
			return s.passes(t, s.attacker, s.neighbour, ethernet(s.neighbour.mac, s.gateway.mac, typeLocal, marker), marker)
		}},
		{"bridge-mac", "a frame from the bridge's address", "mac_lock", under(func(s *scene) net.HardwareAddr { return s.bridge })},
		{"new-mac", "a frame from an address that nobody has", "mac_lock", under(func(*scene) net.HardwareAddr { return net.HardwareAddr{2, 9, 9, 9, 9, 9} })},
		{"move-neighbour", "take what is sent to the neighbour: move the entry of the bridge's table", "mac_lock", func(t testing.TB, s *scene) bool {
			return s.moved(t, s.neighbour)
		}},
		{"move-gateway", "the same with the gateway", "mac_lock", func(t testing.TB, s *scene) bool { return s.moved(t, s.gateway) }},
		{"arp", "an ARP reply under the neighbour's address", "mac_lock", func(t testing.TB, s *scene) bool {
			marker := marked()
			return s.passes(t, s.attacker, s.gateway, ethernet(everybody, s.neighbour.mac, typeARP, arpReply(s.neighbour.mac, net.IPv4(10, 9, 0, 3), marker)), marker)
		}},
		{"na", "a neighbour advertisement under the neighbour's address", "mac_lock", func(t testing.TB, s *scene) bool {
			marker := marked()
			ip := net.ParseIP("fe80::3")
			packet := icmp6(ip, neighbourAdvertisement(s.neighbour.mac, ip, marker))
			return s.passes(t, s.attacker, s.gateway, ethernet(net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, s.neighbour.mac, typeIPv6, packet), marker)
		}},
		{"arp-own", "an ARP reply under one's own address, for an IP address of the neighbour's", "mac_lock", func(t testing.TB, s *scene) bool {
			marker := marked()
			return s.passes(t, s.attacker, s.gateway, ethernet(everybody, s.attacker.mac, typeARP, arpReply(s.attacker.mac, net.IPv4(10, 9, 0, 3), marker)), marker)
		}},
		{"unknown-unicast", "read frames for an address that the bridge does not know", "unicast_flood", func(t testing.TB, s *scene) bool {
			marker := marked()
			return s.passes(t, s.gateway, s.attacker, ethernet(net.HardwareAddr{2, 8, 8, 8, 8, 8}, s.gateway.mac, typeLocal, marker), marker)
		}},
		{"neighbour", "speak to the neighbour", "isolated", func(t testing.TB, s *scene) bool {
			marker := marked()
			return s.passes(t, s.attacker, s.neighbour, ethernet(s.neighbour.mac, s.attacker.mac, typeLocal, marker), marker)
		}},
		{"neighbour-broadcast", "speak to everybody, and the neighbour hears it", "isolated", func(t testing.TB, s *scene) bool {
			marker := marked()
			return s.passes(t, s.attacker, s.neighbour, ethernet(everybody, s.attacker.mac, typeLocal, marker), marker)
		}},
		{"bpdu", "become the root of the bridge's spanning tree", "bpdu_guard", becomesRoot},
		{"ra-port", "give the host a default route over its end, on a bridge", "ipv6_on_host", func(t testing.TB, s *scene) bool {
			return believes(t, s.attacker, advertised(s.attacker), s.nic)
		}},
		{"ra-bridge", "give the host a default route over the bridge itself, which accepts them", "router_guard", func(t testing.TB, s *scene) bool {
			sh(t, "echo 1 >/proc/sys/net/ipv6/conf/br0/accept_ra; echo 0 >/proc/sys/net/ipv6/conf/br0/forwarding")
			return believes(t, s.attacker, advertised(s.attacker), "br0")
		}},
	}
}

func linkLocal() net.IP { return net.ParseIP("fe80::bad") }

// advertised makes a station the default router of whoever hears it.
func advertised(from station) []byte {
	return ethernet(net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, from.mac, typeIPv6, icmp6(linkLocal(), routerAdvertisement(from.mac)))
}

// believes reports whether the host gets a default route over an interface when it is sent an advertisement.
func believes(t testing.TB, from station, advertisement []byte, nic string) bool {
	t.Helper()
	for range 15 {
		from.send(t, advertisement)
		if strings.Contains(sh(t, "ip -6 route show default"), "dev "+nic+" ") {
			return true
		}
		must(t, sleepAWhile())
	}
	return false
}

// moved reports whether a frame of the attacker's takes a station's traffic away from it.
func (s *scene) moved(t testing.TB, victim station) bool {
	t.Helper()
	forged := marked()
	s.passes(t, s.attacker, s.gateway, ethernet(everybody, victim.mac, typeLocal, forged), forged)
	sender := s.gateway
	if victim.index == s.gateway.index && victim.fd == s.gateway.fd {
		sender = s.neighbour
	}
	marker := marked()
	return !s.passes(t, sender, victim, ethernet(victim.mac, sender.mac, typeLocal, marker), marker)
}

// becomesRoot sends a message of a better root than the bridge is.
func becomesRoot(t testing.TB, s *scene) bool {
	t.Helper()
	sh(t, "ip link set br0 type bridge stp_state 1 forward_delay 200")
	defer sh(t, "ip link set br0 type bridge stp_state 0")
	better := net.HardwareAddr{2, 0, 0, 0, 0, 0}
	read := func(name string) string {
		text, err := os.ReadFile("/sys/class/net/br0/bridge/" + name)
		must(t, err)
		return strings.TrimSpace(string(text))
	}
	for range 15 {
		s.attacker.send(t, bpdu(better))
		if read("root_id") != read("bridge_id") {
			return true
		}
		must(t, sleepAWhile())
	}
	return false
}
