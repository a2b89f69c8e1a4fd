//go:build system

package policy

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/policy/guard"
)

// TestGuardStays: the filter is on the host's end, stays when the port leaves its bridge and comes back, and lets nobody
// in the container take it away.
func TestGuardStays(t *testing.T) {
	s := newOwnScene(t, column{nicProgram(), func(attack) string { return "[bridge.br0]\nrouter_guard = true\nframe_guard = true\n" }})
	filter := func() string { return sh(t, "tc filter show dev %s ingress", s.nic) }
	before := filter()
	if !strings.Contains(before, "direct-action") {
		t.Fatal(before)
	}
	sh(t, "ip link set %s nomaster; ip link set %s down; ip link set %s master br0 up", s.nic, s.nic, s.nic)
	s.reach(t, s.attacker, s.gateway)
	if after := filter(); after != before {
		t.Error(after)
	}
	if inside := inside(t, s.pid, "tc filter show dev eth0 ingress"); inside != "" {
		t.Error(inside)
	}
	for _, row := range ownRows() {
		if row.id == "ra" {
			marker := marked()
			if s.arrives(t, row.frame(s, marker), marker) {
				t.Error("an advertisement passes")
			}
		}
	}
}

// TestIntermediate: what root in a container sends by way of an intermediate functional block (ifb) is not looked at by a
// filter on the host's end: the kernel marks such frames, so that no device classifies them twice, and keeps the mark when
// they cross to another namespace. The flags of the port hold. docs/protections.md says so, and what to do.
func TestIntermediate(t *testing.T) {
	s := newOwnScene(t, column{nicProgram(), func(attack) string {
		return "[bridge.br0]\nrouter_guard = true\nframe_guard = true\nmac_lock = true\n"
	}})
	arrives := func(from net.HardwareAddr) bool {
		marker := marked()
		for range 20 { // each second frame goes the long way, and half of these twice
			s.attacker.send(t, ethernet(everybody, from, typeLocal, marker))
		}
		return s.gateway.hears(marker, short)
	}
	if arrives(s.attacker.mac) {
		t.Fatal("frame_guard lets a frame of another type pass")
	}
	const odd = "4,32 0 0 4294963256,69 0 1 1,6 0 0 4294967295,6 0 0 0" // ld rand; jset #1
	sh(t, "nsenter --target %d --user --net sh -ec 'ip link add ifb0 type ifb; ip link set ifb0 up; tc qdisc add dev eth0 clsact; "+
		"tc filter add dev eth0 egress bpf bytecode \"%s\" action mirred egress redirect dev ifb0'", s.pid, odd)
	if !slices.ContainsFunc(make([]int, 20), func(int) bool { return arrives(s.attacker.mac) }) {
		t.Error("this kernel does not let it pass: docs/protections.md has to say from which version on")
	}
	if arrives(unknownMAC) {
		t.Error("nor does mac_lock hold")
	}
}

// TestSticky: a container that nothing locks does not take the address of one that is locked, by a frame at its own port.
func TestSticky(t *testing.T) {
	s := newScene(t, nicProgram(), "[bridge.br0]\nmac_lock = true\n[[rule]]\nuser = \"alice\"\nmac_lock = false\n")
	for range 3 {
		s.attacker.send(t, hello(station{mac: s.neighbour.mac}, s.gateway, marked()))
	}
	s.reach(t, s.attacker, s.gateway) // behind those
	marker := marked()
	if !s.passes(t, s.gateway, s.neighbour, hello(s.gateway, s.neighbour, marker), marker) {
		t.Error("the neighbour has lost its traffic")
	}
	if table := sh(t, "bridge fdb show br br0 | grep %s", s.neighbour.mac); !strings.Contains(table, "sticky") || strings.Contains(table, s.nic) {
		t.Error(table)
	}
	s.reach(t, s.neighbour, s.gateway)
}

// TestBridgeKeepsAddress: a bridge whose address nobody has set does not take that of its first port, as it does with LXC's
// program.
func TestBridgeKeepsAddress(t *testing.T) {
	for program, keeps := range map[string]bool{*peer: false, nicProgram(): true} {
		network(t)
		sh(t, "ip link del br1; ip link add br1 type bridge; ip link set br1 up")
		address := func() string { return sh(t, "cat /sys/class/net/br1/address") }
		before := address()
		first, _ := plug(t, program, alice, hold(t, alice), "br1", "eth0")
		during := address()
		plug(t, program, bob, hold(t, bob), "br1", "eth0")
		sh(t, "ip link del %s", first)
		if after := address(); (during == before) != keeps || (after == before) != keeps {
			t.Errorf("%s: %s, then %s, then %s", program, before, during, after)
		}
	}
}

// listen opens a socket on an interface of this namespace for frames of one type that the interface itself is left with:
// what a bridge takes does not arrive there.
func listen(t testing.TB, nic string, kind uint16) station {
	t.Helper()
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	t.Cleanup(func() { _ = unix.Close(fd) })
	device, err := net.InterfaceByName(nic)
	must(t, err)
	must(t, unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 10_000}))
	must(t, unix.Bind(fd, &unix.SockaddrLinklayer{Protocol: kind<<8 | kind>>8, Ifindex: device.Index}))
	return station{fd: fd, index: device.Index}
}

// linkLocalGroups are frames that a bridge leaves to its port: LLDP, and a router advertisement where a BPDU and where LLDP
// should be.
func linkLocalGroups(s *scene, marker []byte) map[string][]byte {
	advertisement := append(routerAdvertisement(s.attacker.mac), unknownOption(marker)...)
	to := func(last byte, frame []byte) []byte {
		copy(frame, []byte{1, 0x80, 0xc2, 0, 0, last})
		return frame
	}
	return map[string][]byte{
		"LLDP":                            ethernet(net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 14}, s.attacker.mac, 0x88cc, marker),
		"an advertisement in place of it": to(14, to6(s, s.link(), 58, advertisement)),
		"an advertisement for a BPDU":     to(0, to6(s, s.link(), 58, advertisement)),
	}
}

// comes sends a frame of the attacker's, and waits until it is at the host's end, in front of the filter.
func (s *scene) comes(t testing.TB, frame, marker []byte) {
	t.Helper()
	host := open(t, os.Getpid(), s.nic)
	until(t, "a frame is at the host's end", func() bool {
		s.attacker.send(t, frame)
		return host.hears(marker, short)
	})
}

// TestLinkLocalGroups: with bpdu_guard, which is built in, nothing to 01:80:c2:00:00:0X gets as far as the port, whose IPv6
// may be on where /proc/sys cannot be written; whether the bridge speaks the spanning tree protocol or not.
func TestLinkLocalGroups(t *testing.T) {
	for _, c := range []struct {
		name, program, policy string
		passes                bool
	}{
		{"Debian's", *peer, "", true},
		{"ours", nicProgram(), "", false},
		{"frame_guard", nicProgram(), "[defaults]\nbpdu_guard = false\nframe_guard = true\n", false},
		{"switched off", nicProgram(), "[defaults]\nbpdu_guard = false\n", true},
	} {
		for _, tree := range []string{"0", "1"} {
			t.Run(c.name+", stp_state "+tree, func(t *testing.T) {
				beforeScene = func() { sh(t, "ip link set br0 type bridge stp_state %s forward_delay 200", tree) }
				defer func() { beforeScene = func() {} }()
				s := stage(t, c.program, c.policy)
				for name := range linkLocalGroups(s, nil) {
					if tree == "0" && name == "an advertisement for a BPDU" {
						continue // it is handed on to other ports, which is the row bpdu-hand
					}
					marker := marked()
					frame := linkLocalGroups(s, marker)[name]
					kind := uint16(frame[12])<<8 | uint16(frame[13])
					host := listen(t, s.nic, kind)
					s.comes(t, frame, marker)
					if got := host.hears(marker, moment); got != c.passes {
						t.Errorf("%s: %v", name, got)
					}
				}
			})
		}
	}
}

// TestGroupsAdvertisement: the same with the kernel's own IPv6 on the host's end, which a rule of the host has on.
func TestGroupsAdvertisement(t *testing.T) {
	for program, works := range map[string]bool{*peer: true, nicProgram(): false} {
		s := newScene(t, program, "")
		sh(t, "cd /proc/sys/net/ipv6/conf/%s; echo 0 >dad_transmits; echo 1 >disable_ipv6; echo 0 >disable_ipv6; echo 1 >accept_ra; echo 0 >forwarding", s.nic)
		until(t, "the port has an address", func() bool {
			text := sh(t, "ip -6 address show dev %s scope link", s.nic)
			return strings.Contains(text, "fe80") && !strings.Contains(text, "tentative")
		})
		frame := ethernet(net.HardwareAddr{1, 0x80, 0xc2, 0, 0, 14}, s.attacker.mac, typeIPv6, icmp6(s.link(), routerAdvertisement(s.attacker.mac)))
		if got := believes(t, s.attacker, frame, s.nic); got != works {
			t.Errorf("%s: the host has a default route: %v", program, got)
		}
	}
}

// TestShut: on a bridge that speaks the spanning tree protocol a BPDU shuts the port of the container that sends it; with
// frame_guard it is dropped, and the port stays.
func TestShut(t *testing.T) {
	for policy, shut := range map[string]bool{"": true, "[defaults]\nframe_guard = true\n": false} {
		beforeScene = func() { sh(t, "ip link set br0 type bridge stp_state 1 forward_delay 200") }
		s := stage(t, nicProgram(), policy)
		beforeScene = func() {}
		isShut := func() bool { return strings.Contains(sh(t, "bridge link show dev %s", s.nic), "state disabled") }
		until(t, "the port is open", func() bool { return !isShut() })
		marker := marked()
		s.comes(t, append(bpdu(s.attacker.mac), marker...), marker)
		time.Sleep(moment)
		if got := isShut(); got != shut {
			t.Errorf("%q: shut %v", policy, got)
		}
		if shown := strings.Contains(sh(t, "%s nics", filepath.Join(*ours, "usernsctl")), "shut by bpdu_guard"); shown != shut {
			t.Errorf("%q: nics says that it is shut: %v", policy, shown)
		}
		if shut {
			sh(t, "ip link set %s down; ip link set %s up", s.nic, s.nic)
			until(t, "the port is open again", func() bool { return !isShut() })
		}
	}
}

// multicastQuery asks who is in an IPv6 group, :: for all, and wants to hear it within a millisecond.
func multicastQuery(s *scene, group net.IP) []byte {
	packet := icmp6(s.link(), append([]byte{130, 0, 0, 0, 0, 1, 0, 0}, group.To16()...))[40:]
	return to6(s, s.link(), 0, alert6(58), packet)
}

// TestIsolatedIPv6: a container that asks who is in which group is answered by none that is isolated from it, and so the
// bridge would send them nothing any more, nor what IPv6 finds its neighbours by. Ours drops the question.
func TestIsolatedIPv6(t *testing.T) {
	group := net.ParseIP("ff02::1:ff00:3")
	for program, cut := range map[string]bool{*peer: true, nicProgram(): false} {
		s := newScene(t, program, "[defaults]\nisolated = true\n")
		if program == *peer {
			sh(t, "for port in $(ls /sys/class/net/br0/brif | grep -v gw0); do bridge link set dev $port isolated on; done")
		}
		inside(t, s.near, "ip address add %s/64 dev eth0 nodad", neighbourIP6)
		until(t, "the neighbour is in its group", func() bool { return strings.Contains(sh(t, "bridge mdb show"), group.String()) })
		got := false
		for tries := 5; tries > 0 && !got; tries-- { // the neighbour tells of its groups once more by itself
			got = s.cutOff(t, group)
		}
		if got != cut {
			t.Errorf("%s: cut off: %v", program, got)
		}
	}
}

// cutOff asks who is in a group, and reports whether the neighbour, which is in it, does not get what is sent to it.
func (s *scene) cutOff(t testing.TB, group net.IP) bool {
	t.Helper()
	s.attacker.send(t, multicastQuery(s, unsetIP6))
	s.attacker.send(t, multicastQuery(s, group))
	time.Sleep(short)
	marker := marked()
	header := append(append([]byte{0x60, 0, 0, 0, 0, byte(len(marker)), 59, 255}, net.ParseIP("fe80::1")...), group...)
	frame := ethernet(net.HardwareAddr{0x33, 0x33, 0xff, 0, 0, 3}, s.gateway.mac, typeIPv6, append(header, marker...))
	return !s.passes(t, s.gateway, s.neighbour, frame, marker)
}

// TestStack: with every key on, the kernels of two ends find each other by ARP and neighbour discovery, take addresses
// by advertisements and duplicate address detection, and speak TCP.
func TestStack(t *testing.T) {
	s := newOwnScene(t, column{nicProgram(), func(attack) string { return full + "frame_guard = true\n" + addressGuard }})
	inside(t, s.pid, "ip address add %s/24 dev eth0", ownIP4)
	option := append([]byte{3, 4, 64, 0xc0, 0, 0, 7, 8, 0, 0, 7, 8, 0, 0, 0, 0}, net.ParseIP("fd09::")...)
	packet := icmp6(net.ParseIP("fe80::1"), append(routerAdvertisement(s.gateway.mac), option...))
	s.gateway.send(t, ethernet(net.HardwareAddr{0x33, 0x33, 0, 0, 0, 1}, s.gateway.mac, typeIPv6, packet))
	until(t, "the container has an address of the prefix", func() bool {
		text := inside(t, s.pid, "ip -6 address show dev eth0 scope global")
		return strings.Contains(text, "fd09:") && !strings.Contains(text, "tentative")
	})
	for _, address := range []net.IP{bridgeIP4, bridgeIP6} {
		connect(t, s.pid, address)
	}
}

// connect makes a connection of TCP from the network namespace of a process to the host, and says something over it.
func connect(t testing.TB, pid int, to net.IP) {
	t.Helper()
	listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: to})
	must(t, err)
	defer listener.Close()
	heard := make(chan string, 1)
	go func() {
		if c, err := listener.Accept(); err == nil {
			b := make([]byte, 16)
			n, _ := c.Read(b)
			heard <- string(b[:n])
			_ = c.Close()
		}
	}()
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends, and its namespace with it
		done <- say(pid, listener.Addr().(*net.TCPAddr))
	}()
	must(t, <-done)
	select {
	case got := <-heard:
		if got != "hello" {
			t.Errorf("%s: %q", to, got)
		}
	case <-time.After(long):
		t.Errorf("%s: nothing is heard", to)
	}
}

func say(pid int, to *net.TCPAddr) error {
	ns, err := unix.Open(fmt.Sprintf("/proc/%d/ns/net", pid), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(ns)
	if err := unix.Setns(ns, unix.CLONE_NEWNET); err != nil {
		return err
	}
	family, address := unix.AF_INET6, unix.Sockaddr(&unix.SockaddrInet6{Port: to.Port, Addr: [16]byte(to.IP.To16())})
	if four := to.IP.To4(); four != nil {
		family, address = unix.AF_INET, &unix.SockaddrInet4{Port: to.Port, Addr: [4]byte(four)}
	}
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	if err := unix.Connect(fd, address); err != nil {
		return err
	}
	_, err = unix.Write(fd, []byte("hello"))
	return err
}

// TestManyAddresses: a filter for as many addresses as a bridge may have is taken by the kernel, and read back; for one more
// there is no interface.
func TestManyAddresses(t *testing.T) {
	for more, refused := range []bool{false, true} {
		network(t)
		setPolicy(t, "[defaults]\nrouter_guard = true\nframe_guard = true\n")
		sh(t, "for i in $(seq 1 %d); do ip address add 10.9.$i.1/24 dev br0; done; "+
			"for i in $(seq 1 %d); do ip address add fd09:$i::1/64 dev br0 nodad; done", guard.MostAddresses+more, guard.MostAddresses-1)
		a := create(nicProgram(), alice, hold(t, alice), "br0", "eth0")
		want := ""
		if refused {
			want = "has more addresses than a filter looks for (32); router_guard is asked for (/etc/userns-helpers/policy.toml line 2)"
		}
		judge(t, "addresses", a, want)
	}
}

// TestGuardBeside: a queueing discipline that somebody else has put on the interface first is no obstacle, and a filter of
// theirs does not come before the guard.
func TestGuardBeside(t *testing.T) {
	network(t)
	sh(t, "ip link add theirs type veth peer name other && tc qdisc add dev theirs clsact && "+
		"tc filter add dev theirs ingress bpf da bytecode '1,6 0 0 0'")
	conn, err := rtnl.Dial()
	must(t, err)
	device, err := conn.Device("theirs")
	must(t, err)
	program := []unix.SockFilter{{Code: 6, K: 2}}
	must(t, conn.Guard(device.Index, program))
	got, err := conn.Guarded(device.Index)
	if err != nil || !slices.Equal(got, program) {
		t.Error(got, err, sh(t, "tc filter show dev theirs ingress"))
	}
}

// TestFirstPort: the container that brings a bridge its first port, and its link-local address with it, cannot claim that
// address.
func TestFirstPort(t *testing.T) {
	network(t)
	setPolicy(t, "[defaults]\nrouter_guard = true\n")
	nic, attacker := plug(t, nicProgram(), alice, hold(t, alice), "br0", "eth0")
	_, other := plug(t, nicProgram(), bob, hold(t, bob), "br0", "eth0")
	s := &scene{attacker: attacker, gateway: other, nic: nic}
	s.reach(t, attacker, other)
	address := ""
	until(t, "the bridge has its link-local address", func() bool {
		words := strings.Fields(sh(t, "ip -6 address show dev br0 scope link | grep inet6 || true"))
		if len(words) > 1 {
			address, _, _ = strings.Cut(words[1], "/")
		}
		return address != ""
	})
	marker := marked()
	if s.arrives(t, to6(s, s.link(), 58, advertisement(net.ParseIP(address), true, marker)), marker) {
		t.Error("it claims", address)
	}
}

// TestNoneAddress: without a bridge the host is the peer, and its table of neighbours has what a container asks it under: with
// address_guard the container's own address alone.
func TestNoneAddress(t *testing.T) {
	for policy, believed := range map[string]bool{"": true, "[bridge.none]\n" + addressGuard: false} {
		network(t)
		setPolicy(t, policy)
		nic, attacker := plug(t, nicProgram(), alice, hold(t, alice), "none", "eth0")
		sh(t, "ip address add %s/24 dev %s", bridgeIP4, nic)
		s := &scene{attacker: attacker, nic: nic}
		until(t, "the host knows the container", func() bool {
			attacker.send(t, arp(s, 1, neighbourIP4, bridgeIP4, nil), arp(s, 1, ownIP4, bridgeIP4, nil))
			return strings.Contains(sh(t, "ip neigh show dev %s", nic), ownIP4.String()+" ")
		})
		if table := sh(t, "ip neigh show dev %s", nic); strings.Contains(table, neighbourIP4.String()+" ") != believed {
			t.Errorf("%q: %s", policy, table)
		}
	}
}
