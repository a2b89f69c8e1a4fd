//go:build system

package maps

import (
	"maps"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// What Debian's programs print for each symptom.
const (
	writePermission = "{tool}: write to {kind}_map failed: Operation not permitted"
	notOwned        = "{tool}: Target process is owned by a different user: "
	noRange         = "{tool}: {kind} range [0-10) -> [5-15) not allowed"
	noTarget        = "{tool}: Could not open proc directory for target {pid}: No such file or directory"
)

var granted = append([]string{"{pid}"}, one...)

// symptomCases provoke every row of the table of symptoms and check that the second line tells the causes apart.
func symptomCases() []check {
	out := append(writeSymptoms(), rangeSymptoms()...)
	return append(append(append(out, ownerSymptoms()...), fileSymptoms()...), sourceSymptoms()...)
}

// sourceSymptoms are about who says which ids are granted: a module that is an empty file, and SSSD's directory without SSSD.
func sourceSymptoms() []check {
	subid := func(line string, more map[string]harness.File) map[string]harness.File {
		files := map[string]harness.File{"/etc/nsswitch.conf": {Text: "passwd: files\ngroup: files\nsubid: " + line + "\n"}}
		maps.Copy(files, more)
		return files
	}
	const switchFile = "/etc/nsswitch.conf"
	return []check{
		{
			name: "source: a module that only a C library can load", why: "foreign-module", alone: true, args: granted, status: 1,
			files: subid("boxed", map[string]harness.File{"/usr/lib/libsubid_boxed.so": {}}),
			first: "{tool}: cannot get the ranges of alice (uid 1001) from boxed", second: "files or sss",
		},
		{
			name: "source: SSSD does not run", why: "directory-silent", alone: true, args: granted, status: 1,
			files: subid("sss", map[string]harness.File{"/var/lib/sss/pipes": {Kind: unix.S_IFDIR, Mode: 0o755}}),
			first: "{tool}: cannot get the ranges of alice (uid 1001) from SSSD", second: "getsubids alice",
		},
		{
			name: "source: a user's nsswitch.conf", why: "nsswitch-unreadable", alone: true, args: granted, status: 1,
			files: map[string]harness.File{switchFile: {Text: "subid: files\n", UID: 1001}},
			first: "{tool}: cannot open " + switchFile + ": Operation not permitted", second: "who says which IDs are granted",
		},
	}
}

func writeSymptoms() []check {
	return []check{
		{name: "write: neither setuid nor a file capability", why: "no-privilege", install: "plain", args: granted, status: 1, first: writePermission, second: "(?i)setuid"},
		{
			name: "write: nosuid mount", why: "no-privilege", args: granted, status: 1, first: writePermission, second: "nosuid",
			tune: func(w *world, start *harness.Start) { start.NoSuid = []string{w.dir} },
		},
		{
			name: "write: nosuid mount, file capability", why: "no-privilege", install: "filecap", args: granted, status: 1, first: writePermission, second: "nosuid",
			tune: func(w *world, start *harness.Start) { start.NoSuid = []string{w.dir} },
		},
		{
			name: "write: no_new_privs", why: "no-privilege", args: granted, status: 1, first: writePermission, second: "no_new_privs",
			tune: func(_ *world, start *harness.Start) { start.NoNewPrivs = true },
		},
		{
			name: "write: no_new_privs, file capability", install: "filecap", args: granted, status: 1, first: writePermission, second: "no_new_privs",
			tune: func(_ *world, start *harness.Start) { start.NoNewPrivs = true },
		},
		{
			name: "write: the capability is not in the bounding set", why: "no-privilege", args: granted, status: 1, first: writePermission, second: "(?i)bounding",
			tune: dropping(unix.CAP_SETUID, unix.CAP_SETGID),
		},
		{
			name: "write: SECBIT_NOROOT", why: "no-privilege", differs: "M40", args: granted, status: 1, first: writePermission, second: "SECBIT_NOROOT",
			tune: func(_ *world, start *harness.Start) { start.SecureBits = 1 },
		},
		{
			name: "write: SECBIT_NOROOT, file capability", install: "filecap", args: granted, mapped: oneMapped,
			tune: func(_ *world, start *harness.Start) { start.SecureBits = 1 },
		},
		{
			name: "open: /proc is read-only", why: "proc-read-only", args: granted, status: 1, first: "{tool}: open of {kind}_map failed: Read-only file system", second: "/proc is mounted read-only",
			tune: func(_ *world, start *harness.Start) { start.Proc = "read-only" },
		},
		{
			name: "open: own id, /proc is read-only", args: []string{"{pid}", "0", "{own}", "1"}, status: 1,
			first: "{tool}: open of {kind}_map failed: Read-only file system", second: "/proc is mounted read-only",
			tune: func(_ *world, start *harness.Start) { start.Proc = "read-only" }, differs: "newgidmap M32",
		},
		{
			name: "write: already mapped", why: "already-mapped", args: granted, after: mapped, status: 1, first: writePermission, second: "(?i)already",
			mapped: "0 {own} 1", uid: "0 1001 1", gid: "0 2001 1",
		},
		{
			differs: "newgidmap M28", name: "write: the same map again", why: "already-mapped", args: []string{"{pid}", "0", "{own}", "1"}, after: mapped, status: 1, second: "(?i)already",
			first: writePermission, mapped: "0 {own} 1", uid: "0 1001 1", gid: "0 2001 1",
		},
		{
			name: "write: the namespace around does not contain the range", why: "outside-namespace", as: &root, grants: "root:200000:10\n", status: 1, first: writePermission,
			second: "(?i)parent|outer|around|contain", args: []string{"{pid}", "0", "200000", "10"}, target: inContainer, tune: fromContainer,
		},
		{
			name: "write: the target is nested deeper", why: "not-a-child", args: granted, status: 1, first: writePermission, second: "(?i)parent|nested|namespace",
			target: running("unshare", "-U", "-r", "unshare", "-U", "cat"), groups: "deny",
		},
		{
			name: "write: the target is in our own namespace", why: "same-namespace", args: granted, status: 1, first: writePermission, second: "(?i)namespace",
			target: running("cat"), mapped: "0 0 4294967295", uid: "0 0 4294967295", gid: "0 0 4294967295",
		},
		{
			name: "write: another user made the namespace", why: "other-maker", alone: true, args: granted, status: 1, first: writePermission, second: "(?i)another user made|made by user 1002",
			target: inBobs,
		},
		{
			name: "write: host uid 0 without CAP_SETFCAP in the bounding set", why: "no-setfcap", tool: "newuidmap", grants: "alice:0:10\n", args: []string{"{pid}", "0", "0", "10"},
			status: 1, first: writePermission, second: "(?i)setfcap", tune: dropping(unix.CAP_SETFCAP),
		},
		{
			name: "write: host uid 0 with the file capability cap_setuid alone", why: "no-setfcap", tool: "newuidmap", install: "filecap", grants: "alice:0:10\n",
			args: []string{"{pid}", "0", "0", "10"}, status: 1, first: writePermission, second: "(?i)setfcap",
		},
		{
			name: "open: the target is not dumpable", why: "not-dumpable", args: granted, status: 1, first: "{tool}: open of {kind}_map failed: Permission denied",
			second: "(?i)dumpable", target: undumpable, differs: "M11",
		},
		{
			name: "open: the target is not dumpable, file capability", install: "filecap", args: granted, status: 1,
			first: "{tool}: open of {kind}_map failed: Permission denied", second: "(?i)dumpable", target: undumpable,
		},
		{
			name: "open: own gid, the target is not dumpable", tool: "newgidmap", install: "filecap", args: []string{"{pid}", "0", "{own}", "1"}, status: 1,
			first: "newgidmap: open of gid_map failed: Permission denied", differs: "M32", second: "(?i)dumpable", target: undumpable,
		},
		{
			name: "open: a setuid program without CAP_DAC_OVERRIDE", args: granted, mapped: oneMapped, differs: "M12", tune: dropping(unix.CAP_DAC_OVERRIDE),
		},
		{
			name: "open: own id, a setuid program without CAP_DAC_OVERRIDE", args: []string{"{pid}", "0", "{own}", "1"}, mapped: "0 {own} 1",
			differs: "M12", tune: dropping(unix.CAP_DAC_OVERRIDE), tool: "newuidmap",
		},
		{
			name: "open: own id, a setuid program without CAP_DAC_OVERRIDE", args: []string{"{pid}", "0", "{own}", "1"}, mapped: "0 {own} 1",
			differs: "M12", tune: dropping(unix.CAP_DAC_OVERRIDE), tool: "newgidmap", groups: "deny",
		},
	}
}

// inBobs is a process of the caller's in a user namespace that bob made. Nobody but root can bring one there.
func inBobs(w *world) (*harness.Target, error) {
	bobs, err := harness.Hold(bob, "unshare", "-U", "cat")
	if err != nil {
		return nil, err
	}
	w.t.Cleanup(bobs.Release)
	return harness.Hold(root, "setpriv", "--reuid=1001", "--regid=2001", "--clear-groups", "--inh-caps=+sys_admin,+sys_ptrace", "--ambient-caps=+sys_admin,+sys_ptrace",
		"nsenter", "--preserve-credentials", "-U", "-t", strconv.Itoa(bobs.PID), "cat")
}

func dropping(capabilities ...int) func(*world, *harness.Start) {
	return func(_ *world, start *harness.Start) { start.DropBounding = capabilities }
}

// inContainer is a process in a namespace whose parent, the container, has the host's ids 0 to 999 and 100000 on.
func inContainer(w *world) (*harness.Target, error) {
	outer, err := harness.Hold(w.caller, "unshare", "-U", "--kill-child=KILL", "--fork", "cat")
	if err != nil {
		return nil, err
	}
	w.t.Cleanup(outer.Release)
	child, err := outer.Child()
	if err != nil {
		return nil, err
	}
	for _, name := range []string{"uid_map", "gid_map"} {
		if err := child.Write(name, "0 0 1000\n100000 100000 10\n"); err != nil {
			return nil, err
		}
	}
	w.container = child.PID
	return harness.Hold(w.caller, "nsenter", "-t", strconv.Itoa(child.PID), "-U", "-S", "0", "-G", "0", "unshare", "-U", "cat")
}

// fromContainer starts the program as root of the container of inContainer.
func fromContainer(w *world, start *harness.Start) {
	start.Argv = append([]string{"nsenter", "-t", strconv.Itoa(w.container), "-U", "-S", "0", "-G", "0", start.Path}, start.Argv[1:]...)
	start.Path = "/usr/bin/nsenter"
}

func rangeSymptoms() []check {
	request := []string{"{pid}", "0", "5", "10"}
	return []check{
		{name: "range: says who was looked up", args: request, status: 1, first: noRange, second: `alice.*1001|1001.*alice`},
		{name: "range: says which file was read", args: request, status: 1, first: noRange, second: "{file}"},
		{name: "range: says what is granted", args: request, status: 1, first: noRange, second: "100000"},
		{
			name: "range: says that nothing is granted", grants: "bob:100000:65536\n", args: request, status: 1, first: noRange,
			second: "(?i)no (range|line|grant)|nothing|none",
		},
		{
			name: "range: says which grant is nearest", grants: "alice:700000:10\nalice:16:10\nalice:300000:10\nalice:400000:10\n", args: request,
			status: 1, first: noRange, second: `\b16\b`,
		},
		{
			name: "range: a newline in a login name stays out of the message", users: "eve\\n:x:1009:2009::/:/bin/sh\n", as: &harness.Owner{UID: 1009, GID: 2009},
			args: request, status: 1, first: noRange,
		},
	}
}

func ownerSymptoms() []check {
	aux := harness.Owner{UID: 1001, GID: 2100, Groups: []uint32{2100}}
	return []check{
		{
			name: "owner: another user's target", why: "other-user", target: bobs, args: granted, status: 1, second: "1002|bob",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:1002, gid:2001 pw_gid:2001 st_gid:2002", differs: "M03",
		},
		{
			name: "owner: root's target", target: ownedBy(root), args: granted, status: 1, second: "(?i)root|user 0",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:0, gid:2001 pw_gid:2001 st_gid:0", differs: "M03",
		},
		{
			name: "owner: root does not act for a user", as: &root, grants: "root:100000:10\n", target: ownedBy(alice), args: granted, status: 1,
			first: notOwned + "uid:0 pw_uid:0 st_uid:1001, gid:0 pw_gid:0 st_gid:2001", differs: "M03",
		},
		{
			name: "owner: the target ran a setuid program", why: "ran-setuid", args: granted, status: 1, second: "(?i)setuid", target: setuidCat, mapped: "0 0 4294967295", uid: "0 0 4294967295", gid: "0 0 4294967295",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:0, gid:2001 pw_gid:2001 st_gid:2001", differs: "M03",
		},
		{
			name: "owner: newgrp changed the group of both", why: "group-changed", as: &aux, args: granted, status: 1, second: "(?i)group.*(newgrp|sg)|(newgrp|sg).*group",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:1001, gid:2100 pw_gid:2001 st_gid:2100", differs: "M03",
		},
		{
			name: "owner: newgrp changed the group of the caller", why: "group-changed", as: &aux, target: ownedBy(alice), args: granted, status: 1, second: "(?i)group",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:1001, gid:2100 pw_gid:2001 st_gid:2001", differs: "M03",
		},
		{
			name: "owner: newgrp changed the group of the target", why: "other-group", target: ownedBy(aux), args: granted, status: 1, second: "(?i)group",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:1001, gid:2001 pw_gid:2001 st_gid:2100", differs: "M03",
		},
		{
			name: "owner: sg itself", as: &harness.Owner{UID: 1001, GID: 2001, Groups: []uint32{2100}}, shell: "exec sg aux -c '{tool} {pid} 0 100000 10'", status: 1,
			second: "(?i)group", first: notOwned + "uid:1001 pw_uid:1001 st_uid:1001, gid:2100 pw_gid:2001 st_gid:2001", differs: "M03",
		},
		{
			name: "owner: a setgid shell of the group of hidepid's gid= option", as: &aux, args: granted, status: 1, second: "(?i)group",
			first: notOwned + "uid:1001 pw_uid:1001 st_uid:1001, gid:2100 pw_gid:2001 st_gid:2100", differs: "M03",
			tune: func(_ *world, start *harness.Start) { start.Proc = "hidepid=2,gid=2100" },
		},
		{
			name: "owner: hidepid=2 does not hide one's own", args: granted, mapped: oneMapped,
			tune: func(_ *world, start *harness.Start) { start.Proc = "hidepid=2" },
		},
		{
			name: "owner: hidepid=2, file capability", install: "filecap", args: granted, mapped: oneMapped,
			tune: func(_ *world, start *harness.Start) { start.Proc = "hidepid=2" },
		},
		{
			name: "target: gone", why: "process-gone", after: gone, args: granted, status: 1, first: noTarget, differs: "M02", second: "(?i)gone|ended|exist|no (such )?process",
			mapped: "(none)", uid: "(none)", gid: "(none)", groups: "(none)",
		},
		{
			name: "target: a zombie", why: "not-dumpable", after: dead, args: granted, status: 1, first: "{tool}: open of {kind}_map failed: Permission denied", second: "(?i)ended|zombie",
			differs: "M11",
		},
		{
			name: "target: the caller's own shell", tool: "newuidmap", target: nothing, groups: "-", shell: "newuidmap $$ 0 100000 10; exit $?", status: 1, first: writePermission,
			second: "(?i)namespace",
		},
		{
			name: "target: the caller's own shell (shadow#1117)", tool: "newuidmap", target: nothing, groups: "-", status: 1,
			shell: "newuidmap $$ 4294967295 4294967295 10; exit $?", first: "newuidmap: subuid overflow detected.",
		},
		{
			name: "target: in a pid namespace of its own", args: granted, mapped: oneMapped, target: running("unshare", "-U", "-p", "cat"),
		},
		{
			name: "target: in many namespaces", args: granted, mapped: oneMapped, target: running("unshare", "-U", "-m", "-n", "-i", "-u", "-C", "--propagation", "unchanged", "cat"),
		},
		{
			name: "target: hidden by hidepid", why: "process-hidden", install: "filecap", target: bobs, args: granted, status: 1, first: noTarget, differs: "M02", second: "(?i)hidepid",
			tune: func(_ *world, start *harness.Start) { start.Proc = "hidepid=2" },
		},
		{
			name: "target: hidden by hidepid, setuid", why: "process-hidden", target: bobs, args: granted, status: 1, differs: "M33", first: noTarget, second: "(?i)hidepid",
			tune: func(_ *world, start *harness.Start) { start.Proc = "hidepid=2" },
		},
		{
			name: "target: no /proc", why: "no-proc", args: granted, status: 1, first: noTarget, differs: "M02", second: "(?i)/proc.*mounted|mount.*/proc",
			tune: func(_ *world, start *harness.Start) { start.Proc = "none" },
		},
		{
			name: "user: no passwd entry", why: "no-account", as: &harness.Owner{UID: 4242, GID: 4242}, grants: "4242:100000:10\n", args: granted, status: 1,
			first: "{tool}: Cannot determine your user name.", second: "4242",
		},
		{
			name: "user: no passwd entry, own id", as: &harness.Owner{UID: 4242, GID: 4242}, args: []string{"{pid}", "0", "{own}", "1"}, status: 1,
			first: "{tool}: Cannot determine your user name.", second: "4242",
		},
		{
			name: "user: no /etc/passwd", why: "account-unknown", files: map[string]harness.File{"/etc/passwd": {Absent: true}}, args: granted, status: 1,
			first: "{tool}: Cannot determine your user name.", second: "passwd",
		},
		{
			name: "user: $USER is not asked", as: &harness.Owner{UID: 4242, GID: 4242}, args: granted, status: 1, first: "{tool}: Cannot determine your user name.",
			tune: func(_ *world, start *harness.Start) { start.Env = append(start.Env, "USER=alice", "LOGNAME=alice") },
		},
	}
}

// undumpable is a target in a user namespace whose files in /proc belong to root; its directory still belongs to the caller.
func undumpable(w *world) (*harness.Target, error) {
	return running(append([]string{"unshare", "-U"}, harness.Undumpable(suiteBinary)...)...)(w)
}

// setuidCat is a target of the caller that runs a setuid root program.
func setuidCat(w *world) (*harness.Target, error) {
	if err := harness.Install("/bin/cat", base+"/suite", "setuidcat", os.FileMode(0o4755)); err != nil {
		return nil, err
	}
	return harness.Hold(w.caller, base+"/suite/setuidcat")
}

// noFile is a granted request that must fail because of {file}.
func noFile(id, name, cause, second string, file harness.File) check {
	why := map[string]string{"No such file or directory": "grants-missing", "Operation not permitted": "grants-untrusted"}[cause]
	if why == "" {
		why = "grants-unreadable"
	}
	return check{
		differs: id,
		name:    "file: " + name, args: granted, files: map[string]harness.File{"{file}": file}, status: 1,
		first: "{tool}: cannot open {file}: " + cause, second: second, why: why,
	}
}

const grantAlice = "alice:100000:65536\n"

func fileSymptoms() []check {
	link := func(c check, text harness.File) check {
		c.files["/etc/elsewhere"] = text
		return c
	}
	hidden := noFile("M13", "not readable for a program with a file capability", "Permission denied", "(?i)read", harness.File{Text: grantAlice, Mode: 0o600})
	hidden.install = "filecap"
	return []check{
		noFile("M13", "missing", "No such file or directory", "(?i)exist|missing|no such", harness.File{Absent: true}),
		hidden,
		noFile("M14", "owned by a user", "Operation not permitted", "(?i)own", harness.File{Text: grantAlice, UID: 1001}),
		noFile("M14", "writable by its group", "Operation not permitted", "(?i)writ", harness.File{Text: grantAlice, Mode: 0o664, GID: 2001}),
		noFile("M14", "writable by everybody", "Operation not permitted", "(?i)writ", harness.File{Text: grantAlice, Mode: 0o666}),
		noFile("M13, M15", "a dangling symlink", "No such file or directory", "(?i)link", harness.File{Link: "/etc/nowhere"}),
		noFile("M13", "a symlink to itself", "Too many levels of symbolic links", "(?i)link", harness.File{Link: "/etc/sub{kind}"}),
		noFile("M13, M48", "a folder", "Operation not permitted", "(?i)regular", harness.File{Kind: unix.S_IFDIR, Mode: 0o755}),
		noFile("M14", "a FIFO", "Operation not permitted", "(?i)regular", harness.File{Kind: unix.S_IFIFO}),
		noFile("M13, M15", "a device", "Operation not permitted", "(?i)regular", harness.File{Link: "/dev/zero"}),
		link(noFile("M13, M15", "a symlink to a user's file", "Operation not permitted", "(?i)own", harness.File{Link: "/etc/elsewhere"}), harness.File{Text: grantAlice, UID: 1001}),
		link(noFile("M13, M15", "a symlink to a writable file", "Operation not permitted", "(?i)writ", harness.File{Link: "/etc/elsewhere"}), harness.File{Text: grantAlice, Mode: 0o666}),
		{
			name: "file: writable by root's group", args: granted, mapped: oneMapped,
			files: map[string]harness.File{"{file}": {Text: grantAlice, Mode: 0o664}},
		},
		{
			differs: "M15", name: "file: a symlink to a good file", args: granted, mapped: oneMapped,
			files: map[string]harness.File{"{file}": {Link: "elsewhere"}, "/etc/elsewhere": {Text: grantAlice}},
		},
		{
			differs: "M15", name: "file: a symlink to a symlink to a good file", args: granted, mapped: oneMapped,
			files: map[string]harness.File{"{file}": {Link: "/etc/elsewhere"}, "/etc/elsewhere": {Link: "/etc/further"}, "/etc/further": {Text: grantAlice}},
		},
		{
			name: "file: not readable for others, setuid", args: granted, mapped: oneMapped,
			files: map[string]harness.File{"{file}": {Text: grantAlice, Mode: 0o600}},
		},
		{
			name: "file: read-only", args: granted, mapped: oneMapped, files: map[string]harness.File{"{file}": {Text: grantAlice, Mode: 0o444}},
		},
		{
			name: "file: owned by a group that cannot write", args: granted, mapped: oneMapped,
			files: map[string]harness.File{"{file}": {Text: grantAlice, GID: 2001}},
		},
	}
}
