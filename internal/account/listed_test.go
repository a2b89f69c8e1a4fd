package account

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/account/lookup"
)

// lister is a roster that lists everybody in the same groups.
type lister struct {
	groups []Account
	err    error
}

func (lister) Describe() string { return "lister" }

func (l lister) Listing([]string) ([]Account, error) { return l.groups, l.err }

// TestListed: by the file, whatever a process has: the primary groups, and those that list a name of the user id.
func TestListed(t *testing.T) {
	const users = "alice:x:1:10::/:\nalicia:x:1:11::/:\nbob:x:2:12::/:\n"
	const groups = "primary:x:10:\nsecond:x:11:bob\nstudents:x:20:bob,alice\nstaff:x:21:alicia\ntwin:x:20:bob\nothers:x:22:ali,alicex,Alice\n#no:x:23:alice\nbad:x:y:alice\nblank:x:24:bob, alice \nfields:x:25:bob:alice\n"
	d := filesOf(users, groups)
	d.rosters = func() ([]lookup.Roster, error) { return []lookup.Roster{d.local[0].(lookup.Roster)}, nil }
	for uid, want := range map[uint32]string{1: "blank primary second staff students", 2: "blank fields second students twin"} {
		if got, err := d.Listed(uid); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%d: %q, %v; want %s", uid, got, err, want)
		}
	}
	if got, err := d.Listed(3); err == nil {
		t.Errorf("nobody: %q", got)
	}
}

// TestListedBeyond: each roster is asked, and one that cannot say leaves nothing: there may be a rule for what it has.
func TestListedBeyond(t *testing.T) {
	const users, groups = "alice:x:1:10::/:\n", "near:x:20:\n"
	far := lister{groups: []Account{{ID: 20}, {ID: 30}, {ID: 31}}}
	d := behind(users, groups, fake{groups: []Account{group("far", 30)}, asked: new(int)})
	d.rosters = func() ([]lookup.Roster, error) { return []lookup.Roster{lister{}, far}, nil }
	if got, err := d.Listed(1); err != nil || !slices.Equal(got, []string{"far", "near"}) {
		t.Errorf("%q, %v", got, err)
	}
	broken := errors.New("broken")
	for name, rosters := range map[string]func() ([]lookup.Roster, error){
		"one is broken":  func() ([]lookup.Roster, error) { return []lookup.Roster{far, lister{far.groups, broken}}, nil },
		"one is away":    func() ([]lookup.Roster, error) { return []lookup.Roster{far, lister{err: unavailable()}}, nil },
		"no nsswitch":    func() ([]lookup.Roster, error) { return nil, broken },
		"an odd account": func() ([]lookup.Roster, error) { return []lookup.Roster{lister{groups: []Account{{ID: 99}}}}, nil },
	} {
		d := behind(users, groups, fake{err: unavailable(), asked: new(int)})
		d.rosters = rosters
		if got, err := d.Listed(1); err == nil || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestRosters has who is asked by what nsswitch.conf says of groups, on a machine without SSSD's socket.
func TestRosters(t *testing.T) {
	for text, want := range map[string]string{
		"": "/etc/passwd", "group: files": "/etc/passwd", "passwd: files ldap": "/etc/passwd", "group: files systemd": "/etc/passwd, /usr/bin/getent",
		"group: compat": "/etc/passwd, /usr/bin/getent", "group: files sss": "/etc/passwd",
	} {
		m := machine{open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
		rosters, err := m.rosters()
		var asked []string
		for _, r := range rosters {
			asked = append(asked, r.Describe())
		}
		if got := strings.Join(asked, ", "); got != want || err != nil {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
	m := machine{open: func(string) (io.ReadCloser, error) { return nil, errors.New("broken") }}
	if rosters, err := m.rosters(); err == nil {
		t.Errorf("%v", rosters)
	}
}
