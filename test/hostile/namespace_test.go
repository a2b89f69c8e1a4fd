//go:build system

package hostile

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	nested   = person("nested")
	stranger = person("stranger") // another user of the host, whom the namespace of nested does not contain
	maker    = person("maker")
	_        = grant("root veth nested 1")
)

// The programs with file capabilities, which count in every user namespace.
const (
	capable      = "/opt/hostile/capable"
	unmappedText = "is owned by an id that this user namespace does not contain"
)

// capability writes a file capability, permitted and effective: struct vfs_cap_data, version 2.
func capability(t *testing.T, program string, number uint) string {
	t.Helper()
	if err := sh("mkdir -p " + capable + "; cp --no-preserve=mode " + program + " " + capable + "/; chmod 755 " + capable + "/*"); err != nil {
		t.Fatal(err)
	}
	path := capable + program[strings.LastIndexByte(program, '/'):]
	data := make([]byte, 20)
	data[0], data[3] = 1, 2
	data[4+number/8] = 1 << (number % 8)
	if err := unix.Setxattr(path, "security.capability", data, 0); err != nil {
		t.Fatal(err)
	}
	return path
}

// inNamespace runs a script as root of a user namespace of u's with 65536 ids, and mounts of its own.
func inNamespace(t *testing.T, u user, script string, arguments ...string) result {
	t.Helper()
	return call(t, u, append([]string{"/usr/bin/unshare", "-r", "--map-auto", "-m", "/bin/sh", "-euc", script, "sh"}, arguments...)...)
}

// child makes a user namespace, calls $map for it, and shows what became of it; $map may be a command with arguments.
const child = `
unshare -U sleep 20 & p=$!
while [ "$(readlink /proc/$p/ns/user)" = "$(readlink /proc/self/ns/user)" ]; do sleep 0.01; done
status=0
$map $p $ids || status=$?
echo "status $status:" $(cat /proc/$p/uid_map /proc/$p/gid_map)
kill $p
`

// TestNamespace: root of a user namespace without the host's root gets maps from the host's files, as the kernel would give
// them; and so does root of the namespaces in it.
func TestNamespace(t *testing.T) {
	for _, program := range []string{newuidmap, newgidmap} {
		r := inNamespace(t, nested, "map="+program+` ids="0 0 1 1 1 1000"`+child)
		if r.status != 0 || strings.TrimSpace(r.out) != "status 0: 0 0 1 1 1 1000" {
			t.Errorf("%s: %v", program, r)
		}
		r = inNamespace(t, nested, "map="+program+` ids="0 0 1 1 1 65536"`+child)
		if !strings.Contains(r.out, "status 1:") || !strings.Contains(r.err, "not allowed") {
			t.Errorf("%s, more than granted: %v", program, r)
		}
	}
	r := inNamespace(t, nested, "unshare -r --map-auto unshare -r --map-auto cat /proc/self/uid_map")
	if got := strings.Fields(r.out); r.status != 0 || len(got) < 3 || got[len(got)-1] < "65534" {
		t.Errorf("three deep: %v", r)
	}
	for _, program := range []string{getsubids, getsubids + " -g"} {
		if r := inNamespace(t, nested, program+" root"); r.out != "0: root 1 65535\n" {
			t.Errorf("%s: %v", program, r)
		}
	}
	// All files: nsswitch.conf, login.defs and the policy are the host's as well.
	r = inNamespace(t, nested, `echo 'SUB_UID_COUNT 0' >/run/x 2>/dev/null || :; map=`+newuidmap+` ids="0 1 10"`+child)
	if !strings.Contains(r.out, "status 0: 0 1 10") {
		t.Errorf("%v", r)
	}
}

// TestNamespaceNIC: root of a user namespace with a network of its own is believed what the host's lxc-usernet grants.
func TestNamespaceNIC(t *testing.T) {
	r := call(t, nested, "/usr/bin/unshare", "-r", "--map-auto", "-mn", "/bin/sh", "-euc", `
		mount -t tmpfs none /run; ip link add nested type bridge; ip link set nested up
		unshare -Un sleep 20 & p=$!
		while [ "$(readlink /proc/$p/ns/net)" = "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
		status=0; `+usernic+` create /dev/null c1 $p veth nested || status=$?; kill $p; exit $status`)
	if r.made() == "" {
		t.Errorf("%v", r)
	}
}

// TestNamespaceAttack: in the container of a user, a user of the container without capabilities wants to become its root by
// a setuid or file capability program, with the file of another user of the host, whom the namespace shows as it shows the
// host's root. Nor is a file believed that the namespace's own nobody has written, or that a group may write.
func TestNamespaceAttack(t *testing.T) {
	file := func(name, text string, mode uint32, owner uint32) string {
		path := "/opt/hostile/" + name
		if err := (harness.File{Text: text, Mode: mode, UID: owner, GID: owner}).Put(path); err != nil {
			t.Fatal(err)
		}
		return path
	}
	const passwd = "root:x:0:0::/:/bin/sh\ndaemon:x:1:1::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n"
	everything := "root:0:65536\ndaemon:0:65536\n1:0:65536\n"
	theirs, users := file("theirs", everything, 0o644, stranger.uid), file("passwd", passwd, 0o644, stranger.uid)
	shared := file("shared", everything, 0o664, stranger.uid)
	hosts := file("hosts", everything, 0o664, 0)
	capableMap := capability(t, newuidmap, unix.CAP_SETUID)
	as := func(uid int, program string) string {
		return fmt.Sprintf("map='setpriv --reuid %d --regid %d --clear-groups %s'", uid, uid, program)
	}
	setuid := "mount -t tmpfs none /mnt; cp " + newuidmap + " /mnt/map; chmod 4755 /mnt/map; "
	put := func(path string) string { return "mount --bind " + path + " /etc/subuid; " }
	nobodys := "mount -t tmpfs none /media; echo root:0:65536 >/media/f; chown 65534 /media/f; "
	asNobody := "mount -t tmpfs none /media; cp " + theirs + " /media/f; chown 65534 /media/f; "
	for name, c := range map[string]struct{ script, reason string }{
		"a user, setuid":                      {put(theirs) + "mount --bind " + users + " /etc/passwd; " + setuid + as(1, "/mnt/map"), unmappedText},
		"a user, file capability":             {put(theirs) + "mount --bind " + users + " /etc/passwd; " + as(1, capableMap), unmappedText},
		"a user, the host's own file":         {setuid + as(1, "/mnt/map"), unmappedText},
		"a user, nobody's file":               {asNobody + put("/media/f") + "mount --bind " + users + " /etc/passwd; " + setuid + as(1, "/mnt/map"), unmappedText},
		"root, nobody's file":                 {nobodys + put("/media/f") + "map=" + newuidmap, "is owned by uid 65534, not by root"},
		"root, a group may write":             {put(shared) + "map=" + newuidmap, "is writable by group or others"},
		"root, the host's group may write":    {put(hosts) + "map=" + newuidmap, "is writable by group or others"},
		"root without the rights of root":     {put(theirs) + "map='setpriv --securebits +noroot " + capableMap + "'", unmappedText},
		"root without CAP_SETUID to have":     {put(theirs) + "map='setpriv --bounding-set -setuid " + newuidmap + "'", unmappedText},
		"nobody of the namespace, setuid":     {put(theirs) + "mount --bind " + users + " /etc/passwd; " + setuid + as(65534, "/mnt/map"), unmappedText},
		"nobody of the namespace, capability": {put(theirs) + "mount --bind " + users + " /etc/passwd; " + as(65534, capableMap), unmappedText},
	} {
		t.Run(name, func(t *testing.T) {
			ids := "0 0 1"
			if strings.HasPrefix(name, "root") {
				ids = "0 1 10" // root's own id needs no grant
			}
			r := inNamespace(t, nested, c.script+` ids="`+ids+`"`+child)
			if strings.TrimSpace(r.out) != "status 1:" || !strings.Contains(r.err, c.reason) {
				t.Errorf("%v; not because it %s", r, c.reason)
			}
		})
	}
}

// TestNamespaceMaker: who made a user namespace, and shares the mounts of the one above, is believed there without
// capabilities (util-linux#3120: file capabilities below unshare -Uc --map-subids); with mounts of its own it is a
// container, in which that user may be locked up.
func TestNamespaceMaker(t *testing.T) {
	uidMap, gidMap := capability(t, newuidmap, unix.CAP_SETUID), capability(t, newgidmap, unix.CAP_SETGID)
	for _, c := range []struct {
		unshare string
		who     user
		want    string
	}{
		{"-U", maker, "status 0: 0 " + strconv.Itoa(maker.base()) + " 10"},
		{"-Um", maker, "status 1:"},
	} {
		target := hold(t, maker, "unshare", c.unshare, "cat")
		own, base := strconv.Itoa(int(maker.uid)), strconv.Itoa(maker.base())
		for _, program := range []string{newuidmap, newgidmap} {
			if r := call(t, maker, program, strconv.Itoa(target.PID), own, own, "1", base, base, "65536"); r.status != 0 {
				t.Fatal(r)
			}
		}
		enter := []string{"/usr/bin/nsenter", "-U", "-t", strconv.Itoa(target.PID), "--preserve-credentials"}
		if c.unshare == "-Um" {
			enter = append(enter, "-m")
		}
		for _, program := range []string{uidMap, gidMap} {
			script := "grep -q '^CapEff:.0000000000000000$' /proc/self/status; map=" + program + ` ids="0 ` + base + ` 10"` + child
			r := call(t, c.who, append(enter, "/bin/sh", "-euc", script)...)
			if strings.TrimSpace(r.out) != c.want || c.want == "status 1:" && !strings.Contains(r.err, unmappedText) {
				t.Errorf("%s, %s: %v, not %s", c.unshare, program, r, c.want)
			}
		}
	}
}

// accessList is an access control list as the kernel keeps it: rw for owner, group and mask, r for others, and a named user
// (tag 2) or group (tag 8).
func accessList(tag, permissions byte, id uint32) []byte {
	entry := func(tag, permissions byte, id uint32) []byte {
		return []byte{tag, 0, permissions, 0, byte(id), byte(id >> 8), byte(id >> 16), byte(id >> 24)}
	}
	none := ^uint32(0)
	list := [][]byte{{2, 0, 0, 0}, entry(1, 6, none), entry(4, 6, none), entry(0x10, 6, none), entry(0x20, 4, none)}
	at := 2
	if tag == 8 {
		at = 3
	}
	return slices.Concat(slices.Insert(list, at, entry(tag, permissions, id))...)
}

// TestRootsGroup: files of root's that root's group may write are believed, everywhere; and no list of others is.
func TestRootsGroup(t *testing.T) {
	for _, path := range []string{"/etc/subuid", "/etc/passwd"} {
		for _, c := range []struct {
			name  string
			mode  os.FileMode
			group int
			list  []byte
			good  bool
		}{
			{"664", 0o664, 0, nil, true},
			{"660", 0o660, 0, nil, true},
			{"666", 0o666, 0, nil, false},
			{"another group", 0o664, 100, nil, false},
			{"a named user may write", 0o664, 0, accessList(2, 6, stranger.uid), false},
			{"a named group may write", 0o664, 0, accessList(8, 6, 100), false},
			{"a named user may read", 0o664, 0, accessList(2, 4, stranger.uid), true},
		} {
			t.Run(path+" "+c.name, func(t *testing.T) {
				restored(t, path)
				errs := errors.Join(os.Chown(path, 0, c.group), os.Chmod(path, c.mode))
				if c.list != nil {
					errs = errors.Join(errs, unix.Setxattr(path, "system.posix_acl_access", c.list, 0))
				}
				if errs != nil {
					t.Fatal(errs)
				}
				target := hold(t, maker, "unshare", "-U", "cat")
				r := call(t, maker, newuidmap, strconv.Itoa(target.PID), "0", strconv.Itoa(maker.base()), "10")
				if c.good && r.status != 0 || !c.good && (r.status != 1 || !strings.Contains(r.err, "is writable by")) {
					t.Errorf("%v", r)
				}
			})
		}
	}
}

// restored puts a file back as it was at the end of the test.
func restored(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := (harness.File{Text: string(text)}).Put(path); err != nil {
			t.Error(err)
		}
	})
}
