//go:build system

package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// full has every protection of a bridge on.
const full = "[bridge.br0]\nmac_lock = true\nisolated = true\nunicast_flood = false\nrouter_guard = true\nrate_to_container = \"50mbit\"\n"

// TestGenuine: with everything on, containers and the gateway reach each other as they should.
func TestGenuine(t *testing.T) {
	s := newScene(t, nicProgram(), full) // which lets everybody speak with the gateway
	for _, station := range []station{s.attacker, s.neighbour} {
		for _, hears := range []func([]byte) bool{
			func(marker []byte) bool {
				return s.passes(t, station, s.gateway, ethernet(everybody, station.mac, typeLocal, marker), marker)
			},
			func(marker []byte) bool {
				return s.passes(t, s.gateway, station, ethernet(everybody, s.gateway.mac, typeLocal, marker), marker)
			},
		} {
			until(t, "a broadcast", func() bool { return hears(marked()) })
		}
	}
}

// TestGone: what protects goes with the device, and leaves nothing.
func TestGone(t *testing.T) {
	state := func() string {
		return sh(t, "bridge fdb show | grep -v 33:33: | grep -v 01:00:5e | sort; tc qdisc show | sed 's/ [0-9a-f]*:/ /' | sort; ls /sys/class/net")
	}
	network(t)
	setPolicy(t, full)
	before := state()
	pid := hold(t, alice)
	nic, s := plug(t, nicProgram(), alice, pid, "br0", "eth0")
	with := state()
	for _, part := range []string{s.mac.String() + " dev " + nic + " sticky master br0 static", "clsact  dev " + nic, "tbf  dev " + nic} {
		if !strings.Contains(with, part) {
			t.Errorf("%q is not there:\n%s", part, with)
		}
	}
	if a := callAs(alice, nicProgram(), "delete", "/dev/null", "c", pidPath(pid), "veth", "br0", nic); !a.ok {
		t.Fatal(a.text)
	}
	if after := state(); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func pidPath(pid int) string { return filepath.Join("/proc", itoa(pid), "ns/net") }

// TestStable: the address is the same each time, or another one each time.
func TestStable(t *testing.T) {
	for policy, same := range map[string]bool{"": true, "[defaults]\nstable_mac = false\n": false, "[defaults]\nstable_mac = false\nmac_lock = true\n": false} {
		network(t)
		setPolicy(t, policy)
		var macs []string
		for range 2 {
			nic, s := plug(t, nicProgram(), alice, hold(t, alice), "br0", "eth0")
			macs = append(macs, s.mac.String())
			sh(t, "ip link del %s", nic)
		}
		if (macs[0] == macs[1]) != same {
			t.Errorf("%q: %v", policy, macs)
		}
	}
}

// TestGuardOff: what is built in can be switched off, for one user.
func TestGuardOff(t *testing.T) {
	s := newScene(t, nicProgram(), "[[rule]]\nuser = \"alice\"\nbridge = \"br0\"\nbpdu_guard = false\n")
	if !becomesRoot(t, s) {
		t.Error("the guard is on")
	}
}

// TestPinned: an address that the bridge has for good, or has learned behind something that is no container, is nobody's to
// take: alice's container would have it by its name, and gets another one.
func TestPinned(t *testing.T) {
	network(t)
	setPolicy(t, "[defaults]\nmac_lock = true\n")
	pid := hold(t, alice)
	nic, s := plug(t, nicProgram(), alice, pid, "br0", "eth0")
	sh(t, "ip link del %s", nic)
	for name, taken := range map[string]struct {
		by   func()
		free bool
	}{
		"the bridge's own":  {by: func() { sh(t, "ip link set br0 address %s", s.mac) }},
		"put there by root": {by: func() { tap(t, "up0"); sh(t, "bridge fdb add %s dev up0 master static", s.mac) }},
		"learned behind a tap": {by: func() {
			_, err := tap(t, "up0").Write(ethernet(everybody, s.mac, typeLocal, marked()))
			must(t, err)
		}},
		"learned behind a container": {free: true, by: func() {
			sh(t, "ip link add up0 type veth peer name up1 && ip link set up1 up && ip link set up0 master br0 up")
			until(t, "the port forwards", func() bool { return strings.Contains(sh(t, "bridge link show dev up0"), "state forwarding") })
			up := open(t, os.Getpid(), "up1")
			up.send(t, ethernet(everybody, s.mac, typeLocal, marked()))
		}},
	} {
		taken.by()
		until(t, name, func() bool { return strings.Contains(sh(t, "bridge fdb show br br0"), s.mac.String()) })
		nic, other := plug(t, nicProgram(), alice, pid, "br0", "eth0")
		if same := other.mac.String() == s.mac.String(); same != taken.free {
			t.Errorf("%s: %s, before %s", name, other.mac, s.mac)
		}
		sh(t, "ip link del %s; [ ! -e /proc/sys/net/ipv4/conf/up0 ] || ip link del up0; ip link set br0 address 02:00:00:00:01:00", nic)
	}
}

// tap makes a port of br0 that is no container's: what is written into it comes in there.
func tap(t testing.TB, name string) *os.File {
	t.Helper()
	fd, err := unix.Open("/dev/net/tun", unix.O_RDWR|unix.O_CLOEXEC, 0)
	must(t, err)
	file := os.NewFile(uintptr(fd), name)
	t.Cleanup(func() { _ = file.Close() })
	request, err := unix.NewIfreq(name)
	must(t, err)
	request.SetUint16(unix.IFF_TAP | unix.IFF_NO_PI)
	must(t, unix.IoctlIfreq(fd, unix.TUNSETIFF, request))
	sh(t, "ip link set %s master br0 up", name)
	until(t, "the port forwards", func() bool { return strings.Contains(sh(t, "bridge link show dev %s", name), "state forwarding") })
	return file
}

// TestVLAN: a bridge that filters gets the port into its VLAN and out of the one that ports start in; any other bridge, and
// a kernel without VLANs for bridges, refuse.
func TestVLAN(t *testing.T) {
	network(t)
	setPolicy(t, "# a VLAN\n[bridge.br0]\nvlan = 10\n")
	pid := hold(t, alice)
	before := interfaces(t)
	a := create(nicProgram(), alice, pid, "br0", "eth0")
	if a.ok || !strings.Contains(a.text, "No interface without vlan") || !strings.Contains(a.text, "policy.toml line 3") {
		t.Error(a.text)
	}
	if after := interfaces(t); len(after) != len(before) {
		t.Error(after)
	}
	if os.WriteFile("/sys/class/net/br0/bridge/vlan_filtering", []byte("1"), 0) != nil {
		if !strings.Contains(a.text, "CONFIG_BRIDGE_VLAN_FILTERING") {
			t.Error("the kernel has no VLANs for bridges, and the refusal does not say so: ", a.text)
		}
		t.Log("this kernel has no VLANs for bridges: the refusal is what was seen")
		return
	}
	nic, _ := plug(t, nicProgram(), alice, pid, "br0", "eth0")
	if got := strings.Fields(sh(t, "bridge vlan show dev %s | tail -n +2", nic)); strings.Join(got[1:], " ") != "10 PVID Egress Untagged" {
		t.Error(got)
	}
}

// TestMistakes: a policy that cannot be followed makes no interface, and says where it is wrong. It is none of the map
// programs' business, which do not read it.
func TestMistakes(t *testing.T) {
	network(t)
	pid := hold(t, alice)
	for _, c := range []struct {
		file harness.File
		nic  string // "": granted
	}{
		{harness.File{Text: "[defaults]\nmac_lok = true\n"}, "policy.toml line 2: mac_lok is not a key"},
		{harness.File{Text: "[defaults]\nmac_lock = 1\n"}, "line 2: mac_lock must be true or false"},
		{harness.File{Text: "[default]\n"}, `line 1: unknown table or key "default"`},
		{harness.File{Text: "[idmap]\nforbidden_host_ids = [\"0-999\"]\n"}, "line 2: forbidden_host_ids is not for this file: IDs that are never mapped are listed in " + forbiddenPath},
		{harness.File{Text: "[limits]\nforbidden_host_ids = [\n\"0-999\"\n]\n"}, "line 2: forbidden_host_ids is not for this file"},
		{harness.File{Text: "[defaults]\n", Mode: 0o666}, "is writable by group or others"},
		{harness.File{Text: "[defaults]\n", UID: 1501}, "is owned by uid 1501"},
		{harness.File{Text: "[defaults"}, "line 1: not a table header"},
	} {
		must(t, os.RemoveAll(policyPath))
		must(t, c.file.Put(policyPath))
		a := create(nicProgram(), alice, pid, "br0", "eth0")
		judge(t, c.file.Text, a, c.nic)
		for _, name := range interfaces(t) {
			if strings.HasPrefix(name, "veth") {
				if c.nic != "" {
					t.Errorf("%q: %s is there", c.file.Text, name)
				}
				sh(t, "ip link del %s", name)
			}
		}
		mapped(t, c.file.Text, "10", "5", "")
	}
}

// TestForbidden: a list of ids that is not understood, or not root's, lets nobody map another id than their own; and
// lxc-user-nic does not read it.
func TestForbidden(t *testing.T) {
	network(t)
	setPolicy(t, "")
	defer os.Remove(forbiddenPath)
	pid := hold(t, alice)
	for _, c := range []struct {
		file    harness.File
		mapping string // "": granted
	}{
		{harness.File{Text: "x\n"}, `line 1: "x" is not an ID`},
		{harness.File{Text: "# IDs\n0-999\n"}, " line 2 forbids [0-1000) to everybody"},
		{harness.File{Text: "0-4\n"}, ""},
		{harness.File{Text: "0-4\n", Mode: 0o666}, "is writable by group or others"},
		{harness.File{Text: "0-4\n", UID: 1501}, "is owned by uid 1501"},
		{harness.File{Text: "[idmap]\nforbidden_host_ids = [\"0-4\"]\n"}, "line 1: "},
	} {
		must(t, os.RemoveAll(forbiddenPath))
		must(t, c.file.Put(forbiddenPath))
		mapped(t, c.file.Text, "10", "5", c.mapping)
		mapped(t, "own id "+c.file.Text, "1501", "1", "")
		judge(t, c.file.Text, create(nicProgram(), alice, pid, "br0", "eth0"), "")
		for _, name := range interfaces(t) {
			if strings.HasPrefix(name, "veth") {
				sh(t, "ip link del %s", name)
			}
		}
	}
}

// mapped asks both map programs for ids of alice, each in a new namespace, and compares with what they must say; "" is a
// grant.
func mapped(t testing.TB, of, lower, count, want string) {
	t.Helper()
	for _, program := range []string{"newuidmap", "newgidmap"} {
		target, err := harness.Hold(alice.owner(), "unshare", "-U", "cat")
		must(t, err)
		judge(t, program+" "+of, callAs(alice, filepath.Join(*ours, program), itoa(target.PID), "0", lower, count), want)
		target.Release()
	}
}

// TestAlternativeName: another name of a bridge is no way around what is said of the bridge.
func TestAlternativeName(t *testing.T) {
	network(t)
	setPolicy(t, full)
	sh(t, "ip link property add dev br0 altname ovs0") // which alice has a line for
	judge(t, "ovs0", create(nicProgram(), alice, hold(t, alice), "ovs0", "eth0"), `it is an alternative name of "br0"`)
}

// judge compares an answer with what it must say; "" is a grant.
func judge(t testing.TB, of string, a answer, want string) {
	t.Helper()
	if a.ok != (want == "") || !strings.Contains(a.text, want) {
		t.Errorf("%q: %v %s, want %q", of, a.ok, a.text, want)
	}
}

// TestOpenVSwitch: what is done there is in the port's record before it carries a frame; the rest is refused.
func TestOpenVSwitch(t *testing.T) {
	network(t)
	sh(t, "ovs-vsctl --may-exist add-br ovs0 -- set bridge ovs0 datapath_type=netdev && ip link set ovs0 up")
	defer sh(t, "ovs-vsctl del-br ovs0")
	pid := hold(t, alice)
	setPolicy(t, "[bridge.ovs0]\nisolated = true\nvlan = 12\n")
	nic, _ := plug(t, nicProgram(), alice, pid, "ovs0", "eth0")
	got := sh(t, "ovs-vsctl get Port %s protected tag other_config", nic)
	if want := "true\n12\n{rstp-enable=\"false\", stp-enable=\"false\"}\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	for _, key := range []string{"mac_lock = true", "unicast_flood = false", "frame_guard = true", "router_guard = true", `rate_to_container = "1mbit"`} {
		setPolicy(t, "[bridge.ovs0]\n"+key+"\n")
		name, _, _ := strings.Cut(key, " ")
		judge(t, key, create(nicProgram(), alice, pid, "ovs0", "eth1"), "No interface without "+name)
	}
	if ports := sh(t, "ovs-vsctl list-ports ovs0"); strings.TrimSpace(ports) != nic {
		t.Error(ports)
	}
}
