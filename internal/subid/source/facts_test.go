package source

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/policy/forbidden"
	"userns-helpers/internal/subid/logindefs"
	"userns-helpers/internal/text/verdict"
)

// machine is one with these files, in which an error takes a file's place, and how often each is opened.
func machine(files map[string]any) (Machine, map[string]int) {
	opened := map[string]int{}
	open := func(path string) (io.ReadCloser, error) {
		opened[path]++
		switch content := files[path].(type) {
		case string:
			return io.NopCloser(strings.NewReader(content)), nil
		case error:
			return nil, content
		}
		return nil, unix.ENOENT
	}
	return Machine{account.Unprivileged(open), open, func(f func() error) error { return f() }, privilege.Standing{}, "/nonexistent/list"}, opened
}

const (
	defs   = "/etc/login.defs"
	passwd = "/etc/passwd"
)

// grants is a machine with these files of grants.
func grants(content any) (Machine, map[string]int) {
	return machine(map[string]any{File(idmap.UID): content, File(idmap.GID): content})
}

func alice() idmap.User {
	return idmap.User{UID: 1000, GID: 1000, Names: []string{"alice"}, Groups: []uint32{1000}, Defs: logindefs.Default()}
}

// decide decides as the program does, for a process of alice's.
func decide(m Machine, kind idmap.Kind, u idmap.User, words string) (idmap.Facts, idmap.Decision) {
	f := idmap.Facts{User: u, Owner: idmap.Owner{UID: u.UID, GID: u.GID}}
	d := m.Decide(idmap.Parse(kind, strings.Fields(words)), &f)
	return f, d
}

func TestDecide(t *testing.T) {
	const some = "alice:100000:65536\n1000:200000:10\nbob:300000:10\n"
	for _, c := range []struct {
		kind   idmap.Kind
		grants any
		words  string
		deny   bool // setgroups(2)
		opened int
	}{
		{idmap.UID, some, "0 1000 1", false, 0}, // the own id needs no file
		{idmap.UID, some, "77 1000 1", false, 0},
		{idmap.UID, unix.ENOENT, "0 1000 1", false, 0},
		{idmap.UID, some, "0 100000 65536", false, 1},
		{idmap.UID, some, "0 1000 1 1 100000 65536 65537 200000 10", false, 1},
		{idmap.GID, some, "0 100000 65536", false, 1},
		{idmap.GID, some, "0 1000 1 1 100000 65536", false, 1},
		{idmap.GID, some, "0 1000 1", true, 1}, // CVE-2018-7169
		{idmap.GID, "alice:1000:1\n", "0 1000 1", false, 1},
		{idmap.GID, "bob:1000:1\n", "0 1000 1", true, 1},
		{idmap.GID, "alice:0:0\n", "0 1000 1", true, 1}, // shadow#1689
		{idmap.GID, unix.ENOENT, "0 1000 1", true, 1},
		{idmap.GID, &trusted.UntrustedError{Fault: trusted.OtherOwner, UID: 1000}, "0 1000 1", true, 1},
	} {
		m, opened := grants(c.grants)
		_, d := decide(m, c.kind, alice(), c.words)
		if !d.Granted || d.DenySetgroups != c.deny || opened[File(c.kind)] != c.opened || len(d.Rules) != len(strings.Fields(c.words))/3 {
			t.Errorf("%v %q: %+v, opened %d", c.kind.Program(), c.words, d, opened[File(c.kind)])
		}
	}
}

// TestWhichLineGranted: what an audit record needs is known of a grant.
func TestWhichLineGranted(t *testing.T) {
	m, _ := grants("bob:1:1\n\nalice:100000:10\nalice:500000:10\nalice:100010:10\n")
	f, d := decide(m, idmap.UID, alice(), "0 1000 1 1 100000 20")
	if !d.Granted || len(d.Rules) != 2 || d.Rules[0] != idmap.ByOwnID || d.Rules[1] != idmap.ByGrant {
		t.Errorf("%+v", d)
	}
	if used := f.Grants.Used; len(used) != 2 || used[0].Line != 3 || used[1].Line != 5 || f.Grants.Source != File(idmap.UID) {
		t.Errorf("granted by %+v, want the lines 3 and 5", f.Grants)
	}
}

// TestUnreadable: an unreadable file is not a file without grants.
func TestUnreadable(t *testing.T) {
	for _, cause := range []error{unix.ENOENT, unix.EACCES, unix.EIO, &trusted.UntrustedError{}} {
		for _, kind := range []idmap.Kind{idmap.UID, idmap.GID} {
			m, _ := grants(cause)
			_, d := decide(m, kind, alice(), "0 1000 1 1 100000 1")
			if d.Granted || !errors.Is(d.Why, cause) || d.Why.ID() != GrantsUnreadable {
				t.Errorf("%v: %v, want %v", kind.Program(), d.Why, cause)
			}
		}
	}
	m, _ := machine(map[string]any{"/etc/nsswitch.conf": unix.EACCES, File(idmap.UID): "alice:100000:1\n"})
	if _, d := decide(m, idmap.UID, alice(), "0 100000 1"); d.Granted || d.Why.ID() != SwitchUnreadable {
		t.Errorf("%+v", d)
	}
}

func TestCountZeroInLoginDefs(t *testing.T) {
	for kind, key := range map[idmap.Kind]string{idmap.UID: "SUB_UID_COUNT", idmap.GID: "SUB_GID_COUNT"} {
		m, opened := machine(map[string]any{defs: key + " 0\n", passwd: "alice:x:1000:1000::/:\n", File(kind): "alice:100000:65536\n"})
		u, err := m.User(1000, 1000)
		if err != nil {
			t.Fatal(err)
		}
		_, d := decide(m, kind, u, "0 100000 1")
		if d.Granted || d.Why.ID() != idmap.GrantsOff || opened[File(kind)] != 0 {
			t.Errorf("%s 0: %v, the file was opened %d times", key, d.Why, opened[File(kind)])
		}
		if _, d := decide(m, kind, u, "0 1000 1"); !d.Granted || d.DenySetgroups != (kind == idmap.GID) {
			t.Errorf("%s 0: the own id: %+v", key, d)
		}
	}
}

func TestUser(t *testing.T) {
	const both = "alice:x:1000:1000::/:\nbob:x:1001:1001::/:\nalicia:x:1000:27::/:\n"
	m, _ := machine(map[string]any{passwd: both, defs: "GRANT_AUX_GROUP_SUBIDS yes\n"})
	u, err := m.User(1000, 5)
	if err != nil || strings.Join(u.Names, " ") != "alice alicia" || len(u.Groups) != 2 || u.Groups[1] != 27 || u.UID != 1000 || u.GID != 5 || !u.Defs.GrantAuxGroupSubids {
		t.Errorf("%+v, %v", u, err)
	}
	m, _ = grants("alicia:100000:10\n1000:100010:10\nalice:100020:10\n")
	if _, d := decide(m, idmap.UID, idmap.User{UID: 1000, GID: 1000, Names: u.Names, Groups: []uint32{1000}, Defs: logindefs.Default()}, "0 100000 30"); !d.Granted {
		t.Errorf("the ranges of all names: %v", d.Why)
	}
	for _, c := range []struct {
		files map[string]any
		want  verdict.ID
	}{
		{map[string]any{passwd: unix.EACCES}, AccountUnknown},
		{map[string]any{passwd: both, defs: unix.EACCES}, LoginDefs},
		{map[string]any{passwd: both, defs: &trusted.UntrustedError{Path: defs, Fault: trusted.Writable}}, LoginDefs},
	} {
		m, _ := machine(c.files)
		u, err := m.User(1000, 1000)
		var why *NoAnswer
		if !errors.As(err, &why) || why.ID() != c.want || u.Defs != (logindefs.Defs{}) {
			t.Errorf("%v: %v, %+v", c.files, err, u)
		}
	}
	m, _ = machine(map[string]any{passwd: both})
	if u, err := m.User(1000, 1000); err != nil || u.Defs != logindefs.Default() {
		t.Errorf("no login.defs: %v, %v", u, err)
	}
}

// TestForbidden: where there is no list nothing is forbidden; one that cannot be relied on forbids all.
func TestForbidden(t *testing.T) {
	put := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "forbidden-host-ids")
		if err := errors.Join(os.WriteFile(path, []byte(text), 0o600), os.Chmod(path, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("missing", link); err != nil {
		t.Fatal(err)
	}
	root := os.Getuid() == 0 // to others every list is one that root does not own
	var untrusted *trusted.UntrustedError
	var wrong *forbidden.Error
	for _, c := range []struct {
		name, path string
		rows       int
		err        func(error) bool
	}{
		{"no file", filepath.Join(t.TempDir(), "x"), 0, func(err error) bool { return err == nil }},
		{"a list", put("# IDs\n\n0-999 # of the system\n5000\n", 0o644), 2, func(err error) bool { return err == nil }},
		{"empty", put("", 0o644), 0, func(err error) bool { return err == nil }},
		{"a mistake", put("0-999\n1000 - 1999\n", 0o644), 0, func(err error) bool { return errors.As(err, &wrong) && wrong.Line == 2 }},
		{"not trusted", put("5000\n", 0o666), 0, func(err error) bool { return errors.As(err, &untrusted) }},
		{"a directory", t.TempDir(), 0, func(err error) bool { return errors.As(err, &untrusted) }},
		{"a link to nothing", link, 0, func(err error) bool { return errors.Is(err, unix.ENOENT) }},
	} {
		m, _ := grants("alice:0:10000\n")
		m.forbidden = c.path
		f := m.Forbidden()
		if !root && c.name != "no file" && c.name != "a link to nothing" {
			if !errors.As(f.Err, &untrusted) {
				t.Errorf("%s: %v", c.name, f.Err)
			}
			continue
		}
		if len(f.Rows) != c.rows || !c.err(f.Err) {
			t.Errorf("%s: %+v", c.name, f)
		}
		if _, d := decide(m, idmap.UID, alice(), "0 500 1"); d.Granted != (c.rows == 0 && f.Err == nil) {
			t.Errorf("%s: %+v", c.name, d)
		}
	}
}
