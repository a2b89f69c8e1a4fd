//go:build system

package packages

import (
	"os"
	"strings"
	"testing"
)

// servedPrograms are the public ones, where the service acts for three of them: it is enough that these can be executed.
var servedPrograms = []string{"=/usr/bin/newuidmap", "=/usr/bin/newgidmap", "/usr/bin/getsubids", "=/usr/libexec/lxc/lxc-user-nic"}

// askService has userns-helperd run on a machine without systemd, and lets newuidmap and newgidmap ask it. There is an account
// with ranges then, anna.
func (m *machine) askService(t *testing.T) {
	t.Helper()
	m.run(t, "sh", "-ec", `echo anna:x:1000:1000::/:/bin/sh >>/etc/passwd; echo anna:x:1000: >>/etc/group
		echo anna:200000:65536 | tee /etc/subuid >/etc/subgid`)
	m.serve(t, "maps", "nics")
	m.run(t, "userns-helpers-privilege", "service")
	m.isServed(t)
}

// isServed fails the case unless newuidmap and newgidmap have no privilege, and write anna's maps all the same.
func (m *machine) isServed(t *testing.T) {
	t.Helper()
	m.leadsToOurs(t)
	pid := containerOf(t)
	for tool, file := range map[string]string{"newuidmap": "uid_map", "newgidmap": "gid_map"} {
		m.expect(t, private+tool, "755 0:0")
		said, err := m.try("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", tool, pid, "0", "200000", "10")
		text, _ := os.ReadFile("/proc/" + pid + "/" + file)
		if got := strings.Join(strings.Fields(string(text)), " "); err != nil || got != "0 200000 10" {
			t.Errorf("%s: %s, %v: %s", tool, got, err, said)
		}
	}
	for _, line := range m.lines("getcap", "-n", private+"newuidmap", private+"newgidmap") {
		wants(t, line, "[rootid=") // of a user namespace that nobody has: it does nothing
	}
}

// TestServed upgrades and removes ours while the service acts for the programs.
func TestServed(t *testing.T) {
	m := withOurs(t)
	m.askService(t)
	m.watched(t, servedPrograms, func() { m.dpkg(t, "-i", debs.oursNext) })
	m.isServed(t)
	m.watched(t, servedPrograms, func() { m.dpkg(t, "--remove", "userns-helpers") })
	m.isTheirs(t)
	m.watched(t, publicPrograms, func() { m.dpkg(t, "--purge", "userns-helpers") })
	m.isTheirs(t)
}
