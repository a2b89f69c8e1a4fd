//go:build system

package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// The name in the container comes from its configuration.
func TestNicName(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	anna := newUser(t, "name-anna")
	usernet(t, "name-anna veth br0 1")
	c := anna.create(t, "web", false, nic(0, "br0", "name = wan0")...)
	c.start(t)
	names := links(c.attach(t, "ip", "-o", "link"))
	check(t, strings.Join(names, " ") == "lo wan0", "the container has lo and wan0: "+strings.Join(names, " "))
	c.address(t, "wan0", "10.40.0.2/24")
	c.ping(t, "10.40.0.1")
}

// Two nics in one container, on two bridges.
func TestTwoNics(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	bridge(t, "br1", "10.41.0.1/24")
	anna := newUser(t, "nics-anna")
	// Two each: Debian's program counts the nics of both bridges together.
	usernet(t, "nics-anna veth br0 2", "nics-anna veth br1 2")
	c := anna.create(t, "web", false, append(nic(0, "br0"), nic(1, "br1", "name = inner")...)...)
	for range 2 {
		c.start(t)
		names := links(c.attach(t, "ip", "-o", "link"))
		check(t, strings.Join(names, " ") == "lo eth0 inner", "the container has lo, eth0 and inner: "+strings.Join(names, " "))
		c.address(t, "eth0", "10.40.0.2/24")
		c.address(t, "inner", "10.41.0.2/24")
		c.ping(t, "10.40.0.1")
		c.ping(t, "10.41.0.1")
		c.kill(t)
		eventually(t, "both bridges have no port", func() bool { return len(ports(t, "br0"))+len(ports(t, "br1")) == 0 })
	}
}

// Without lxc.net.0.link the nic is on no bridge: bridge none in lxc-usernet.
func TestNoBridge(t *testing.T) {
	anna := newUser(t, "none-anna")
	usernet(t, "none-anna veth none 1")
	c := anna.create(t, "web", false, nic(0, "")...)
	c.start(t)
	names := links(host(t, "ip", "-oneline", "link", "show", "type", "veth"))
	if len(names) != 1 {
		t.Fatalf("veths of the machine: %q, want one", names)
	}
	check(t, !strings.Contains(host(t, "ip", "link", "show", names[0]), "master"), names[0]+" is on no bridge")
	off, err := os.ReadFile("/proc/sys/net/ipv6/conf/" + names[0] + "/disable_ipv6")
	check(t, err == nil && strings.TrimSpace(string(off)) == "1", "IPv6 is off on "+names[0],
		"the host end takes router advertisements from the container")
	host(t, "ip", "address", "add", "10.42.0.1/24", "dev", names[0])
	c.address(t, "eth0", "10.42.0.2/24")
	c.ping(t, "10.42.0.1")
	refused(t, anna.create(t, "more", false, nic(0, "")...), "Quota reached")
	c.kill(t)
	eventually(t, "the veth is gone", func() bool { return len(links(host(t, "ip", "-o", "link", "show", "type", "veth"))) == 0 })
}

// A bridge of Open vSwitch. Its port outlives the nic, so LXC has it deleted by lxc-user-nic.
func TestOpenVSwitch(t *testing.T) {
	startOpenVSwitch(t)
	host(t, "ovs-vsctl", "add-br", "ovs0", "--", "set", "bridge", "ovs0", "datapath_type=netdev")
	host(t, "ip", "address", "add", "10.43.0.1/24", "dev", "ovs0")
	host(t, "ip", "link", "set", "ovs0", "up")
	anna := newUser(t, "ovs-anna")
	usernet(t, "ovs-anna veth ovs0 1")
	c := anna.create(t, "web", false, nic(0, "ovs0")...)
	for i := range 2 {
		startSoon(t, c)
		names := strings.Fields(host(t, "ovs-vsctl", "list-ports", "ovs0"))
		check(t, len(names) == 1 && strings.HasPrefix(names[0], "veth"), "ovs0 has one port: "+strings.Join(names, " "))
		// Another address each time: the machine remembers the first one's MAC, which Debian's program does not keep.
		c.address(t, "eth0", fmt.Sprintf("10.43.0.%d/24", 2+i))
		c.ping(t, "10.43.0.1")
		c.stop(t)
		eventually(t, "ovs0 has no port", func() bool { return strings.TrimSpace(host(t, "ovs-vsctl", "list-ports", "ovs0")) == "" })
	}
}

// startOpenVSwitch starts its two daemons until the case ends.
func startOpenVSwitch(t *testing.T) {
	t.Helper()
	folder := t.TempDir()
	if err := os.MkdirAll("/run/openvswitch", 0o755); err != nil {
		t.Fatal(err)
	}
	host(t, "ovsdb-tool", "create", folder+"/conf.db", "/usr/share/openvswitch/vswitch.ovsschema")
	host(t, "ovsdb-server", folder+"/conf.db", "--remote=punix:/run/openvswitch/db.sock", "--pidfile", "--detach", "--log-file="+folder+"/ovsdb.log")
	t.Cleanup(func() { host(t, "ovs-appctl", "-t", "ovsdb-server", "exit") })
	host(t, "ovs-vsctl", "--no-wait", "init")
	host(t, "ovs-vswitchd", "--pidfile", "--detach", "--log-file="+folder+"/vswitchd.log")
	t.Cleanup(func() { host(t, "ovs-appctl", "exit", "--cleanup") })
}
