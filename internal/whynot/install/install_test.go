package install

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

func TestFilePermitted(t *testing.T) {
	setuid := []byte{1, 0, 0, 2, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // cap_setuid=ep
	if got := filePermitted(setuid); got != privilege.Of(unix.CAP_SETUID) {
		t.Errorf("%x", got)
	}
	bpf := []byte{1, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0} // cap_bpf=ep, revision 3
	if got := filePermitted(bpf); got != privilege.Of(unix.CAP_BPF) {
		t.Errorf("%x", got)
	}
	for _, short := range [][]byte{nil, {}, setuid[:12], setuid[:19]} {
		if got := filePermitted(short); got != 0 {
			t.Errorf("%d bytes: %x", len(short), got)
		}
	}
}

// TestIsElsewhere: what the kernel shows with another namespace's root does nothing here; what setcap(8) writes is of revision 2.
func TestIsElsewhere(t *testing.T) {
	rooted := func(magic byte, root ...byte) []byte {
		return append([]byte{1, 0, 0, magic, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, root...)
	}
	for what, c := range map[string]struct {
		xattr []byte
		want  bool
	}{
		"a root that nobody has": {rooted(3, 0xfe, 0xff, 0xff, 0xff), true}, "another container's": {rooted(3, 0xa0, 0x86, 1, 0), true},
		"this one's": {rooted(3, 0, 0, 0, 0), false}, "revision 2": {rooted(2), false}, "cut off": {rooted(3, 1, 0, 0), false}, "nothing": {nil, false},
	} {
		if got := isElsewhere(c.xattr); got != c.want {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// Every cause has advice of its own; a program that has to be setuid is not told about file capabilities.
func TestExplain(t *testing.T) {
	need := Need{Program: "newuidmap", Capability: unix.CAP_SETUID, Name: "cap_setuid"}
	good := Facts{SetuidRoot: true, Bounding: true}
	seen := map[string]string{}
	for _, c := range []struct {
		name, word string
		change     func(f *Facts)
	}{
		{"not root's", "belong to root", func(f *Facts) { f.SetuidRoot, f.SetuidOther = false, true }},
		{"nothing", "setcap cap_setuid+ep", func(f *Facts) { f.SetuidRoot = false }},
		{"for another root", "another user namespace", func(f *Facts) { f.SetuidRoot, f.Inert = false, true }},
		{"nosuid", "mounted nosuid", func(f *Facts) { f.Nosuid = true }},
		{"no_new_privs", "no_new_privs", func(f *Facts) { f.NoNewPrivs = true }},
		{"bounding set", "cap_setuid is not in the capability bounding set", func(f *Facts) { f.Bounding = false }},
		{"secure bits", "SECBIT_NOROOT is set", func(f *Facts) { f.NoRoot = true }},
		{"other file capabilities", "setcap -r", func(f *Facts) { f.OtherCaps = true }},
		{"traced", "traced", func(*Facts) {}},
	} {
		f := good
		c.change(&f)
		advice := f.Explain(need)
		if !strings.Contains(advice, c.word) || seen[advice] != "" {
			t.Errorf("%s: %q (as %q)", c.name, advice, seen[advice])
		}
		seen[advice] = c.name
	}
	if advice := (Facts{}).Explain(Need{Program: "lxc-user-nic"}); strings.Contains(advice, "setcap") {
		t.Errorf("%q", advice)
	}
}
