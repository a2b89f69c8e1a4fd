//go:build system

package packages

import (
	"bufio"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// held is a program that an ordinary user keeps open.
type held struct {
	path string
	cmd  *exec.Cmd
	in   io.Closer
	out  *bufio.Scanner
}

// hold lets an ordinary user open programs, those that there are, and keep them.
func (m *machine) hold(t *testing.T, paths ...string) []held {
	t.Helper()
	var all []held
	for _, path := range paths {
		if unix.Access(m.dir+path, unix.F_OK) != nil && m.file(path) != "link" {
			continue
		}
		cmd := m.command("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/srv/watch", "-hold", path)
		in, err := cmd.StdinPipe()
		must(t, err)
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		h := held{path, cmd, in, bufio.NewScanner(out)}
		if h.out.Scan(); h.out.Text() != "ready" {
			t.Fatalf("%s cannot be held: %q", path, h.out.Text())
		}
		all = append(all, h)
	}
	return all
}

// areDead fails the case for each program that a user has kept and can still execute, though no public path leads to it
// any more. Where plain is said, one without any privilege may be executed: rpm takes that alone.
func (m *machine) areDead(t *testing.T, all []held, plain bool) {
	t.Helper()
	for _, h := range all {
		must(t, h.in.Close())
		var identity, kind, said string
		if h.out.Scan() {
			identity, kind, _ = strings.Cut(h.out.Text(), " ")
		}
		if h.out.Scan() {
			said = h.out.Text()
		}
		_ = h.cmd.Wait() // the program's own status, if it was executed
		if said == unix.EACCES.Error() || m.inUse(identity) || plain && kind == "plain" {
			continue
		}
		t.Errorf("what was %s is %s, and was executed by who had kept it (%q)", h.path, kind, said)
	}
}

// inUse says whether a public path leads to what has that device and inode.
func (m *machine) inUse(identity string) bool {
	for _, path := range publicPrograms {
		said, err := m.try("stat", "-L", "-c", "%d:%i", path)
		if err == nil && said == identity {
			return true
		}
	}
	return false
}

// every are all names that a user could find programs by: the public ones, ours, and those of steps.
func (m *machine) every() []string {
	var paths []string
	for _, pattern := range []string{"/usr/bin/new[ug]idmap*", "/usr/libexec/lxc/lxc-user-nic*", private + "*", standby + "/*", kept + "/*"} {
		found, _ := filepath.Glob(m.dir + pattern)
		for _, path := range found {
			if path = strings.TrimPrefix(path, m.dir); !hasNoPrivilege(path) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// reachable are those of every that an ordinary user can open.
func (m *machine) reachable() []string {
	var paths []string
	for _, path := range m.every() {
		if _, err := m.try("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "test", "-e", path); err == nil {
			paths = append(paths, path)
		}
	}
	return paths
}

// TestHeld: a program that went away is not executed any more by a user who had opened it, or has another name for it:
// neither the distribution's nor an older one of ours.
func TestHeld(t *testing.T) {
	capable := func(t *testing.T) *machine {
		m := withOurs(t)
		m.run(t, "userns-helpers-privilege", "capabilities")
		return m
	}
	unpacked := func(t *testing.T) *machine {
		m := withOurs(t)
		m.dpkg(t, "--unpack", debs.oursNext)
		return m
	}
	for name, c := range map[string]struct {
		begin func(*testing.T) *machine
		steps [][]string
	}{
		"install":                   {withTheirs, [][]string{{"-i", debs.ours}}},
		"upgrade":                   {withOurs, [][]string{{"-i", debs.oursNext}}},
		"reinstall":                 {withOurs, [][]string{{"-i", debs.ours}}},
		"remove":                    {withOurs, [][]string{{"--remove", "userns-helpers"}}},
		"purge":                     {withOurs, [][]string{{"--purge", "userns-helpers"}}},
		"upgrade, capabilities":     {capable, [][]string{{"-i", debs.oursNext}}},
		"remove, capabilities":      {capable, [][]string{{"--remove", "userns-helpers"}}},
		"standby, configured":       {unpacked, [][]string{{"--configure", "userns-helpers"}}},
		"standby, removed":          {unpacked, [][]string{{"--remove", "userns-helpers"}}},
		"theirs upgraded, removed":  {withOurs, [][]string{{"-i", debs.uidmapNext, debs.liblxcNext}, {"--remove", "userns-helpers"}}},
		"there and back":            {withTheirs, [][]string{{"-i", debs.ours}, {"--remove", "userns-helpers"}}},
		"there and back, and again": {withTheirs, [][]string{{"-i", debs.ours}, {"--purge", "userns-helpers"}, {"-i", debs.ours}}},
	} {
		t.Run(name, func(t *testing.T) {
			m := c.begin(t)
			var all []held
			for _, step := range c.steps {
				all = append(all, m.hold(t, m.reachable()...)...)
				m.watched(t, publicPrograms, func() { m.dpkg(t, step...) })
			}
			if len(all) < 3 {
				t.Fatalf("only %d programs were held", len(all))
			}
			m.areDead(t, all, false)
		})
	}
}

// TestHeldOtherName has a user's hard link in place of the descriptor, made where the kernel lets users link to others'
// files, and a program that make install had put there.
func TestHeldOtherName(t *testing.T) {
	m := withTheirs(t)
	m.run(t, "mkdir", "-m", "1777", "/usr/users")
	m.run(t, "ln", "/usr/bin/newuidmap", "/usr/users/mine")
	m.dpkg(t, "-i", debs.ours)
	m.expect(t, "/usr/users/mine", "600 0:0")
	m.run(t, "sh", "-ec", "rm /usr/bin/newgidmap; cp /bin/true /usr/bin/newgidmap; chmod 4755 /usr/bin/newgidmap")
	all := m.hold(t, "/usr/bin/newgidmap")
	m.dpkg(t, "-i", debs.ours)
	m.areDead(t, all, false)
	m.isOurs(t)
}

// TestAbortedRemoval has a removal that ends after prerm: what it prepared is taken back, with capabilities as well.
func TestAbortedRemoval(t *testing.T) {
	m := withOurs(t)
	m.run(t, "userns-helpers-privilege", "capabilities")
	m.run(t, "sh", "-ec", `mkdir -p /srv/x/DEBIAN
		printf '%s\n' 'Package: userns-helpers' 'Version: 99' 'Architecture: all' 'Maintainer: x <x@x.x>' 'Description: x' >/srv/x/DEBIAN/control
		printf '#!/bin/sh\nexit 1\n' >/srv/x/DEBIAN/preinst; chmod 755 /srv/x/DEBIAN/preinst
		dpkg-deb --build /srv/x /srv/fails.deb`)
	if text, err := m.try(dpkgCommand([]string{"-i", "/srv/fails.deb"})...); err == nil {
		t.Errorf("installed: %s", text)
	}
	m.leadsToOurs(t)
	m.expect(t, private+"newuidmap", "755 0:0")
	m.expect(t, private+"lxc-user-nic", "4755 0:0")
	wants(t, m.run(t, "getcap", "-r", private), "newuidmap cap_setuid=ep")
}

// TestHeldKilled kills the scripts at one step after the other, as TestKilled, and holds what there was before, and what
// there is then.
func TestHeldKilled(t *testing.T) {
	atEachStep(t, "kill", func(t *testing.T, does operation, at int) {
		m := does.begin(t)
		all := m.hold(t, m.reachable()...)
		m.interrupt(t, "kill", at)
		m.try(dpkgCommand(does.argv)...)
		m.undisturbed(t)
		all = append(all, m.hold(t, m.reachable()...)...)
		m.goOn(t, does, at / *strideFlag)
		m.areDead(t, all, false)
		m.isTheirs(t)
	})
}

// TestHeldRPM: rpm takes privileges, and not modes, from what it replaces or erases.
func TestHeldRPM(t *testing.T) {
	m, _ := withShadow(t)
	ours := m.bring(t, *rpmFlag)
	m.rpm(t, "-i", ours)
	m.run(t, "userns-helpers-activate", "on")
	programs := []string{private + "newuidmap", private + "newgidmap", private + "lxc-user-nic", "/usr/local/bin/newuidmap"}
	all := m.hold(t, programs...)
	m.rpm(t, "-U", "--force", ours)
	m.areDead(t, all, true)
	m.isActive(t)
	all = m.hold(t, programs...)
	m.rpm(t, "-e", "userns-helpers")
	m.areDead(t, all, true)
	ours = m.bring(t, *realFlag)
	m.rpm(t, "-e", "shadow-utils")
	for _, argv := range [][]string{{"-i", ours}, {"-U", "--force", ours}, {"-e", "userns-helpers"}} {
		all = m.hold(t, publicPrograms...)
		m.rpm(t, argv...)
		m.areDead(t, all, true)
	}
}
