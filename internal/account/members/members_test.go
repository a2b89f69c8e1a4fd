package members

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/passwd"
)

// lister is a roster that lists everybody in the same groups.
type lister struct {
	groups []account.Account
	err    error
}

func (lister) Describe() string { return "lister" }

func (l lister) Listing([]string) ([]account.Account, error) { return l.groups, l.err }

// known is a directory: users by ID, and groups.
type known struct {
	users  map[uint32][]account.Account
	groups []account.Account
	err    error // of whoever asks for a group
}

func (k known) Users(uid uint32) ([]account.Account, error) {
	if users := k.users[uid]; users != nil {
		return users, nil
	}
	return nil, &account.UnknownError{Key: "uid"}
}

func (k known) Groups(gids []uint32) (found []account.Account, err error) {
	for _, g := range k.groups {
		if slices.Contains(gids, g.ID) {
			found = append(found, g)
		}
	}
	if len(found) < len(gids) {
		return found, k.err
	}
	return found, nil
}

func (k known) Group(called string) (account.Account, error) {
	for _, g := range k.groups {
		if g.Name == called {
			return g, nil
		}
	}
	return account.Account{}, k.err
}

func group(name string, id uint32) account.Account { return account.Account{Name: name, ID: id} }

func user(name string, primary uint32) account.Account {
	return account.Account{Name: name, ID: 1, Primary: primary}
}

// TestOf: by the file, whatever a process has: the primary groups, and those that list a name of the user id.
func TestOf(t *testing.T) {
	const groups = "primary:x:10:\nsecond:x:11:bob\nstudents:x:20:bob,alice\nstaff:x:21:alicia\ntwin:x:20:bob\nothers:x:22:ali,alicex,Alice\n#no:x:23:alice\nbad:x:y:alice\nblank:x:24:bob, alice \nfields:x:25:bob:alice\n"
	file := passwd.Files{Users: "passwd", Groups: "group", Open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(groups)), nil }}
	d := known{users: map[uint32][]account.Account{1: {user("alice", 10), user("alicia", 11)}, 2: {user("bob", 12)}}, groups: []account.Account{group("primary", 10), group("second", 11)}}
	for uid, want := range map[uint32]string{1: "blank primary second staff students", 2: "blank fields second students twin"} {
		if got, err := of(d, []lookup.Roster{file}, false, uid, nil); err != nil || strings.Join(got, " ") != want {
			t.Errorf("%d: %q, %v; want %s", uid, got, err, want)
		}
	}
	if got, err := of(d, []lookup.Roster{file}, false, 3, nil); err == nil {
		t.Errorf("nobody: %q", got)
	}
}

// TestBeyond: each roster is asked, and one that cannot say leaves nothing: there may be a rule for what it has.
func TestBeyond(t *testing.T) {
	d := known{users: map[uint32][]account.Account{1: {user("alice", 10)}}, groups: []account.Account{group("near", 20), group("far", 30)}}
	far := lister{groups: []account.Account{{ID: 20}, {ID: 30}, {ID: 31}}}
	if got, err := of(d, []lookup.Roster{lister{}, far}, false, 1, nil); err != nil || !slices.Equal(got, []string{"far", "near"}) {
		t.Errorf("%q, %v", got, err)
	}
	d.err = errors.New("broken")
	for name, rosters := range map[string][]lookup.Roster{
		"one is broken":  {far, lister{far.groups, d.err}},
		"an odd account": {lister{groups: []account.Account{{ID: 99}}}},
	} {
		if got, err := of(d, rosters, false, 1, nil); err == nil || got != nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestDoubt: where a service cannot tell that it is away, a group that matters has to be found, or somebody has to know that there
// is none.
func TestDoubt(t *testing.T) {
	no, nobody, broken := &account.UnknownError{Key: `group "far"`}, &account.UnknownError{Key: `group "far"`, Nobody: true}, errors.New("broken")
	for name, c := range map[string]struct {
		matters   []string
		uncertain bool
		err       error
		says      string // in the error
	}{
		"it is certain":        {[]string{"far"}, false, no, ""},
		"nothing matters":      {nil, true, no, ""},
		"it is found":          {[]string{"near"}, true, no, ""},
		"the user is in it":    {[]string{"own"}, true, no, ""},
		"nobody knows it":      {[]string{"near", "far"}, true, no, `no group "far"`},
		"there is none":        {[]string{"far"}, true, nobody, ""},
		"nobody answers":       {[]string{"far"}, true, broken, "broken"},
		"none could be called": {[]string{"a:b", ""}, true, no, ""},
	} {
		d := known{users: map[uint32][]account.Account{1: {user("alice", 10)}}, groups: []account.Account{group("near", 20), group("own", 10)}, err: c.err}
		got, err := of(d, nil, c.uncertain, 1, c.matters)
		if (err == nil) != (c.says == "") || err != nil && (got != nil || !strings.Contains(err.Error(), c.says)) || err == nil && !slices.Equal(got, []string{"own"}) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// TestRosters has who is asked by what nsswitch.conf says of groups, on a machine without SSSD's socket.
func TestRosters(t *testing.T) {
	const files, both = "/etc/passwd", "/etc/passwd, /usr/bin/getent"
	for text, want := range map[string]struct {
		asked     string
		uncertain bool
	}{
		"": {files, false}, "group: files": {files, false}, "passwd: files ldap": {files, false}, "group: files systemd": {both, false},
		"group: compat": {both, true}, "group: files ldap": {both, true}, "group: files sss": {files, false},
	} {
		l := Lists{open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
		rosters, uncertain, err := l.rosters()
		var asked []string
		for _, r := range rosters {
			asked = append(asked, r.Describe())
		}
		if got := strings.Join(asked, ", "); got != want.asked || uncertain != want.uncertain || err != nil {
			t.Errorf("%q: %s, %v, %v", text, got, uncertain, err)
		}
	}
	l := Lists{open: func(string) (io.ReadCloser, error) { return nil, errors.New("broken") }}
	if _, err := l.Of(1, nil); err == nil {
		t.Error("nsswitch.conf could not be read")
	}
}
