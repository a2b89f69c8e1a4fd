//go:build system

package directory

import (
	"strings"
	"testing"
)

// TestContainers: the maps of an unprivileged container come from the directory, made by the programs that call ours.
func TestContainers(t *testing.T) {
	does(t, "mkdir -p /home/alice /run/user/1149800001; chown 1149800001:1149800001 /home/alice /run/user/1149800001; chmod 700 /run/user/1149800001")
	const uids, gids = "0 1149800001 1 1 2147483648 65536 ", "0 1149800001 1 1 2147549184 65536 "
	const show = "cat /proc/self/uid_map; echo; cat /proc/self/gid_map; touch /tmp/x; chown 5:5 /tmp/x && stat -c %u:%g /tmp/x; rm /tmp/x"
	kit := call(t, alice, "env", "HOME=/home/alice", "XDG_RUNTIME_DIR=/run/user/1149800001", "rootlesskit", "--subid-source=dynamic", "sh", "-c", show)
	if got := strings.Join(strings.Fields(kit.out), " "); kit.status != 0 || got != uids+gids+"5:5" {
		t.Errorf("rootlesskit: %v", kit)
	}
	r := call(t, alice, "unshare", "--user", "--map-users=2147483648,0,65536", "--map-groups=2147549184,0,65536", "--setuid", "0", "--setgid", "0", "sh", "-c", show)
	if got := strings.Join(strings.Fields(r.out), " "); r.status != 0 || got != "0 2147483648 65536 0 2147549184 65536 5:5" {
		t.Errorf("unshare: %v", r)
	}
	if r := call(t, bob, "unshare", "--user", "--map-users=2147483648,0,65536", "--map-groups=2147549184,0,65536", "true"); r.status == 0 {
		t.Errorf("bob has alice's ranges: %v", r)
	}
}
