package newidmap

import (
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/subid/logindefs"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/verdict"
)

// text is a file in memory.
type text struct{ io.Reader }

func (text) Close() {}

// machine is a program on a machine with the given grants and login.defs; an error takes a file's place.
func machine(kind idmap.Kind, granted any, defs any) (program, *int) {
	opened := 0
	files := map[string]any{"/grants": granted, "/defs": defs}
	open := func(path string) (file, error) {
		if path == "/grants" {
			opened++
		}
		switch content := files[path].(type) {
		case string:
			return text{strings.NewReader(content)}, nil
		case error:
			return nil, content
		}
		return nil, unix.ENOENT
	}
	noSwitch := func(privilege.Caller) source.Machine { return source.Machine{} }
	return program{kind: kind, loginDefs: "/defs", grants: "/grants", sources: noSwitch, open: open}, &opened
}

func alice() user {
	return user{uid: 1000, gid: 1000, names: []string{"alice"}, groups: []uint32{1000}, defs: logindefs.Default()}
}

// decideOn parses words and decides, as attempt does.
func decideOn(t *testing.T, p program, u user, words string) (Decision, error) {
	t.Helper()
	asked, err := idmap.ParseMappings(strings.Fields(words))
	if err != nil {
		t.Fatal(err)
	}
	d := Decision{Kind: p.kind, Asked: asked}
	found, err := p.find(privilege.Caller{}, u, &d)
	if err != nil {
		return d, err
	}
	err = p.explained(u, &d, p.judge(u, found, &d), always)
	return d, err
}

func TestDecideGrants(t *testing.T) {
	const grants = "alice:100000:65536\n1000:200000:10\nbob:300000:10\n"
	cases := []struct {
		kind   idmap.Kind
		grants any
		words  string
		deny   bool // setgroups(2)
		opened int
		source string
	}{
		{idmap.UID, grants, "0 1000 1", false, 0, ""}, // the own id needs no file
		{idmap.UID, grants, "77 1000 1", false, 0, ""},
		{idmap.UID, unix.ENOENT, "0 1000 1", false, 0, ""},
		{idmap.UID, grants, "0 100000 65536", false, 1, "/grants"},
		{idmap.UID, grants, "0 1000 1 1 100000 65536 65537 200000 10", false, 1, "/grants"},
		{idmap.GID, grants, "0 100000 65536", false, 1, "/grants"},
		{idmap.GID, grants, "0 1000 1 1 100000 65536", false, 1, "/grants"},
		{idmap.GID, grants, "0 1000 1", true, 1, "/grants"}, // CVE-2018-7169
		{idmap.GID, "alice:1000:1\n", "0 1000 1", false, 1, "/grants"},
		{idmap.GID, "bob:1000:1\n", "0 1000 1", true, 1, "/grants"},
		{idmap.GID, "alice:0:0\n", "0 1000 1", true, 1, "/grants"}, // shadow#1689
		{idmap.GID, unix.ENOENT, "0 1000 1", true, 1, ""},
		{idmap.GID, &trusted.UntrustedError{Path: "/grants", Fault: trusted.OtherOwner, UID: 1000}, "0 1000 1", true, 1, ""},
	}
	for _, c := range cases {
		p, opened := machine(c.kind, c.grants, nil)
		d, err := decideOn(t, p, alice(), c.words)
		if err != nil {
			t.Errorf("%v %q: %v", c.kind.Program(), c.words, err)
			continue
		}
		if d.DenyGroup != c.deny || *opened != c.opened || d.Source != c.source || len(d.Rules) != len(d.Asked) {
			t.Errorf("%v %q: deny %v, opened %d, source %q, rules %v", c.kind.Program(), c.words, d.DenyGroup, *opened, d.Source, d.Rules)
		}
	}
}

// What an audit record needs is known of a grant: the rule of each range, the file and the line.
func TestDecideTellsWhichLineGranted(t *testing.T) {
	p, _ := machine(idmap.UID, "bob:1:1\n\nalice:100000:10\nalice:500000:10\nalice:100010:10\n", nil)
	d, err := decideOn(t, p, alice(), "0 1000 1 1 100000 20")
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Rules) != 2 || d.Rules[0] != idmap.ByOwnID || d.Rules[1] != idmap.ByGrant {
		t.Errorf("rules %v", d.Rules)
	}
	if len(d.Granted) != 2 || d.Granted[0].Line != 3 || d.Granted[1].Line != 5 {
		t.Errorf("granted by %v, want the lines 3 and 5", d.Granted)
	}
}

func TestDecideRefuses(t *testing.T) {
	cases := []struct {
		name, grants, words, headline, advice string
		kind                                  idmap.Kind
	}{
		{name: "nothing granted", words: "0 100000 1", headline: "uid range [0-1) -> [100000-100001) not allowed", advice: "alice (uid 1000)"},
		{name: "count 0 (shadow#1689)", grants: "alice:0:0\n", words: "0 0 1", headline: "uid range [0-1) -> [0-1) not allowed", advice: "/grants"},
		{
			name: "a line that means the caller", grants: "bob:1:1\nalice:100000:65536 # hers\n", words: "0 100000 1",
			headline: "uid range [0-1) -> [100000-100001) not allowed", advice: `line 2 ("alice:100000:65536 # hers") grants nothing: a comment follows the count`,
		},
		{
			name: "a line that means the caller beside one that grants", grants: "alice:5:5\nalice:100000:-1\n", words: "0 100000 1",
			headline: "uid range [0-1) -> [100000-100001) not allowed", advice: `(line 1); line 2 ("alice:100000:-1") grants nothing: the count is negative`,
		},
		{name: "own id and its neighbour", words: "0 1000 2", headline: "uid range [0-2) -> [1000-1002) not allowed", advice: "/grants"},
		{name: "another's own id", words: "0 1001 1", headline: "uid range [0-1) -> [1001-1002) not allowed", advice: "/grants"},
		{
			name: "which ranges there are", grants: "alice:100000:10\nalice:300000:10\n", words: "0 300005 10",
			headline: "uid range [0-10) -> [300005-300015) not allowed", advice: "[300000-300010)",
		},
		{name: "own gid is not own uid", kind: idmap.GID, words: "0 1001 1", headline: "gid range [0-1) -> [1001-1002) not allowed", advice: "/grants"},
		{
			name: "the own id inside a granted range", grants: "alice:1:65536\n", words: "0 1000 1 1 1 65536",
			headline: "write to uid_map failed: Invalid argument", advice: "overlap",
		},
	}
	for _, c := range cases {
		p, _ := machine(c.kind, c.grants, nil)
		_, err := decideOn(t, p, alice(), c.words)
		var refusal *verdict.Refusal
		if !errors.As(err, &refusal) {
			t.Errorf("%s: %v, want a refusal", c.name, err)
			continue
		}
		if refusal.Headline != c.headline || !strings.Contains(refusal.Advice, c.advice) {
			t.Errorf("%s: %q, %q", c.name, refusal.Headline, refusal.Advice)
		}
	}
}

// An unreadable file is not a file without grants.
func TestDecideFailsWithoutFile(t *testing.T) {
	for _, cause := range []error{unix.ENOENT, unix.EACCES, unix.EIO, &trusted.UntrustedError{}} {
		for _, kind := range []idmap.Kind{idmap.UID, idmap.GID} {
			p, _ := machine(kind, cause, nil)
			if _, err := decideOn(t, p, alice(), "0 1000 1 1 100000 1"); !errors.Is(err, cause) {
				t.Errorf("%v: %v, want %v", kind.Program(), err, cause)
			}
		}
	}
}

func TestCountZeroInLoginDefs(t *testing.T) {
	for kind, key := range map[idmap.Kind]string{idmap.UID: "SUB_UID_COUNT", idmap.GID: "SUB_GID_COUNT"} {
		p, opened := machine(kind, "alice:100000:65536\n", key+" 0\n")
		u := alice()
		var err error
		if u.defs, err = p.readLoginDefs(); err != nil {
			t.Fatal(err)
		}
		_, err = decideOn(t, p, u, "0 100000 1")
		if err == nil || !strings.Contains(err.Error(), key+" is 0") || *opened != 0 {
			t.Errorf("%s 0: %v, the file was opened %d times", key, err, *opened)
		}
		if d, err := decideOn(t, p, u, "0 1000 1"); err != nil || d.DenyGroup != (kind == idmap.GID) {
			t.Errorf("%s 0: the own id: %v", key, err)
		}
	}
}

func TestReadLoginDefs(t *testing.T) {
	p, _ := machine(idmap.UID, nil, nil)
	if defs, err := p.readLoginDefs(); err != nil || defs != logindefs.Default() {
		t.Errorf("a missing file: %v, %v", defs, err)
	}
	p, _ = machine(idmap.UID, nil, "GRANT_AUX_GROUP_SUBIDS yes\n")
	if defs, err := p.readLoginDefs(); err != nil || !defs.GrantAuxGroupSubids {
		t.Errorf("GRANT_AUX_GROUP_SUBIDS: %v, %v", defs, err)
	}
	for _, cause := range []error{unix.EACCES, &trusted.UntrustedError{Path: "/defs", Fault: trusted.Writable}} {
		p, _ = machine(idmap.UID, nil, cause)
		if defs, err := p.readLoginDefs(); err == nil || defs != (logindefs.Defs{}) {
			t.Errorf("%v: %v, want an error", cause, defs)
		}
	}
}

func TestOwns(t *testing.T) {
	cases := []struct {
		name   string
		change func(u *user, st *owner)
		want   bool
	}{
		{"own process", func(*user, *owner) {}, true},
		{"another user's", func(_ *user, st *owner) { st.uid = 1001 }, false},
		{"root's", func(_ *user, st *owner) { *st = owner{} }, false},
		{"own, with another group", func(_ *user, st *owner) { st.gid = 27 }, false},
		{"caller with another group", func(u *user, _ *owner) { u.gid = 27 }, false},
		{"both with another group (sg)", func(u *user, st *owner) { u.gid, st.gid = 27, 27 }, false},
		{"both with another group, granted", func(u *user, st *owner) {
			u.gid, st.gid, u.defs.GrantAuxGroupSubids = 27, 27, true
		}, true},
		{"the group must be equal also then", func(u *user, _ *owner) { u.gid, u.defs.GrantAuxGroupSubids = 27, true }, false},
		{"the user too", func(u *user, st *owner) { st.uid, u.defs.GrantAuxGroupSubids = 0, true }, false},
		{"the group of a second name", func(u *user, st *owner) { u.gid, st.gid, u.groups = 27, 27, []uint32{1000, 27} }, true},
		{"root is not exempt", func(u *user, _ *owner) { u.uid, u.gid, u.groups = 0, 0, []uint32{0} }, false},
	}
	for _, c := range cases {
		u, st := alice(), owner{1000, 1000}
		c.change(&u, &st)
		if got := owns(u, st); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestOwnerHeadline(t *testing.T) {
	u := alice()
	u.gid = 27
	const want = "Target process is owned by a different user: uid:1000 pw_uid:1000 st_uid:4294967294, gid:27 pw_gid:1000 st_gid:5"
	if got := ownerHeadline(u, owner{4294967294, 5}); got != want {
		t.Errorf("%q", got)
	}
}

func TestNameless(t *testing.T) {
	files := []string{"/etc/passwd"}
	down := []*account.SourceError{{Source: "SSSD", Err: errors.New("no socket")}}
	err := nameless(54321, &account.UnknownError{Key: "uid 54321", Without: files})
	var refusal *verdict.Refusal
	if !errors.As(err, &refusal) || refusal.Headline != "Cannot determine your user name." ||
		!strings.Contains(refusal.Advice, "54321") || !strings.Contains(refusal.Advice, "/etc/passwd") {
		t.Errorf("an unknown user: %v", err)
	}
	for why, err := range map[string]error{
		"/etc/passwd: Permission denied":      unix.EACCES,
		"SSSD could not be asked (no socket)": &account.UnknownError{Key: "uid 1000", Without: files, Silent: down},
		"SSSD: no answer":                     &account.SourceError{Key: "uid 1000", Source: "SSSD", Err: errors.New("no answer")},
		"cannot read /etc/nsswitch.conf":      &account.SwitchError{Err: unix.EACCES},
	} {
		var failure *verdict.Failure
		if err = nameless(1000, err); !errors.As(err, &failure) || !strings.Contains(failure.Advice, why) {
			t.Errorf("%s: %v", why, err)
		}
	}
}

func TestSeveralNames(t *testing.T) {
	u := alice()
	u.names = []string{"alice", "alicia"}
	p, _ := machine(idmap.UID, "alicia:100000:10\n1000:100010:10\nalice:100020:10\n", nil)
	if _, err := decideOn(t, p, u, "0 100000 30"); err != nil {
		t.Errorf("the ranges of all names: %v", err)
	}
	if u.String() != "alice, alicia (uid 1000)" {
		t.Errorf("%q", u.String())
	}
}
