package newidmap

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/whynot/install"
)

// distinct checks that each advice holds its word and that no two are the same: a message that fits two causes helps
// nobody.
type distinct map[string]string

func (d distinct) check(t *testing.T, name, advice, word string) {
	t.Helper()
	if !strings.Contains(advice, word) {
		t.Errorf("%s: %q does not say %q", name, advice, word)
	}
	if other, twice := d[advice]; twice {
		t.Errorf("%s and %s have the same advice: %q", name, other, advice)
	}
	d[advice] = name
}

func mappings(t *testing.T, words string) []idmap.Mapping {
	t.Helper()
	asked, err := idmap.ParseMappings(strings.Fields(words))
	if err != nil {
		t.Fatal(err)
	}
	return asked
}

func TestExplainWrite(t *testing.T) {
	setuid, setfcap := privilege.Of(unix.CAP_SETUID), privilege.Of(unix.CAP_SETFCAP)
	good := install.Facts{SetuidRoot: true, Bounding: true}
	child := namespace{known: true, child: true, owner: 1000}
	all := idMap("         0          0 4294967295\n")
	base := writeFacts{errno: unix.EPERM, caller: 1000, install: good, namespace: child, parent: all}
	cases := []struct {
		name   string
		change func(f *writeFacts)
		word   string
	}{
		{"nothing found", func(*writeFacts) {}, "security module"},
		{"gone", func(f *writeFacts) { f.gone = true }, "ended"},
		{"already written", func(f *writeFacts) { f.written = true }, "written already"},
		{"same namespace", func(f *writeFacts) { f.written, f.namespace.ours = true, true }, "same user namespace"},
		{"grandchild", func(f *writeFacts) { f.namespace.child = false }, "directly below"},
		{"another's namespace", func(f *writeFacts) { f.namespace.owner = 1001 }, "made by user 1001"},
		{"a closed namespace", func(f *writeFacts) { f.namespace = namespace{closed: true} }, "may not look"},
		{"no privilege in the file", func(f *writeFacts) { f.missing, f.install = setuid, install.Facts{Bounding: true} }, "neither the setuid bit"},
		{"setuid, not root's", func(f *writeFacts) { f.missing, f.install = setuid, install.Facts{SetuidOther: true, Bounding: true} }, "chown root"},
		{"nosuid", func(f *writeFacts) { f.missing, f.install.Nosuid = setuid, true }, "nosuid"},
		{"nosuid, file capabilities", func(f *writeFacts) {
			f.missing, f.install = setuid|setfcap, install.Facts{FileCaps: true, Nosuid: true, NoNewPrivs: true, Bounding: true}
		}, "nosuid"},
		{"no_new_privs", func(f *writeFacts) { f.missing, f.install.NoNewPrivs = setuid, true }, "no_new_privs"},
		{"bounding set", func(f *writeFacts) { f.missing, f.install.Bounding = setuid, false }, "bounding set"},
		{"traced", func(f *writeFacts) { f.missing = setuid }, "traced"},
		{"root's id, file capabilities", func(f *writeFacts) {
			f.missing, f.install = setfcap, install.Facts{FileCaps: true, Bounding: true}
		}, "setcap cap_setuid,cap_setfcap+ep"},
		{"root's id, bounding set", func(f *writeFacts) { f.missing = setfcap }, "CAP_SETFCAP"},
		{"outside of the parent", func(f *writeFacts) { f.parent = idMap("0 100000 65536\n") }, "[100000-100010)"},
		{"other errors", func(f *writeFacts) { f.errno = unix.EIO }, "Input/output error"},
		{"too many lines for an old kernel", func(f *writeFacts) { f.errno = unix.EINVAL }, "4.15"},
	}
	asked := mappings(t, "0 0 1 1 1 1 2 2 1 3 3 1 4 4 1 5 100000 10")
	seen := distinct{}
	for _, c := range cases {
		f := base
		c.change(&f)
		advice := explainWrite(idmap.UID, asked, f)
		if c.name == "nosuid, file capabilities" {
			delete(seen, advice) // the same cause as nosuid
		}
		seen.check(t, c.name, advice, c.word)
	}
	if advice := explainWrite(idmap.UID, mappings(t, "0 1 1"), writeFacts{errno: unix.EINVAL}); !strings.Contains(advice, "Invalid argument") {
		t.Errorf("EINVAL: %q", advice)
	}
}

func TestExplainInstallNamesTheCapability(t *testing.T) {
	for kind, word := range map[idmap.Kind]string{idmap.UID: "setcap cap_setuid+ep", idmap.GID: "setcap cap_setgid+ep"} {
		if advice := (install.Facts{}).Explain(need(kind)); !strings.Contains(advice, word) {
			t.Errorf("%q does not say %q", advice, word)
		}
	}
}

func TestExplainOpen(t *testing.T) {
	seen := distinct{}
	seen.check(t, "gone", explainOpen(unix.ENOENT, true, false), "ended")
	seen.check(t, "not dumpable", explainOpen(unix.EACCES, false, true), "not dumpable")
	seen.check(t, "forbidden", explainOpen(unix.EACCES, false, false), "security module")
	seen.check(t, "hidden", explainOpen(unix.EPERM, false, false), "hidepid")
	seen.check(t, "old kernel", explainOpen(unix.ENOENT, false, false), "CONFIG_USER_NS")
	seen.check(t, "other", explainOpen(unix.EMFILE, false, false), "Too many open files")
}

func TestExplainOwner(t *testing.T) {
	u := alice()
	known := func(started, runs owner) ownerFacts {
		return ownerFacts{known: true, real: started, eff: runs, procGID: -1}
	}
	none := ownerFacts{procGID: -1}
	hidepid := known(owner{1000, 1000}, owner{1000, 1000})
	hidepid.procGID = 99
	switched := u
	switched.gid = 27
	cases := []struct {
		name string
		u    user
		st   owner
		f    ownerFacts
		word string
	}{
		{"another user's", u, owner{1001, 1001}, known(owner{1001, 1001}, owner{1001, 1001}), "belongs to user 1001"},
		{"setuid program", u, owner{0, 1000}, known(owner{1000, 1000}, owner{0, 1000}), "setuid program"},
		{"not dumpable", u, owner{0, 0}, known(owner{1000, 1000}, owner{1000, 1000}), "not dumpable"},
		{"nothing known", u, owner{0, 0}, none, "belongs to user 0"},
		{"newgrp", switched, owner{1000, 27}, known(owner{1000, 27}, owner{1000, 27}), "GRANT_AUX_GROUP_SUBIDS"},
		{"hidepid's group", u, owner{1000, 99}, hidepid, "gid=99"},
		{"setgid program", u, owner{1000, 27}, known(owner{1000, 1000}, owner{1000, 27}), "ran a setgid program"},
		{"started under sg", u, owner{1000, 27}, known(owner{1000, 27}, owner{1000, 27}), "same shell"},
	}
	seen := distinct{}
	for _, c := range cases {
		seen.check(t, c.name, explainOwner(c.u, c.st, c.f), c.word)
	}
	// A process that really has the group of hidepid is not a matter of the mount.
	f := known(owner{1000, 99}, owner{1000, 99})
	f.procGID = 99
	if advice := explainOwner(u, owner{1000, 99}, f); !strings.Contains(advice, "same shell") {
		t.Errorf("%q", advice)
	}
}

func TestExplainTarget(t *testing.T) {
	seen := distinct{}
	for cause, word := range map[target.Cause]string{
		target.Unknown: "Input/output error", target.Gone: "no such process", target.Hidden: "hidepid", target.NoProc: "no procfs",
		target.NotOpen: "not an open descriptor", target.NotInherited: "not passed on", target.NotDirectory: "neither a directory nor a pidfd",
		target.OtherFS: "outside", target.NotProcess: "not the one of a process", target.OutsidePidNS: "pid namespace", target.OldKernel: "5.1",
	} {
		seen.check(t, word, explainTarget(idmap.Target{FD: 7}, &target.Error{Cause: cause, Errno: unix.EIO}), word)
	}
}

func TestNoTarget(t *testing.T) {
	p := program{kind: idmap.GID}
	err := p.noTarget(idmap.Target{PID: 42, FD: -1}, &target.Error{Cause: target.Gone, Errno: unix.ENOENT})
	failure, ok := err.(*verdict.Failure)
	if !ok || failure.Headline != "Could not open proc directory for target 42: No such file or directory" {
		t.Errorf("a process that is gone: %v", err)
	}
	err = p.noTarget(idmap.Target{FD: 7}, &target.Error{Cause: target.NotProcess, Errno: unix.EBADF})
	refusal, ok := err.(*verdict.Refusal)
	if !ok || !refusal.Usage || refusal.Headline != "" || !strings.Contains(refusal.Advice, "fd:7") {
		t.Errorf("a wrong descriptor: %v", err)
	}
	err = p.noTarget(idmap.Target{FD: 7}, &target.Error{Cause: target.OutsidePidNS})
	if failure, ok = err.(*verdict.Failure); !ok || !strings.HasPrefix(failure.Headline, "Could not open proc directory for target fd:7: ") {
		t.Errorf("a pidfd from elsewhere: %v", err)
	}
}

func TestNoGrants(t *testing.T) {
	seen := distinct{}
	untrusted := &trusted.UntrustedError{Path: "/f", Fault: trusted.Writable}
	cases := []struct {
		name     string
		err      error
		link     string
		headline string
		word     string
	}{
		{"missing", unix.ENOENT, "", "cannot open /f: No such file or directory", "does not exist"},
		{"dangling", unix.ENOENT, "/gone", "cannot open /f: No such file or directory", "symbolic link to /gone"},
		{"unreadable", unix.EACCES, "", "cannot open /f: Permission denied", "mode 644"},
		{"untrusted", untrusted, "", "cannot open /f: Operation not permitted", "writable by group or others"},
		{"other", unix.EIO, "", "cannot open /f: Input/output error", "Input/output error"},
	}
	for _, c := range cases {
		failure := noGrants("/f", alice(), c.err, c.link).(*verdict.Failure)
		if failure.Headline != c.headline {
			t.Errorf("%s: %q", c.name, failure.Headline)
		}
		seen.check(t, c.name, failure.Advice, c.word)
	}
}
