//go:build system

package packages

import "testing"

// TestTmpfiles looks at what both packages ask of systemd-tmpfiles, and at what it is told to make. Where there is none the
// packages ask for nothing.
func TestTmpfiles(t *testing.T) {
	const conf = "/usr/lib/tmpfiles.d/userns-helpers.conf"
	for name, install := range map[string]func(m *machine){
		"deb": func(m *machine) { m.dpkg(t, "-i", debs.ours) },
		"rpm": func(m *machine) { m.rpm(t, "-i", m.bring(t, *rpmFlag)) },
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			m.run(t, "sh", "-ec", `printf '#!/bin/sh\necho "$@" >>/said\n' >/usr/bin/systemd-tmpfiles; chmod 755 /usr/bin/systemd-tmpfiles`)
			install(m)
			if got := m.run(t, "cat", "/said"); got != "--create userns-helpers.conf" {
				t.Errorf("asked for: %q", got)
			}
			text := m.run(t, "cat", conf)
			for _, line := range []string{
				"d /run/lxc 0755 root root -", "d /run/lxc/nics.d 0700 root root -", "f /run/lxc/nics 0644 root root -",
				"d /run/lxc/dhcp-hosts :2750 root :root -",
			} {
				wants(t, text, line)
			}
		})
	}
}

// TestLedgerOfRemoval: LXC's program takes over, and finds no empty lines in the ledger: it may damage a row behind some.
func TestLedgerOfRemoval(t *testing.T) {
	const rows = "alice veth lxcbr0 veth1001_AAAA\nbob veth lxcbr0 veth1002_BBBB"
	for name, change := range map[string]func(m *machine) (remove func()){
		"deb": func(m *machine) func() {
			m.dpkg(t, "-i", debs.ours)
			return func() { m.dpkg(t, "--remove", "userns-helpers") }
		},
		"rpm": func(m *machine) func() {
			m.rpm(t, "-i", m.bring(t, *rpmFlag))
			return func() { m.rpm(t, "-e", "userns-helpers") }
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			remove := change(m)
			m.run(t, "sh", "-ec", `mkdir -p /run/lxc; printf '\n\nalice veth lxcbr0 veth1001_AAAA\n\n\nbob veth lxcbr0 veth1002_BBBB\n\n' >/run/lxc/nics; chmod 644 /run/lxc/nics`)
			remove()
			if got := m.run(t, "cat", "/run/lxc/nics"); got != rows {
				t.Errorf("the ledger is %q", got)
			}
			m.expect(t, "/run/lxc/nics", "644 0:0")
		})
	}
}
