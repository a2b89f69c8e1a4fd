//go:build system

package e2e

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// A host whose first process set no_new_privs: no setuid bit counts, of nobody. A container starts with its network, over both
// sockets of the service, and stops, and leaves nothing; once on a Linux bridge with an address by DHCP, once on a bridge of Open
// vSwitch, whose port LXC has lxc-user-nic delete.
func TestNoNewPrivileges(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	serveDHCP(t, "br0", "10.40.0.10", "10.40.0.99")
	startOpenVSwitch(t)
	host(t, "ovs-vsctl", "add-br", "ovs0", "--", "set", "bridge", "ovs0", "datapath_type=netdev")
	host(t, "ip", "address", "add", "10.43.0.1/24", "dev", "ovs0")
	host(t, "ip", "link", "set", "ovs0", "up")
	anna := newUser(t, "nnp-anna")
	usernet(t, "nnp-anna veth br0 1", "nnp-anna veth ovs0 1")
	// Everything from here on is started by this thread, which ends with the test.
	runtime.LockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		t.Fatal(err)
	}
	serve := func(role string) {
		harness.Serve(t, *oursFlag+"/usr/libexec/userns-helpers/userns-helperd", "/run/userns-helpers/"+role+".sock", role)
	}
	serve("maps")
	c := anna.create(t, "web", true, nic(0, "br0")...)
	refused(t, c, "nothing listens on /run/userns-helpers/nics.sock")
	serve("nics")
	for range 2 {
		c.start(t)
		wantMap(t, c)
		status, err := os.ReadFile("/proc/" + c.pid(t) + "/status")
		check(t, err == nil && strings.Contains(string(status), "NoNewPrivs:\t1"), "the container is under no_new_privs")
		waitForAddress(t, c)
		c.ping(t, "10.40.0.1")
		names := ports(t, "br0")
		if len(names) != 1 || !strings.HasPrefix(names[0], fmt.Sprintf("veth%d_", anna.uid)) || !strings.Contains(strings.Join(ledger(t), "\n"), "nnp-anna veth br0 "+names[0]) {
			t.Errorf("ports of br0: %q, ledger %q", names, ledger(t))
		}
		refused(t, anna.create(t, "more", false, nic(0, "br0")...), "Quota reached")
		anna.must(t, "lxc-destroy", "--name", "more")
		c.stop(t)
		eventually(t, "br0 has no port", func() bool { return len(ports(t, "br0")) == 0 })
	}
	s := anna.create(t, "switched", false, nic(0, "ovs0")...)
	s.start(t)
	names := strings.Fields(host(t, "ovs-vsctl", "list-ports", "ovs0"))
	check(t, len(names) == 1 && strings.HasPrefix(names[0], "veth"), "ovs0 has one port: "+strings.Join(names, " "))
	s.address(t, "eth0", "10.43.0.2/24")
	s.ping(t, "10.43.0.1")
	s.stop(t)
	eventually(t, "ovs0 has no port", func() bool { return strings.TrimSpace(host(t, "ovs-vsctl", "list-ports", "ovs0")) == "" })
	check(t, len(links(host(t, "ip", "-o", "link", "show", "type", "veth"))) == 0, "no veth is left")
	check(t, !strings.Contains(strings.Join(ledger(t), "\n"), "ovs0"), "the ledger has no row for ovs0")
}
