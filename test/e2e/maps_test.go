//go:build system

package e2e

import (
	"fmt"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// mapPrograms are the two programs, and the capability that LXC looks for in each.
var mapPrograms = map[string]int{"/usr/bin/newuidmap": unix.CAP_SETUID, "/usr/bin/newgidmap": unix.CAP_SETGID}

// bare takes the setuid bits.
func bare(t *testing.T) {
	t.Helper()
	change(t, *programsFlag)
	for path := range mapPrograms {
		host(t, "chmod", "u-s", path)
	}
}

// inert takes the setuid bits, and gives a capability that does nothing, as userns-helpers-privilege(8) does for a service.
func inert(t *testing.T) {
	t.Helper()
	bare(t)
	for path, capability := range mapPrograms {
		if err := harness.Inert(path, capability); err != nil {
			t.Fatal(err)
		}
	}
}

// nosuid has the programs on a mount on which their setuid bits do nothing.
func nosuid(t *testing.T) {
	t.Helper()
	for path := range mapPrograms {
		host(t, "mount", "--bind", path, path)
		t.Cleanup(func() { host(t, "umount", path) })
		host(t, "mount", "-o", "remount,bind,nosuid", path)
	}
}

// TestThroughMaps: what makes containers does so where newuidmap and newgidmap have no privilege and ask userns-helperd; all of it
// fails without. LXC does not even try where it sees neither a setuid bit nor a capability.
func TestThroughMaps(t *testing.T) {
	for i, way := range []struct {
		name             string
		before           []string
		setUp            func(*testing.T)
		lxc, rootlesskit bool
	}{
		{"no_new_privs", []string{"setpriv", "--no-new-privs"}, func(*testing.T) {}, true, false},
		{"nosuid", nil, nosuid, true, true},
		{"no bits, a capability that does nothing", nil, inert, true, true},
		{"no bits", nil, bare, false, true},
	} {
		t.Run(way.name, func(t *testing.T) {
			way.setUp(t)
			anna := newUser(t, fmt.Sprintf("thr%d-anna", i))
			anna.before = way.before
			_, err := anna.run(t, "unshare", "--map-auto", "true")
			check(t, err != nil, "there is no map without the service")
			harness.Serve(t, *oursFlag+"/usr/libexec/userns-helpers/userns-helperd", "/run/userns-helpers/maps.sock", "maps")
			show := []string{"cat", "/proc/self/uid_map", "/proc/self/gid_map"}
			for name, c := range map[string]struct {
				argv []string
				want string
			}{
				"unshare":     {[]string{"unshare", "--map-auto", "--map-user=0", "--map-group=0"}, ""},
				"podman":      {[]string{"podman", "--storage-driver", "vfs", "unshare"}, wantRootless(anna)},
				"buildah":     {[]string{"buildah", "unshare"}, wantRootless(anna)},
				"rootlesskit": {[]string{"rootlesskit"}, wantRootless(anna)},
			} {
				t.Run(name, func(t *testing.T) {
					if name == "rootlesskit" && !way.rootlesskit {
						failsAtMount(t, anna)
						return
					}
					text := strings.Join(strings.Fields(anna.must(t, append(c.argv, show...)...)), " ")
					check(t, c.want != "" && text == c.want || strings.Count(text, fmt.Sprint(anna.first)) == 2, name+" maps the range of anna: "+text)
				})
			}
			t.Run("executed again", func(t *testing.T) {
				text := anna.must(t, "sh", "-c", reexecuted)
				check(t, strings.HasSuffix(strings.TrimSpace(text), "\t0000000000000000") != way.rootlesskit, "capabilities after two execve(2): "+text)
			})
			t.Run("LXC", func(t *testing.T) {
				lena := newUser(t, fmt.Sprintf("thr%d-lena", i)) // who has no ~/.local of podman's, which keeps containers out
				lena.before = way.before
				lxcThrough(t, lena, way.lxc)
			})
		})
	}
}

// failsAtMount: rootlesskit is given its maps, and has no capability when it begins to use them.
func failsAtMount(t *testing.T, anna user) {
	t.Helper()
	text, err := anna.run(t, "rootlesskit", "true")
	check(t, err != nil && strings.Contains(text, "operation not permitted") && !strings.Contains(text, "newuidmap"), "rootlesskit fails at a mount: "+text)
}

// reexecuted is why: a process that executes itself before it has a map, and again as root of its namespace. The first execve(2)
// takes its capabilities, the second gives them back, but under no_new_privs it gives none that the process did not have
// (cap_bprm_creds_from_file() of security/commoncap.c).
const reexecuted = `cd && rm -f go && mkfifo go
unshare -U sh -c 'read word <go; exec grep CapPrm: /proc/self/status' &
while [ "$(readlink /proc/$!/ns/user)" = "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
newuidmap $! 0 $(id -u) 1 && newgidmap $! 0 $(id -g) 1 && echo go >go && wait`

// lxcThrough starts a container without a network interface, or is refused by LXC itself.
func lxcThrough(t *testing.T, lena user, starts bool) {
	t.Helper()
	if !starts {
		text, err := lena.run(t, "lxc-usernsexec", "-m", fmt.Sprintf("u:0:%d:1000", lena.first), "-m", fmt.Sprintf("g:0:%d:1000", lena.first), "--", "true")
		check(t, err != nil, "LXC does not execute newuidmap: "+text)
		return
	}
	c := lena.create(t, "web", false, "lxc.net.0.type = empty")
	c.start(t)
	wantMap(t, c)
	check(t, strings.TrimSpace(c.attach(t, "id", "-u")) == "0", "lena is root in the container")
	c.kill(t)
}
