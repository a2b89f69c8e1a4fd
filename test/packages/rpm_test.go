//go:build system

package packages

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shadowSpec stands for the package shadow-utils of Fedora: Debian's programs, with capabilities in place of setuid.
const shadowSpec = `
Name: shadow-utils
Version: %d
Release: 1
Summary: stands for shadow-utils
License: BSD
%%global _buildhost x
%%global debug_package %%{nil}
%%global __os_install_post %%{nil}
%%description
x
%%install
mkdir -p %%{buildroot}/usr/bin %%{buildroot}/usr/libexec/lxc
cp %[2]s/usr/bin/newuidmap %[2]s/usr/bin/newgidmap %[2]s/usr/bin/getsubids %%{buildroot}/usr/bin
cp %[2]s/usr/libexec/lxc/lxc-user-nic %%{buildroot}/usr/libexec/lxc
%%files
%%attr(0755,root,root) %%caps(cap_setuid=ep) /usr/bin/newuidmap
%%attr(0755,root,root) %%caps(cap_setgid=ep) /usr/bin/newgidmap
%%attr(0755,root,root) /usr/bin/getsubids
%%attr(4755,root,root) /usr/libexec/lxc/lxc-user-nic
`

// shadow builds version n of that package and brings it onto the machine. The programs are taken from a machine that has
// Debian's.
func shadow(t *testing.T, m *machine, n int) string {
	t.Helper()
	top, err := os.MkdirTemp("/run", "shadow.")
	must(t, err)
	t.Cleanup(func() { must(t, os.RemoveAll(top)) })
	must(t, os.WriteFile(top+"/spec", fmt.Appendf(nil, shadowSpec, n, m.dir), 0o644))
	must(t, command("rpmbuild", "-bb", "--nodeps", "--define", "_topdir "+top, top+"/spec"))
	found, err := filepath.Glob(top + "/RPMS/*/*.rpm")
	if err != nil || len(found) != 1 {
		t.Fatalf("rpmbuild made %q", found)
	}
	return m.bring(t, found[0])
}

// withShadow is a machine of RPM's: the stand-in of shadow-utils, and no Debian package that has the same files.
func withShadow(t *testing.T) (m *machine, next string) {
	t.Helper()
	m = withTheirs(t)
	first, next := shadow(t, m, 1), shadow(t, m, 2)
	m.dpkg(t, "--purge", "lxc", "liblxc-common", "uidmap")
	m.rpm(t, "-i", first)
	return m, next
}

// rpm runs rpm on the machine, whose /bin/sh and libraries it does not know as packages.
func (m *machine) rpm(t *testing.T, argv ...string) string {
	t.Helper()
	return m.run(t, append([]string{"rpm", "--nodeps"}, argv...)...)
}

// local are the links that activation makes, by which users find ours.
var local = []string{"/usr/local/bin/newuidmap", "/usr/local/bin/newgidmap", "=/usr/local/bin/getsubids"}

// found is where a user's shell finds a program.
func (m *machine) found(t *testing.T, name string) string {
	t.Helper()
	return m.run(t, "env", "PATH=/usr/local/bin:/usr/bin:/bin", "sh", "-c", `readlink -f "$(command -v "$1")"`, "sh", name)
}

func (m *machine) hasCapabilities(t *testing.T, folder string) {
	t.Helper()
	list := m.run(t, "getcap", folder+"newuidmap", folder+"newgidmap")
	wants(t, list, folder+"newuidmap cap_setuid=ep")
	wants(t, list, folder+"newgidmap cap_setgid=ep")
	m.expect(t, folder+"newuidmap", "755 0:0")
}

// isActive fails the case unless users find ours by name, and LXC its own by path.
func (m *machine) isActive(t *testing.T) {
	t.Helper()
	for _, name := range []string{"newuidmap", "newgidmap", "getsubids"} {
		if got := m.found(t, name); got != private+name {
			t.Errorf("a user finds %s at %s", name, got)
		}
	}
	m.hasCapabilities(t, private)
	m.hasCapabilities(t, "/usr/bin/")
	m.hasOwnFiles(t, true)
	m.expect(t, private+"lxc-user-nic", "4755 0:0")
	m.expect(t, "/usr/libexec/lxc/lxc-user-nic", "4755 0:0")
	for _, name := range []string{"shadow-utils", "userns-helpers"} {
		if said, err := m.try("rpm", "--verify", "--nodeps", "--nomtime", name); err != nil {
			t.Errorf("rpm --verify %s: %s", name, said)
		}
	}
}

// TestRPM installs ours beside shadow-utils, lets users find it, upgrades both, repairs capabilities, and erases it.
func TestRPM(t *testing.T) {
	m, next := withShadow(t)
	ours := m.bring(t, *rpmFlag)
	before := m.tree(t)
	m.watched(t, publicPrograms, func() { m.rpm(t, "-i", ours) })
	if got := m.found(t, "newuidmap"); got != "/usr/bin/newuidmap" {
		t.Errorf("a user finds %s before anybody activated it", got)
	}
	wants(t, m.run(t, "userns-helpers-activate"), "newuidmap: not redirected")
	wants(t, m.run(t, "userns-helpers-activate", "on"), "LXC calls /usr/libexec/lxc/lxc-user-nic, whatever PATH says")
	m.isActive(t)
	m.watched(t, append(local, publicPrograms...), func() { m.run(t, "userns-helpers-activate", "on") })
	// With any package of files with capabilities, rpm has moments without them: when it upgrades, and between --setperms,
	// which changes the owner, and --setcaps. Not watched; what there is afterwards counts.
	m.rpm(t, "-U", "--force", ours)
	m.rpm(t, "-U", next)
	m.isActive(t)
	for _, name := range []string{"shadow-utils", "userns-helpers"} {
		m.run(t, "rpm", "--setperms", name)
		m.run(t, "rpm", "--setcaps", name)
	}
	m.isActive(t)
	m.watched(t, publicPrograms, func() { m.rpm(t, "-e", "userns-helpers") })
	m.hasCapabilities(t, "/usr/bin/")
	isSameTree(t, withoutRPM(before), withoutRPM(m.tree(t)))
}

// withoutRPM leaves the database of rpm out, and the directory of licences, which no package on this machine owns; and what
// the upgrade of the stand-in changed.
func withoutRPM(tree []string) []string {
	var rest []string
	for _, line := range tree {
		if !strings.Contains(line, "/rpm/") && !strings.Contains(line, "/.rpmdb") && !strings.HasPrefix(line, "/usr/bin/") &&
			!strings.HasPrefix(line, "/usr/libexec/lxc/lxc-user-nic") && !strings.HasPrefix(line, "/usr/share/licenses d ") {
			rest = append(rest, line)
		}
	}
	return rest
}

// TestActivateAndBack has a file of the administrator's in the way, and links that lead elsewhere: these stay.
func TestActivateAndBack(t *testing.T) {
	m, _ := withShadow(t)
	m.rpm(t, "-i", m.bring(t, *rpmFlag))
	m.run(t, "cp", "/bin/true", "/usr/local/bin/getsubids")
	if said, err := m.try("userns-helpers-activate", "on"); err == nil || !strings.Contains(said, "move it away") {
		t.Errorf("activated over somebody's file: %s", said)
	}
	m.expect(t, "/usr/local/bin/newuidmap", "")
	m.run(t, "rm", "/usr/local/bin/getsubids")
	m.run(t, "userns-helpers-activate", "on")
	m.watched(t, publicPrograms, func() { m.run(t, "userns-helpers-activate", "off") })
	m.expect(t, "/usr/local/bin/newuidmap", "")
	m.run(t, "ln", "-s", "/bin/true", "/usr/local/bin/newuidmap")
	m.run(t, "userns-helpers-activate", "off")
	m.expect(t, "/usr/local/bin/newuidmap", "link")
}

// TestSELinuxRule looks at what the scripts of the package ask of semanage, where SELinux is on. There is none here: two
// programs that write down how they were called stand for it.
func TestSELinuxRule(t *testing.T) {
	m := newMachine(t)
	m.run(t, "sh", "-ec", `printf '#!/bin/sh\necho "$0" "$@" >>/said\n' | tee /usr/sbin/semanage >/usr/sbin/restorecon
		printf '#!/bin/sh\n' >/usr/sbin/selinuxenabled; chmod 755 /usr/sbin/semanage /usr/sbin/restorecon /usr/sbin/selinuxenabled`)
	ours := m.bring(t, *rpmFlag)
	m.rpm(t, "-i", ours)
	m.rpm(t, "-U", "--force", ours)
	m.rpm(t, "-e", "userns-helpers")
	const rule = "-e /usr/libexec/lxc/lxc-user-nic /usr/libexec/userns-helpers/lxc-user-nic"
	wanted := "semanage fcontext -a " + rule + "\nrestorecon /usr/libexec/userns-helpers/lxc-user-nic\nsemanage fcontext -d " + rule
	if got := regexp.MustCompile(`(?m)^(/usr)?/sbin/`).ReplaceAllString(m.run(t, "cat", "/said"), ""); got != wanted {
		t.Errorf("asked for:\n%s", got)
	}
}

// TestRealPaths installs the package as a distribution builds it, upgrades and erases it. At these paths, too, rpm takes
// bits and capabilities from the old file before it renames the new one over it, so that no hard link keeps them: a user
// can see a program without privilege for microseconds, as with shadow-utils. A missing one must never be seen.
func TestRealPaths(t *testing.T) {
	m := newMachine(t)
	ours := m.bring(t, *realFlag)
	m.rpm(t, "-i", ours)
	m.hasCapabilities(t, "/usr/bin/")
	var there []string
	for _, path := range publicPrograms {
		there = append(there, "="+path)
	}
	m.watched(t, there, func() { m.rpm(t, "-U", "--force", ours) })
	m.hasCapabilities(t, "/usr/bin/")
	m.expect(t, "/usr/libexec/lxc/lxc-user-nic", "4755 0:0")
	m.hasOwnFiles(t, true)
	m.expect(t, "/usr/share/zsh/site-functions/_usernsctl", "644 0:0")
	m.expect(t, "/usr/sbin/userns-helpers-activate", "")
	m.rpm(t, "-e", "userns-helpers")
	m.hasOwnFiles(t, false)
	for _, path := range publicPrograms {
		m.expect(t, path, "")
	}
}

// TestLint has Debian's and RPM's own checkers look at the packages. They say nothing but what is filtered with a reason.
func TestLint(t *testing.T) {
	lint := func(argv ...string) (string, error) {
		text, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
		return string(text), err
	}
	place := func(file string) string { return file }
	if *toolsFlag != "" {
		m := machineOn(t, *toolsFlag)
		lint = m.try
		place = func(file string) string { return m.bring(t, file) }
		for _, file := range beside(t, *dscFlag) {
			m.bring(t, file)
		}
	}
	for name, argv := range map[string][]string{
		// That of Debian 12 does not know the standards of today.
		"lintian": {"lintian", "--allow-root", "--suppress-tags", "newer-standards-version", "--fail-on", "error,warning", place(*debFlag), place(*dscFlag)},
		"rpmlint": {"rpmlint", "--strict", "-c", place("packaging/rpm/rpmlint.toml"), place(*rpmFlag), place(*realFlag)},
	} {
		t.Run(name, func(t *testing.T) {
			if text, err := lint(argv...); err != nil {
				t.Errorf("%v\n%s", err, text)
			}
		})
	}
}

// beside are the files of a source package.
func beside(t *testing.T, dsc string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(filepath.Dir(dsc), "*.tar.*"))
	must(t, err)
	return found
}

// TestAppArmor reads the profiles as apparmor_parser does, without a kernel that has AppArmor.
func TestAppArmor(t *testing.T) {
	m := withOurs(t)
	m.run(t, "apparmor_parser", "--skip-kernel-load", "--skip-cache", "--warn=all", "/usr/share/apparmor/extra-profiles/userns-helpers")
	names := m.run(t, "apparmor_parser", "--names", "/usr/share/apparmor/extra-profiles/userns-helpers")
	for _, name := range []string{"newuidmap", "newgidmap", "lxc-user-nic"} {
		wants(t, names, "userns-helpers-"+name)
	}
}
