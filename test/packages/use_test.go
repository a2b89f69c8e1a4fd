//go:build system

package packages

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestUse lets an ordinary user work with the installed package: see the script.
func TestUse(t *testing.T) {
	for _, privilege := range []string{"setuid", "capabilities"} {
		t.Run(privilege, func(t *testing.T) {
			m := withOurs(t)
			m.run(t, "userns-helpers-privilege", privilege)
			m.archive(t)
			m.use(t, "getsubids", "unshare", "mmdebstrap", "lxc")
		})
	}
}

// TestGoingBack installs ours with apt-get on a machine that never had theirs, then what depends on uidmap, then purges ours:
// nothing else is removed, and what is left works.
func TestGoingBack(t *testing.T) {
	m := newMachine(t)
	m.archive(t)
	m.run(t, "sh", "-ec", "echo 'deb [trusted=yes] file:///srv/debs ./' >/etc/apt/sources.list; apt-get -q update")
	m.apt(t, "install", inside(debs.ours))
	m.isOurs(t)
	m.apt(t, "install", "buildah", "rootlesskit", "lxc")
	m.isOurs(t)
	m.watched(t, publicPrograms, func() { m.apt(t, "purge", "--autoremove", "userns-helpers") })
	m.isTheirs(t)
	for _, name := range []string{"uidmap", "liblxc-common", "buildah", "rootlesskit", "lxc"} {
		if status := m.run(t, "dpkg-query", "-W", "-f", "${db:Status-Status}", name); status != "installed" {
			t.Errorf("%s is %s", name, status)
		}
	}
	m.use(t, "getsubids", "unshare", "buildah", "rootlesskit", "lxc-theirs")
}

// archive makes an archive for apt of the machine's /srv/debs.
func (m *machine) archive(t *testing.T) {
	t.Helper()
	m.index(t, "/srv/debs")
}

// index makes an archive of a directory of packages.
func (m *machine) index(t *testing.T, dir string) {
	t.Helper()
	index, err := exec.Command("dpkg-scanpackages", "--multiversion", m.dir+dir).Output()
	must(t, err)
	text := strings.ReplaceAll(string(index), m.dir+dir+"/", "./")
	must(t, os.WriteFile(m.dir+dir+"/Packages", []byte(text), 0o644))
}

func (m *machine) apt(t *testing.T, argv ...string) string {
	t.Helper()
	return m.run(t, append([]string{"apt-get", "-q", "-y", "-o", "Dpkg::Use-Pty=0", "-o", "Dpkg::Options::=--force-unsafe-io"}, argv...)...)
}

// use runs the script on the machine, which becomes the root of a mount namespace: user namespaces are forbidden in a chroot.
// LXC's lxc-user-nic looks for bridges in /sys, which has to be that of the new network namespace.
func (m *machine) use(t *testing.T, what ...string) {
	t.Helper()
	argv := []string{"--mount", "--net", "--pid", "--fork", "--kill-child", "sh", "-euc", `cd "$1"
		shift
		mount -t proc proc proc
		mount -t sysfs sysfs sys
		mount -t cgroup2 cgroup2 sys/fs/cgroup
		pivot_root . mnt
		umount -l /mnt
		exec "$@"`, "sh", m.dir, m.bring(t, "test/packages/use")}
	if said, err := exec.Command("unshare", append(argv, what...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, said)
	}
}
