//go:build system

package packages

import (
	"strings"
	"testing"
)

func wants(t *testing.T, text, part string) {
	t.Helper()
	if !strings.Contains(text, part) {
		t.Errorf("%q is not in: %s", part, text)
	}
}

// TestOverride has an administrator who lets one group alone call newuidmap: no file of ours is ever open to others.
func TestOverride(t *testing.T) {
	m := withTheirs(t)
	m.run(t, "dpkg-statoverride", "--update", "--add", "root", "games", "4750", "/usr/bin/newuidmap")
	m.run(t, "dpkg-statoverride", "--update", "--add", "root", "root", "755", "/usr/bin/newgidmap")
	others := publicPrograms[2:]
	right := func() {
		t.Helper()
		m.leadsToOurs(t)
		m.expect(t, private+"newuidmap", "4750 0:60")
		m.expect(t, private+"newgidmap", "755 0:0")
		m.expect(t, private+"lxc-user-nic", "4755 0:0")
	}
	m.watched(t, others, func() { m.dpkg(t, "--unpack", debs.ours) })
	m.expect(t, strings.TrimSuffix(private, "/"), "700 0:0")
	m.watched(t, others, func() { m.dpkg(t, "--configure", "userns-helpers") })
	right()
	m.watched(t, others, func() { m.dpkg(t, "--unpack", debs.oursNext) })
	m.expect(t, strings.TrimSuffix(private, "/"), "700 0:0")
	m.expect(t, standby+"/newuidmap", "4750 0:60")
	m.watched(t, others, func() { m.dpkg(t, "--configure", "userns-helpers") })
	right()
	m.watched(t, others, func() { m.run(t, "userns-helpers-privilege", "capabilities") })
	m.expect(t, private+"newuidmap", "750 0:60")
	if said := m.run(t, "userns-helpers-privilege"); said != "newuidmap: capabilities\nnewgidmap: none\nlxc-user-nic: setuid" {
		t.Errorf("a program that was closed got a privilege: %q", said)
	}
	m.watched(t, others, func() { m.run(t, "userns-helpers-privilege", "setuid") })
	right()
	m.watched(t, others, func() { m.dpkg(t, "--purge", "userns-helpers") })
	m.expect(t, "/usr/bin/newuidmap", "4750 0:60")
	m.expect(t, "/usr/bin/newgidmap", "755 0:0")
	m.isGone(t)
}

// TestOverrideChanges has an override for the public path that comes while ours is installed, and is replaced.
func TestOverrideChanges(t *testing.T) {
	m := withOurs(t)
	m.run(t, "dpkg-statoverride", "--add", "root", "games", "4750", "/usr/libexec/lxc/lxc-user-nic")
	m.dpkg(t, "-i", debs.oursNext)
	m.expect(t, private+"lxc-user-nic", "4750 0:60")
	m.run(t, "dpkg-statoverride", "--remove", "/usr/libexec/lxc/lxc-user-nic")
	m.run(t, "dpkg-statoverride", "--add", "root", "games", "4710", "/usr/libexec/lxc/lxc-user-nic")
	m.dpkg(t, "-i", debs.oursNext)
	m.expect(t, private+"lxc-user-nic", "4710 0:60")
}

// TestCapabilities chooses file capabilities, which then have to outlive upgrades, and go back.
func TestCapabilities(t *testing.T) {
	m := withOurs(t)
	capabilities := func() {
		t.Helper()
		m.leadsToOurs(t)
		m.expect(t, private+"newuidmap", "755 0:0")
		m.expect(t, private+"newgidmap", "755 0:0")
		m.expect(t, private+"lxc-user-nic", "4755 0:0")
		wants(t, m.run(t, "getcap", "-r", private), "newgidmap cap_setgid=ep")
		wants(t, m.run(t, "getcap", "-r", private), "newuidmap cap_setuid=ep")
		m.isSound(t)
	}
	m.watched(t, publicPrograms, func() { m.run(t, "userns-helpers-privilege", "capabilities") })
	capabilities()
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.oursNext) })
	capabilities()
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.uidmapNext) })
	capabilities()
	m.watched(t, publicPrograms, func() { m.run(t, "userns-helpers-privilege", "setuid") })
	m.isOurs(t)
	if said := m.run(t, "getcap", "-r", private); said != "" {
		t.Errorf("capabilities are left: %s", said)
	}
	m.watched(t, publicPrograms, func() { m.dpkg(t, "-i", debs.ours) })
	m.isOurs(t)
}

// TestCapabilitiesWithoutSetcap upgrades where setcap is gone: the programs work, as the package has them.
func TestCapabilitiesWithoutSetcap(t *testing.T) {
	m := withOurs(t)
	m.run(t, "userns-helpers-privilege", "capabilities")
	m.run(t, "rm", "/usr/sbin/setcap", "/usr/sbin/getcap")
	m.watched(t, publicPrograms, func() { wants(t, m.dpkg(t, "-i", debs.oursNext), "stay setuid root") })
	m.isOurs(t)
}
