//go:build system

package maps

import (
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// privilegeCases are about privilege: both installs, little privilege, setgroups, nothing half done.
func privilegeCases() []check {
	return append(append(append(installCases(), setgroupsCases()...), writeCases()...), kernelCases()...)
}

// allBut drops every capability from the bounding set except the given ones.
func allBut(kept ...int) func(*world, *harness.Start) {
	var dropped []int
	for capability := 0; capability <= unix.CAP_LAST_CAP; capability++ {
		if !slices.Contains(kept, capability) {
			dropped = append(dropped, capability)
		}
	}
	return dropping(dropped...)
}

func installCases() []check {
	host0 := []string{"{pid}", "0", "0", "10"}
	const grants = "alice:0:10\n"
	return []check{
		{name: "install: file capability", install: "filecap", args: granted, mapped: oneMapped},
		{
			name: "install: file capability, several ranges", install: "filecap", args: []string{"{pid}", "0", "{own}", "1", "1", "100000", "65536"},
			mapped: "0 {own} 1, 1 100000 65536",
		},
		{name: "install: file capability, refused", install: "filecap", args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange},
		{name: "install: file capability, host gid 0", tool: "newgidmap", install: "filecap", grants: grants, args: host0, mapped: "0 0 10"},
		{name: "install: file capabilities with cap_setfcap, host id 0", install: "filecap0", grants: grants, args: host0, mapped: "0 0 10"},
		{name: "install: setuid, host id 0", grants: grants, args: host0, mapped: "0 0 10"},
		{name: "install: setuid, bounding set of just the one capability", args: granted, mapped: oneMapped, tune: allBut(unix.CAP_SETUID, unix.CAP_SETGID), differs: "M12"},
		{name: "install: setuid, no CAP_SYS_ADMIN in the bounding set (rootlesskit#404)", args: granted, mapped: oneMapped, tune: dropping(unix.CAP_SYS_ADMIN), differs: "M12"},
		{
			name: "install: setuid, Docker's bounding set", args: granted, mapped: oneMapped, differs: "M12",
			tune: allBut(unix.CAP_CHOWN, unix.CAP_DAC_OVERRIDE, unix.CAP_FSETID, unix.CAP_FOWNER, unix.CAP_MKNOD, unix.CAP_NET_RAW, unix.CAP_SETGID, unix.CAP_SETUID,
				unix.CAP_SETFCAP, unix.CAP_SETPCAP, unix.CAP_NET_BIND_SERVICE, unix.CAP_SYS_CHROOT, unix.CAP_KILL, unix.CAP_AUDIT_WRITE),
		},
		{
			name: "install: file capability, bounding set of just the one capability", install: "filecap", args: granted, mapped: oneMapped,
			tune: allBut(unix.CAP_SETUID, unix.CAP_SETGID),
		},
		{name: "install: run by root, no setuid bit", install: "plain", as: &root, grants: "root:100000:10\n", args: granted, mapped: oneMapped},
	}
}

// setgroupsCases are CVE-2018-7169: who may not use subgid must not be able to drop a group.
func setgroupsCases() []check {
	gid := func(name, groups string, args ...string) check {
		return check{name: "setgroups: " + name, tool: "newgidmap", groups: groups, args: append([]string{"{pid}"}, args...)}
	}
	own := gid("own gid alone: denied (CVE-2018-7169)", "deny", "0", "{own}", "1")
	own.mapped = "0 2001 1"
	again := gid("own gid alone, denied before", "deny", "0", "{own}", "1")
	again.mapped, again.after = "0 2001 1", denied
	usedBefore := gid("a range, denied before: stays", "deny", one...)
	usedBefore.mapped, usedBefore.after = oneMapped, denied
	both := gid("own gid and a range", "allow", "0", "{own}", "1", "1", "100000", "10")
	both.mapped = "0 2001 1, 1 100000 10"
	behind := gid("a range and own gid", "allow", "1", "100000", "10", "0", "{own}", "1")
	behind.mapped = "1 100000 10, 0 2001 1"
	covered := gid("own gid that subgid grants", "allow", "0", "{own}", "1")
	covered.mapped, covered.grants = "0 2001 1", "alice:2001:1\n"
	roots := gid("own gid of root: denied too", "deny", "0", "0", "1")
	roots.mapped, roots.as = "0 0 1", &root
	none := gid("own gid, no subgid at all", "deny", "0", "{own}", "1")
	none.mapped, none.grants = "0 2001 1", "#\n"
	refused := gid("a refused range behind one's own gid: nothing is done", "allow", "0", "{own}", "1", "1", "5", "10")
	refused.status, refused.first = 1, "newgidmap: gid range [1-11) -> [5-15) not allowed"
	bounds := gid("a bad number behind one's own gid: nothing is done", "allow", "0", "{own}", "1", "1", "100000", "4294967296")
	bounds.status, bounds.first = 1, "newgidmap: subuid overflow detected."
	short := gid("wrong arity behind one's own gid: nothing is done", "allow", "0", "{own}", "1", "1")
	short.status, short.usage, short.differs = 1, true, "M05"
	failed := gid("the write fails: setgroups may be denied already", "deny", "0", "{own}", "1")
	failed.status, failed.first, failed.install = 1, "newgidmap: write to gid_map failed: Operation not permitted", "filecap"
	failed.target = running("unshare", "-U", "-r", "unshare", "-U", "cat")
	uid := check{name: "setgroups: newuidmap leaves it alone", tool: "newuidmap", args: []string{"{pid}", "0", "{own}", "1"}, mapped: "0 1001 1"}
	old := gid("a kernel without it: a warning", "allow", "0", "{own}", "1")
	old.mapped, old.first, old.tune = "0 2001 1", "newgidmap: kernel doesn't support setgroups restrictions", opening("ENOENT")
	oldRange := gid("a kernel without it, a range", "allow", one...)
	oldRange.mapped, oldRange.tune = oneMapped, opening("ENOENT")
	unreadable := gid("it cannot be opened", "allow", "0", "{own}", "1")
	unreadable.why = "open-refused"
	unreadable.status, unreadable.first, unreadable.tune = 1, "newgidmap: couldn't open process setgroups: Input/output error", opening("EIO")
	return []check{old, oldRange, unreadable, own, again, usedBefore, both, behind, covered, roots, none, refused, bounds, short, failed, uid}
}

// opening makes the opening of setgroups fail with the error of that name.
func opening(err string) func(*world, *harness.Start) {
	return func(_ *world, start *harness.Start) { injected(start, "setgroups", "inject=openat:error="+err) }
}

// injected starts the program under strace, which changes the system calls that use path; strace runs as root, so that
// setuid works under it.
func injected(start *harness.Start, path, what string) {
	start.Argv = append([]string{"strace", "-u", "alice", "-f", "-qq", "-o", "/dev/null", "-P", path, "-e", what, start.Path}, start.Argv[1:]...)
	start.Path, start.UID, start.GID = "/usr/bin/strace", 0, 0
}

// faulty makes system calls fail whatever they are about.
func faulty(start *harness.Start, what string) {
	start.Argv = append([]string{"strace", "-u", "alice", "-f", "-qq", "-o", "/dev/null", "-e", what, start.Path}, start.Argv[1:]...)
	start.Path, start.UID, start.GID = "/usr/bin/strace", 0, 0
}

// kernelCases are answers of a kernel, or of a filter of system calls, that this one does not give of itself.
func kernelCases() []check {
	const opened, wrote = "{tool}: open of {kind}_map failed: ", "{tool}: write to {kind}_map failed: "
	of := func(why, first, second, file, what string) check {
		return check{
			name: "kernel: " + why, why: why, alone: true, args: granted, status: 1, first: first, second: second,
			tune: func(w *world, start *harness.Start) {
				injected(start, strings.ReplaceAll(w.fill(file), "{kind}", strings.TrimSuffix(strings.TrimPrefix(w.tool, "new"), "map")), what)
			},
		}
	}
	const mapFile = "{kind}_map"
	open := func(why, cause, text, second string) check {
		return of(why, opened+text, second, mapFile, "inject=openat:error="+cause)
	}
	write := func(why, cause, text, second string) check {
		return of(why, wrote+text, second, "/proc/{pid}/{kind}_map", "inject=write:error="+cause)
	}
	kept := of("setgroups-kept", "newgidmap: failed to setgroups deny policy: Operation not permitted", "gid_map written already", "/proc/{pid}/setgroups", "inject=write:error=EPERM")
	kept.tool, kept.args = "newgidmap", []string{"{pid}", "0", "{own}", "1"}
	closed := of("process-closed", "{tool}: Could not open proc directory for target {pid}: Too many open files", "cannot be opened", "/proc/{pid}", "inject=openat:error=EMFILE")
	return []check{
		open("files-closed", "EACCES", "Permission denied", "security module"), open("proc-hides-files", "EPERM", "Operation not permitted", "hidepid"),
		open("no-user-namespaces", "ENOENT", "No such file or directory", "CONFIG_USER_NS"), write("map-refused", "EINVAL", "Invalid argument", "does not accept the map"),
		write("write-refused", "EPERM", "Operation not permitted", "none of the usual"), kept, closed,
		{
			name: "kernel: no-capabilities", why: "no-capabilities", alone: true, args: granted, status: 1, first: "{tool}: Could not set caps", second: "capabilities",
			tune: func(_ *world, start *harness.Start) { faulty(start, "inject=capset:error=EPERM") },
		},
		{
			name: "kernel: step-refused", why: "step-refused", alone: true, args: granted, status: 1, first: "{tool}: cannot change the effective user id: Operation not permitted", second: "setresuid",
			tune: func(_ *world, start *harness.Start) { faulty(start, "inject=setresuid:error=EPERM:when=2+") },
		},
	}
}

// writeCases are about the one write of the map. The two cases prove each other: the first that the write is met, the
// second that there is no other.
func writeCases() []check {
	failing := func(when string) func(*world, *harness.Start) {
		return func(w *world, start *harness.Start) {
			path := w.fill("/proc/{pid}/" + map[string]string{"newuidmap": "uid_map", "newgidmap": "gid_map"}[w.tool])
			injected(start, path, "inject=write,writev,pwrite64,pwritev,pwritev2:error=EIO:when="+when)
		}
	}
	const failed = "{tool}: write to {kind}_map failed: Input/output error"
	once := manyLines("340 lines", kernelLines, kernelBytes-1, 0)
	once.name, once.tune = "write: the whole map in one", failing("2+")
	return []check{
		once,
		{name: "write: an error", args: granted, status: 1, first: failed, tune: failing("1")},
		{
			name: "write: an error, own gid: setgroups is denied already", tool: "newgidmap", args: []string{"{pid}", "0", "{own}", "1"}, status: 1, first: failed,
			tune: failing("1"), groups: "deny",
		},
	}
}
