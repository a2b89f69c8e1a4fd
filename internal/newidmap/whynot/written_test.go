package whynot

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
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
	q := idmap.Parse(idmap.UID, strings.Fields(words))
	if q.Wrong != nil {
		t.Fatal(q.Wrong)
	}
	return q.Asked
}

func TestExplainWrite(t *testing.T) {
	setuid, setfcap := privilege.Of(unix.CAP_SETUID), privilege.Of(unix.CAP_SETFCAP)
	good := install.Facts{SetuidRoot: true, Bounding: true}
	child := namespace{known: true, child: true, owner: 1000}
	all := idMap("         0          0 4294967295\n")
	base := writeFacts{err: unix.EPERM, caller: 1000, install: good, namespace: child, parent: all}
	cases := []struct {
		name   string
		change func(f *writeFacts)
		word   string
	}{
		{"nothing found", func(*writeFacts) {}, "security module"},
		{"gone", func(f *writeFacts) { f.gone = true }, "ended"},
		{"already written", func(f *writeFacts) { f.mapped = true }, "written already"},
		{"same namespace", func(f *writeFacts) { f.mapped, f.namespace.ours = true, true }, "same user namespace"},
		{"grandchild", func(f *writeFacts) { f.namespace.child = false }, "directly below"},
		{"another's namespace", func(f *writeFacts) { f.namespace.owner = 1001 }, "made by user 1001"},
		{"a closed namespace", func(f *writeFacts) { f.namespace = namespace{closed: true} }, "may not look"},
		{"no privilege in the file", func(f *writeFacts) { f.missing, f.install = setuid, install.Facts{Bounding: true} }, "neither the setuid bit"},
		{"setuid, not root's", func(f *writeFacts) { f.missing, f.install = setuid, install.Facts{SetuidOther: true, Bounding: true} }, "as a file of root's with mode 4755"},
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
		{"other errors", func(f *writeFacts) { f.err = unix.EIO }, "Input/output error"},
		{"too many lines for an old kernel", func(f *writeFacts) { f.err = unix.EINVAL }, "4.15"},
	}
	asked := mappings(t, "0 0 1 1 1 1 2 2 1 3 3 1 4 4 1 5 100000 10")
	seen := distinct{}
	for _, c := range cases {
		f := base
		c.change(&f)
		advice := explainWrite(idmap.UID, asked, f).Advice
		if c.name == "nosuid, file capabilities" {
			delete(seen, advice) // the same cause as nosuid
		}
		seen.check(t, c.name, advice, c.word)
	}
	if advice := explainWrite(idmap.UID, mappings(t, "0 1 1"), writeFacts{err: unix.EINVAL}).Advice; !strings.Contains(advice, "Invalid argument") {
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
	seen.check(t, "gone", explainOpen(unix.ENOENT, true, false).Advice, "ended")
	seen.check(t, "not dumpable", explainOpen(unix.EACCES, false, true).Advice, "not dumpable")
	seen.check(t, "forbidden", explainOpen(unix.EACCES, false, false).Advice, "security module")
	seen.check(t, "hidden", explainOpen(unix.EPERM, false, false).Advice, "hidepid")
	seen.check(t, "old kernel", explainOpen(unix.ENOENT, false, false).Advice, "CONFIG_USER_NS")
	seen.check(t, "other", explainOpen(unix.EMFILE, false, false).Advice, "Too many open files")
}
