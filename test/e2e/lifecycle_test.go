//go:build system

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// A container is made, started, used and stopped, twice; its address comes by DHCP.
func TestLifecycle(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	leases := serveDHCP(t, "br0", "10.40.0.10", "10.40.0.99")
	anna := newUser(t, "life-anna")
	usernet(t, "life-anna veth br0 1")
	c := anna.create(t, "web", true, nic(0, "br0")...)
	for range 2 {
		c.start(t)
		wantMap(t, c)
		check(t, strings.TrimSpace(c.attach(t, "id", "-u")) == "0", "the user is root in the container")
		address := waitForAddress(t, c)
		c.ping(t, "10.40.0.1")
		host(t, "busybox", "ping", "-c", "1", "-w", "5", address)
		if names := ports(t, "br0"); len(names) != 1 || !strings.HasPrefix(names[0], fmt.Sprintf("veth%d_", anna.uid)) {
			t.Errorf("ports of br0: %q, want one veth%d_XXXX", names, anna.uid)
		} else {
			check(t, strings.Contains(strings.Join(ledger(t), "\n"), "life-anna veth br0 "+names[0]), "the ledger has a row for "+names[0])
		}
		c.stop(t)
		eventually(t, "br0 has no port", func() bool { return len(ports(t, "br0")) == 0 })
	}
	text, err := os.ReadFile(leases)
	check(t, err == nil && strings.Count(string(text), "\n") == 1, fmt.Sprintf("two starts took one DHCP lease:\n%s", text),
		"the container's MAC is random, each start takes a lease (rootlesskit#61)")
	anna.must(t, "lxc-destroy", "--name", "web")
}

// wantMap fails the case unless the container's ids are the owner's subordinate ids.
func wantMap(t *testing.T, c container) {
	t.Helper()
	for _, kind := range []string{"uid_map", "gid_map"} {
		text, err := os.ReadFile("/proc/" + c.pid(t) + "/" + kind)
		want := fmt.Sprintf("0 %d 65536", c.owner.first)
		if got := strings.Join(strings.Fields(string(text)), " "); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", kind, got, err, want)
		}
	}
}

// waitForAddress returns the container's IPv4 address.
func waitForAddress(t *testing.T, c container) string {
	t.Helper()
	var address string
	eventually(t, "the container has an address", func() bool {
		text, err := c.owner.run(t, "lxc-info", "--name", c.name, "--ips", "--no-humanize")
		for _, line := range strings.Fields(text) {
			if strings.HasPrefix(line, "10.") {
				address = line
			}
		}
		return err == nil && address != ""
	})
	return address
}

// Two users on two bridges: each starts on both, and they reach each other.
func TestTwoUsersTwoBridges(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	bridge(t, "br1", "10.41.0.1/24")
	anna, ben := newUser(t, "two-anna"), newUser(t, "two-ben")
	usernet(t, "two-anna veth br0 2", "two-anna veth br1 2", "two-ben veth br0 2", "two-ben veth br1 2")
	for i, u := range []user{anna, ben} {
		for j := range 2 {
			c := u.create(t, fmt.Sprintf("on-br%d", j), false, nic(0, fmt.Sprintf("br%d", j))...)
			c.start(t)
			wantMap(t, c)
			c.address(t, "eth0", fmt.Sprintf("10.4%d.0.%d/24", j, 2+i))
			c.ping(t, fmt.Sprintf("10.4%d.0.1", j))
		}
	}
	container{ben, "on-br0"}.ping(t, "10.40.0.2")
	container{ben, "on-br1"}.ping(t, "10.41.0.2")
	check(t, len(ports(t, "br0")) == 2 && len(ports(t, "br1")) == 2, "each bridge has two ports")
	container{anna, "on-br0"}.kill(t)
	eventually(t, "anna's nic is gone from br0", func() bool { return len(ports(t, "br0")) == 1 })
	container{ben, "on-br0"}.ping(t, "10.40.0.1")
}

// A container that reboots gets its nic again, although the old one dies on its own time and the quota is one. Debian's
// program refuses it or not, as that race goes (seen: "Quota reached" in one of six runs), so there the quota is two.
func TestReboot(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	anna := newUser(t, "boot-anna")
	quota := map[string]string{ours: "1", debian: "2"}[*programsFlag]
	usernet(t, "boot-anna veth br0 "+quota)
	c := anna.create(t, "web", false, nic(0, "br0")...)
	for range 3 {
		c.start(t)
		before := c.pid(t)
		// The first process of a container never gets a signal that it is not prepared for, and lxc-start does not wait for
		// that. Busybox starts its children after it.
		eventually(t, "init has children", func() bool { return exec.Command("pgrep", "--parent", before).Run() == nil })
		anna.must(t, "lxc-stop", "--name", "web", "--reboot")
		eventually(t, "the container runs again", func() bool {
			text, err := anna.run(t, "lxc-info", "--name", "web", "--pid", "--no-humanize")
			now := strings.TrimSpace(text)
			return err == nil && now != "" && now != before && strings.Contains(c.attach(t, "ip", "-o", "link"), "eth0")
		})
		c.kill(t)
		eventually(t, "br0 has no port", func() bool { return len(ports(t, "br0")) == 0 })
	}
}
