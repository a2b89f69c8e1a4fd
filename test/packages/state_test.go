//go:build system

package packages

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

const (
	private = "/usr/libexec/userns-helpers/"
	kept    = "/usr/libexec/userns-helpers.originals"
	standby = "/usr/libexec/userns-helpers.standby"
)

// publicPages are the manual pages that other packages have too.
var publicPages = []string{
	"/usr/share/man/man1/newuidmap.1.gz", "/usr/share/man/man1/newgidmap.1.gz", "/usr/share/man/man1/getsubids.1.gz",
	"/usr/share/man/man1/lxc-user-nic.1.gz", "/usr/share/man/man5/lxc-usernet.5.gz",
	"/usr/share/man/man5/subuid.5.gz", "/usr/share/man/man5/subgid.5.gz",
}

// ownFiles are public paths that nobody else has: no link leads there.
var ownFiles = map[string]string{
	"/usr/bin/usernsctl": "755 0:0", "/usr/sbin/usernsctl": "link", "/usr/share/man/man8/usernsctl.8.gz": "644 0:0", "/usr/share/man/man5/policy.toml.5.gz": "644 0:0",
	"/usr/share/man/man5/forbidden-host-ids.5.gz":         "644 0:0",
	"/usr/share/bash-completion/completions/usernsctl":    "644 0:0",
	"/usr/share/fish/vendor_completions.d/usernsctl.fish": "644 0:0",
	"/usr/lib/tmpfiles.d/userns-helpers.conf":             "644 0:0",
}

// hasOwnFiles fails the case unless those are there, or gone.
func (m *machine) hasOwnFiles(t *testing.T, there bool) {
	t.Helper()
	for path, wanted := range ownFiles {
		if !there {
			wanted = ""
		}
		m.expect(t, path, wanted)
	}
}

// file is the mode and owner of a path of the machine that is not a link; an empty text where there is none.
func (m *machine) file(path string) string {
	var stat unix.Stat_t
	if unix.Lstat(m.dir+path, &stat) != nil {
		return ""
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFLNK {
		return "link"
	}
	return fmt.Sprintf("%o %d:%d", stat.Mode&0o7777, stat.Uid, stat.Gid)
}

// expect fails the case where a path of the machine is not as wanted; see file.
func (m *machine) expect(t *testing.T, path, wanted string) {
	t.Helper()
	if got := m.file(path); got != wanted {
		t.Errorf("%s is %q, not %q", path, got, wanted)
	}
}

// hasNoPrivilege reports whether a program is one that nobody gains anything by, whatever becomes of it.
func hasNoPrivilege(path string) bool {
	return strings.Contains(path, "getsubids") || strings.Contains(path, "userns-helperd")
}

// mode is what each program comes with.
func mode(path string) string {
	if hasNoPrivilege(path) {
		return "755 0:0"
	}
	return "4755 0:0"
}

// isOurs fails the case unless all public paths lead to our files, with their modes, and dpkg has nothing to complain of.
func (m *machine) isOurs(t *testing.T) {
	t.Helper()
	m.leadsToOurs(t)
	for _, path := range publicPrograms {
		m.expect(t, private+filepath.Base(path), mode(path))
	}
	m.isSound(t)
}

// leadsToOurs is isOurs for a machine whose administrator chose other modes.
func (m *machine) leadsToOurs(t *testing.T) {
	t.Helper()
	for _, path := range publicPrograms {
		if target, _ := os.Readlink(m.dir + path); target != private+filepath.Base(path) {
			t.Errorf("%s leads to %q", path, target)
		}
	}
	for _, path := range publicPages {
		if target, _ := os.Readlink(m.dir + path); target != "/usr/share/userns-helpers"+strings.TrimPrefix(path, "/usr/share") {
			t.Errorf("%s leads to %q", path, target)
		}
		m.expect(t, "/usr/share/userns-helpers"+strings.TrimPrefix(path, "/usr/share"), "644 0:0")
	}
	m.hasOwnFiles(t, true)
	m.expect(t, strings.TrimSuffix(private, "/"), "755 0:0")
	m.expect(t, kept, "700 0:0")
	m.expect(t, standby, "")
	if got, wanted := len(m.ourDiversions()), len(publicPrograms)+len(publicPages); got != wanted {
		t.Errorf("%d diversions, not %d", got, wanted)
	}
	if strays := m.strays(); len(strays) > 0 {
		t.Errorf("left of a step: %q", strays)
	}
}

// isTheirs fails the case unless the public programs are the distribution's, as they were made, and nothing is diverted.
func (m *machine) isTheirs(t *testing.T) {
	t.Helper()
	for _, path := range publicPrograms {
		m.expect(t, path, mode(path))
	}
	m.isGone(t)
}

// isGone fails the case when something of ours is left but settings: for a machine that may have their programs or not.
func (m *machine) isGone(t *testing.T) {
	t.Helper()
	for _, path := range []string{kept, standby, strings.TrimSuffix(private, "/"), "/usr/share/userns-helpers"} {
		m.expect(t, path, "")
	}
	m.hasOwnFiles(t, false)
	if left := m.ourDiversions(); len(left) > 0 {
		t.Errorf("diversions are left: %q", left)
	}
	if strays := m.strays(); len(strays) > 0 {
		t.Errorf("left of a step: %q", strays)
	}
	m.isSound(t)
}

// isSound fails the case when dpkg finds packages half done, or files that are not as they were packed.
func (m *machine) isSound(t *testing.T) {
	t.Helper()
	if said := m.lines("dpkg", "--audit"); len(said) > 0 {
		t.Errorf("dpkg --audit: %q", said)
	}
	for _, name := range []string{"uidmap", "liblxc-common", "lxc", "passwd", "userns-helpers"} {
		if status := m.lines("dpkg-query", "-W", "-f", "${db:Status-Status}", name); slices.Equal(status, []string{"installed"}) {
			if said := m.lines("dpkg", "--verify", name); len(said) > 0 {
				t.Errorf("dpkg --verify %s: %q", name, said)
			}
		}
	}
}

func (m *machine) ourDiversions() []string {
	return slices.DeleteFunc(m.lines("dpkg-divert", "--list"), func(line string) bool {
		return !strings.HasSuffix(line, " by userns-helpers")
	})
}

// strays are files that a step makes and removes again.
func (m *machine) strays() []string {
	var found []string
	for _, pattern := range []string{"/usr/bin", "/usr/libexec/lxc", kept, standby, "/usr/share/man/man[15]", private} {
		some, _ := filepath.Glob(m.dir + pattern + "/*.userns-helpers-[no]*")
		found = append(found, some...)
	}
	return found
}

// tree lists every file of the machine with type, mode, owner, size and target, but dpkg's own and caches.
func (m *machine) tree(t *testing.T) []string {
	t.Helper()
	return strings.Split(m.run(t, "find", "/", "-xdev",
		"(", "-path", "/var/lib/dpkg", "-o", "-path", "/var/log", "-o", "-path", "/var/cache", "-o", "-path", "/srv", ")", "-prune",
		"-o", "(", "-type", "d", "-printf", `%p d %m %u:%g\n`, ")",
		"-o", "-printf", `%p %y %m %u:%g %s %l\n`), "\n")
}

// isSameTree fails the case on each difference between two lists of files.
func isSameTree(t *testing.T, before, after []string) {
	t.Helper()
	slices.Sort(before)
	slices.Sort(after)
	for _, line := range after {
		if _, found := slices.BinarySearch(before, line); !found {
			t.Errorf("left: %s", line)
		}
	}
	for _, line := range before {
		if _, found := slices.BinarySearch(after, line); !found {
			t.Errorf("gone: %s", line)
		}
	}
}
