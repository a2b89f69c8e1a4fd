//go:build system

package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// unshare --map-auto runs newuidmap and newgidmap at the same time, for the same process.
func TestUnshareMapAuto(t *testing.T) {
	anna := newUser(t, "auto-anna")
	for range 20 {
		text := anna.must(t, "unshare", "--map-auto", "--map-root-user", "cat", "/proc/self/uid_map", "/proc/self/gid_map")
		want := fmt.Sprintf("0 %d 1 1 %d 65535", anna.uid, anna.first)
		lines := strings.Join(strings.Fields(text), " ")
		check(t, lines == want+" "+want || strings.Count(lines, fmt.Sprint(anna.first)) == 2, "unshare --map-auto maps the range of anna: "+lines)
	}
}

// wantRootless is the map that podman and buildah make: the user as root, then the subordinate ids.
func wantRootless(u user) string {
	one := fmt.Sprintf("0 %d 1 1 %d 65536", u.uid, u.first)
	return one + " " + one
}

func TestPodmanUnshare(t *testing.T) {
	anna := newUser(t, "pod-anna")
	// vfs: newer versions do not put their overlay on the private machine's.
	text := anna.must(t, "podman", "--storage-driver", "vfs", "unshare", "cat", "/proc/self/uid_map", "/proc/self/gid_map")
	check(t, strings.Join(strings.Fields(text), " ") == wantRootless(anna), "podman unshare maps the range: "+text)
}

func TestBuildahUnshare(t *testing.T) {
	anna := newUser(t, "build-anna")
	text := anna.must(t, "buildah", "unshare", "cat", "/proc/self/uid_map", "/proc/self/gid_map")
	check(t, strings.Join(strings.Fields(text), " ") == wantRootless(anna), "buildah unshare maps the range: "+text)
}

// A rootless podman container, from an image made of busybox alone: files of several owners are unpacked and seen.
func TestPodmanRun(t *testing.T) {
	anna := newUser(t, "run-anna")
	image := "/opt/e2e/image" // not in t.TempDir: others than root must reach it
	host(t, "sh", "-c", `mkdir "$0" && cd "$0" && mkdir -p root/bin root/home && cp "$(command -v busybox)" root/bin/ &&
		for name in sh id stat; do ln -s busybox root/bin/$name; done &&
		chown 1234:2345 root/home && tar -C root -cf image.tar . && chmod -R a+rX .`, image)
	podman := []string{"podman", "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none"}
	run := func(argv ...string) string { t.Helper(); return anna.must(t, append(podman, argv...)...) }
	run("import", image+"/image.tar", "box")
	text := run("run", "--rm", "--network", "none", "--cgroups", "disabled", "box", "/bin/sh", "-c", "id -u; stat -c %u:%g /home")
	check(t, strings.HasSuffix(strings.TrimSpace(text), "0\n1234:2345"), "podman run is root and sees the owners of the image: "+text)
}

// rootlesskit makes its own nic with lxc-user-nic and asks for an address by DHCP.
func TestRootlesskit(t *testing.T) {
	bridge(t, "br0", "10.40.0.1/24")
	serveDHCP(t, "br0", "10.40.0.10", "10.40.0.99")
	anna := newUser(t, "kit-anna")
	usernet(t, "kit-anna veth br0 1")
	text := anna.must(t, "rootlesskit", "--net=lxc-user-nic", "--lxc-user-nic-bridge=br0", "--ifname=tun7", "sh", "-c",
		"cat /proc/self/uid_map; ip -o link; busybox ping -c 1 -w 5 10.40.0.1")
	check(t, strings.Contains(text, "tun7"), "the nic has the name that rootlesskit asked for\n"+text)
	check(t, strings.Contains(text, fmt.Sprint(anna.first)), "rootlesskit maps the range\n"+text)
}

// getsubids tells the ranges, by name and by number; rootlesskit and the kubelet parse it.
func TestGetsubids(t *testing.T) {
	anna := newUser(t, "sub-anna")
	for _, argv := range [][]string{{"getsubids", anna.name}, {"getsubids", "-g", anna.name}} {
		want := fmt.Sprintf("0: %s %d 65536\n", anna.name, anna.first)
		text := anna.must(t, argv...)
		check(t, text == want, fmt.Sprintf("%q prints %q: %q", argv, want, text))
	}
	grant(t, "/etc/subuid", anna.name, fmt.Sprintf("%d:%d:65536", anna.uid, anna.first))
	want := fmt.Sprintf("0: %d %d 65536\n", anna.uid, anna.first)
	text := anna.must(t, "getsubids", fmt.Sprint(anna.uid))
	check(t, text == want, fmt.Sprintf("getsubids %d prints %q: %q", anna.uid, want, text))
}

// nest is a script for root of a user namespace: it makes another one, has newuidmap and newgidmap map ids for it, and
// prints its maps.
const nest = `unshare -U sleep 60 & p=$!
while [ "$(readlink /proc/$p/ns/user)" = "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
newuidmap $p 0 0 1 1 1 1000 && newgidmap $p 0 0 1 1 1 1000; cat /proc/$p/uid_map /proc/$p/gid_map; kill $p`

// In the namespaces of callers the host's files belong to nobody. Their root, and roots of namespaces in them, get what the
// files grant to root (buildah's chroot.bats, containerd's rootless guide).
func TestNested(t *testing.T) {
	anna := newUser(t, "nest-anna")
	for _, path := range []string{"/etc/subuid", "/etc/subgid"} {
		grant(t, path, "root", "root:1:65535")
	}
	const want = "0 0 1 1 1 1000 0 0 1 1 1 1000"
	for name, caller := range map[string][]string{
		"unshare":     {"unshare", "-r", "--map-auto"},
		"buildah":     {"buildah", "unshare"},
		"podman":      {"podman", "--storage-driver", "vfs", "unshare"},
		"rootlesskit": {"rootlesskit"},
	} {
		t.Run(name, func(t *testing.T) {
			text := anna.must(t, append(caller, "sh", "-c", nest)...)
			check(t, strings.Join(strings.Fields(text), " ") == want, name+": a namespace in the namespace is mapped: "+text)
		})
	}
}
