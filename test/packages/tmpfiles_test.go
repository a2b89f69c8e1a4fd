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
			} {
				wants(t, text, line)
			}
		})
	}
}
