//go:build system

package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// container is a busybox container of a user.
type container struct {
	owner user
	name  string
}

// nic is the configuration of one network interface, the number-th of a container, on bridge ("": no bridge).
func nic(number int, bridge string, more ...string) []string {
	prefix := fmt.Sprintf("lxc.net.%d.", number)
	lines := []string{prefix + "type = veth", prefix + "flags = up"}
	if bridge != "" {
		lines = append(lines, prefix+"link = "+bridge)
	}
	for _, line := range more {
		lines = append(lines, prefix+line)
	}
	return lines
}

// create makes a container with lxc-create. Unless its address comes by DHCP its start-up script asks for none.
func (u user) create(t *testing.T, name string, dhcp bool, lines ...string) container {
	t.Helper()
	config := append([]string{
		fmt.Sprintf("lxc.idmap = u 0 %d 65536", u.first), fmt.Sprintf("lxc.idmap = g 0 %d 65536", u.first),
		"lxc.apparmor.profile = unconfined",
	}, lines...)
	file := filepath.Join(u.home(), name+".conf")
	if err := os.WriteFile(file, []byte(strings.Join(config, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	u.must(t, "lxc-create", "--name", name, "--config", file, "--template", "busybox")
	if !dhcp {
		start := filepath.Join(u.home(), ".local/share/lxc", name, "rootfs/etc/init.d/rcS")
		if err := os.WriteFile(start, []byte("#!/bin/sh\n/bin/mount -a\n"), 0o744); err != nil {
			t.Fatal(err)
		}
	}
	return container{u, name}
}

func (c container) log() string { return filepath.Join(c.owner.home(), c.name+".log") }

// tryStart starts the container. Where that fails the error says what LXC logged.
func (c container) tryStart(t *testing.T) error {
	t.Helper()
	_ = os.Remove(c.log())
	text, err := c.owner.run(t, "lxc-start", "--name", c.name, "--logfile", c.log(), "--logpriority", "TRACE")
	if err == nil {
		return nil
	}
	log, _ := os.ReadFile(c.log())
	said := regexp.MustCompile(`(?m)^.*( ERROR |lxc-user-nic create|new[ug]idmap failed).*$`).FindAllString(string(log), -1)
	return fmt.Errorf("lxc-start %s: %w\n%s%s", c.name, err, text, strings.Join(said, "\n"))
}

func (c container) start(t *testing.T) {
	t.Helper()
	if err := c.tryStart(t); err != nil {
		t.Fatal(err)
	}
}

// kill ends the container at once; stop asks its init.
func (c container) kill(t *testing.T) {
	t.Helper()
	c.owner.must(t, "lxc-stop", "--name", c.name, "--kill")
}

func (c container) stop(t *testing.T) {
	t.Helper()
	c.owner.must(t, "lxc-stop", "--name", c.name, "--timeout", "20")
}

// pid is the container's init, as the machine sees it.
func (c container) pid(t *testing.T) string {
	t.Helper()
	return strings.TrimSpace(c.owner.must(t, "lxc-info", "--name", c.name, "--pid", "--no-humanize"))
}

// attach runs a command in the container.
func (c container) attach(t *testing.T, argv ...string) string {
	t.Helper()
	return c.owner.must(t, append([]string{"lxc-attach", "--name", c.name, "--"}, argv...)...)
}

// address gives an interface of the container an address.
func (c container) address(t *testing.T, device, address string) {
	t.Helper()
	c.attach(t, "ip", "address", "add", address, "dev", device)
}

// ping fails the case unless the container reaches address.
func (c container) ping(t *testing.T, address string) {
	t.Helper()
	c.attach(t, "ping", "-c", "1", "-w", "5", address)
}

// bridge makes a Linux bridge with an address. Its MAC is fixed, as lxc-net's is: else it follows its ports.
func bridge(t *testing.T, name, address string) {
	t.Helper()
	host(t, "ip", "link", "add", name, "address", "02:00:00:00:00:0"+name[len(name)-1:], "type", "bridge")
	t.Cleanup(func() { host(t, "ip", "link", "del", name) })
	host(t, "ip", "address", "add", address, "dev", name)
	host(t, "ip", "link", "set", name, "up")
}

// serveDHCP gives out addresses on a bridge, as lxc-net does. leases is the file that it keeps.
func serveDHCP(t *testing.T, bridge, first, last string) (leases string) {
	t.Helper()
	leases = filepath.Join("/run", bridge+".leases")
	_ = os.Remove(leases) // of an earlier case
	command := exec.Command("dnsmasq", "--conf-file=/dev/null", "--keep-in-foreground", "--port=0", "--bind-interfaces",
		"--interface="+bridge, "--dhcp-range="+first+","+last, "--dhcp-leasefile="+leases, "--user=root", "--dhcp-option=option:dns-server,0.0.0.0")
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return leases
}

// ports returns the names of a Linux bridge's ports.
func ports(t *testing.T, bridge string) []string {
	t.Helper()
	return links(host(t, "ip", "-oneline", "link", "show", "master", bridge))
}

var linkName = regexp.MustCompile(`(?m)^\d+: ([^:@]+)`)

// links returns the interface names in what `ip -oneline link` prints.
func links(text string) []string {
	var names []string
	for _, match := range linkName.FindAllStringSubmatch(text, -1) {
		names = append(names, match[1])
	}
	return names
}

// usernet makes lines the content of /etc/lxc/lxc-usernet, and forgets the interfaces of earlier cases.
func usernet(t *testing.T, lines ...string) {
	t.Helper()
	if err := os.RemoveAll("/run/lxc"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("/etc/lxc/lxc-usernet", []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// ledger returns the rows of /run/lxc/nics, and fails the case when there is none.
func ledger(t *testing.T) []string {
	t.Helper()
	text, err := os.ReadFile("/run/lxc/nics")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}
