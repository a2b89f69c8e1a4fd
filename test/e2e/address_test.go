//go:build system

package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// sharedHost sets a bridge up as docs/shared-host.md says: an address for each container, which dnsmasq learns from
// lxc-user-nic.
func sharedHost(t *testing.T, rules string) (leases string) {
	t.Helper()
	const hosts, policy = "/run/lxc/dhcp-hosts", "/etc/userns-helpers/policy.toml"
	bridge(t, "br0", "10.40.0.1/24")
	text := "[bridge.br0]\nmac_lock = true\nisolated = true\nframe_guard = true\nrouter_guard = true\naddress_guard = true\n" +
		"addresses = [\"10.40.0.64/26\"]\ndhcp_hosts = true\n" + rules
	if err := os.MkdirAll(filepath.Dir(policy), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(policy, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(policy) })
	host(t, "groupadd", "--system", "--force", "dnsmasq")
	host(t, "mkdir", "-p", "-m", "755", "/run/lxc")
	host(t, "install", "-d", "-m", "2750", "-g", "dnsmasq", hosts)
	leases = "/run/shared.leases"
	_ = os.Remove(leases)
	command := exec.Command("dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--port=0", "--bind-interfaces", "--interface=br0",
		"--dhcp-range=10.40.0.0,static", "--dhcp-leasefile="+leases, "--user=dnsmasq", "--group=dnsmasq", "--dhcp-hostsdir="+hosts)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return leases
}

// recorded is the address that usernsctl shows for a container of a user.
func recorded(t *testing.T, c container) string {
	t.Helper()
	var view struct {
		Interfaces []struct{ User, Container, Address string } `json:"interfaces"`
	}
	text := host(t, filepath.Join(*oursFlag, "usr/sbin/usernsctl"), "nics", "--json")
	if err := json.Unmarshal([]byte(text), &view); err != nil {
		t.Fatal(err, text)
	}
	for _, nic := range view.Interfaces {
		if nic.User == c.owner.name && nic.Container == c.name {
			return nic.Address
		}
	}
	t.Fatalf("usernsctl does not show %s of %s: %s", c.name, c.owner.name, text)
	return ""
}

// TestSharedHost: containers of two users get their addresses by DHCP, the same after a restart, and can send under no other.
func TestSharedHost(t *testing.T) {
	if *programsFlag == debian {
		t.Log("Debian's programs have no policy: this is about ours")
		return
	}
	usernet(t, "shared-anna veth br0 3", "shared-ben veth br0 3")
	leases := sharedHost(t, "[[rule]]\nuser = \"shared-ben\"\ncontainer = \"fixed\"\naddress = \"10.40.0.70\"\n")
	anna, ben := newUser(t, "shared-anna"), newUser(t, "shared-ben")
	web := anna.create(t, "web", true, nic(0, "br0")...)
	other := ben.create(t, "web", true, nic(0, "br0")...)
	fixed := ben.create(t, "fixed", false, nic(0, "br0", "ipv4.address = 10.40.0.70/24")...)
	for _, c := range []container{web, other, fixed} {
		c.start(t)
	}
	first, second := waitForAddress(t, web), waitForAddress(t, other)
	check(t, first != second && first == recorded(t, web) && second == recorded(t, other), "each has its own address by DHCP: "+first+", "+second)
	check(t, recorded(t, fixed) == "10.40.0.70", "the address of its configuration is its own")
	for _, c := range []container{web, other, fixed} {
		c.ping(t, "10.40.0.1")
	}
	web.kill(t) // gives no lease back
	web.start(t)
	again := waitForAddress(t, web)
	check(t, again == first, "the same after a restart: "+again)
	web.address(t, "eth0", second+"/24")
	if _, err := anna.run(t, "lxc-attach", "--name", "web", "--", "ping", "-c", "1", "-w", "2", "-I", second, "10.40.0.1"); err == nil {
		t.Error("a container sends under its neighbour's address")
	}
	web.ping(t, "10.40.0.1")
	text, err := os.ReadFile(leases)
	check(t, err == nil && strings.Count(string(text), "\n") == 2, "one lease for each container that asks:\n"+string(text))
	for _, c := range []container{web, other, fixed} {
		c.kill(t)
	}
}
