package account

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/text/name"
)

// filesOf is a directory of files with that content.
func filesOf(users, groups string) Directory {
	return of(passwd.Files{Users: "passwd", Groups: "group", Open: func(path string) (io.ReadCloser, error) {
		text := map[string]string{"passwd": users, "group": groups}[path]
		return io.NopCloser(strings.NewReader(text)), nil
	}})
}

// of is a directory of these sources and no others.
func of(sources ...lookup.Source) Directory { return Directory{local: sources} }

func user(name string, id, primary uint32) Account {
	return Account{Name: name, ID: id, Primary: primary}
}

func group(name string, id uint32) Account { return Account{Name: name, ID: id} }

const known = `root:x:0:0:root:/root:/bin/bash
# alice:x:1:1::/:/bin/sh
alice:x:1000:1000:Alice,,,:/home/alice:/bin/sh
 indented:x:1500:1500::/:/bin/sh
alicia:x:1000:1001::/:/bin/sh
d\a b:x:1600:1600::/:/bin/sh
1001:x:5000:5000::/:/bin/sh
alice:x:1700:1700::/:/bin/sh
short:x:1900:1901
plus:x:+2050: +2051
blank:x: 2100:	2101::
wide:x:2200:4294967295::/:
minus:x:-0:-0
last:x:1800:1800:`

func TestUsers(t *testing.T) {
	d := filesOf(known, "")
	for uid, want := range map[uint32][]Account{
		0:    {user("root", 0, 0), user("minus", 0, 0)},
		1000: {user("alice", 1000, 1000), user("alicia", 1000, 1001)}, // CVE-2016-6251: all names, in file order
		1500: {user("indented", 1500, 1500)},
		1600: {user(`d\a b`, 1600, 1600)},
		5000: {user("1001", 5000, 5000)},
		1700: {user("alice", 1700, 1700)},
		1800: {user("last", 1800, 1800)},
		1900: {user("short", 1900, 1901)},
		2050: {user("plus", 2050, 2051)},
		2100: {user("blank", 2100, 2101)},
		2200: {user("wide", 2200, passwd.NoID)},
	} {
		if got, err := d.Users(uid); err != nil || !slices.Equal(got, want) {
			t.Errorf("uid %d: %v, %v; want %v", uid, got, err, want)
		}
	}
	for _, uid := range []uint32{1, 1001, 100, 10, 4294967295, 65534} {
		got, err := d.Users(uid)
		var unknown *UnknownError
		if !errors.As(err, &unknown) || got != nil || !slices.Equal(unknown.Without, []string{"passwd"}) || !unknown.Certain() {
			t.Errorf("uid %d: %v, %v", uid, got, err)
		}
	}
}

func TestUser(t *testing.T) {
	d := filesOf(known, "")
	for name, want := range map[string]Account{"alice": user("alice", 1000, 1000), "1001": user("1001", 5000, 5000), `d\a b`: user(`d\a b`, 1600, 1600)} {
		if got, err := d.User(name); err != nil || got != want {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	for _, name := range []string{
		"", "bob", "alic", "alice2", "Alice", " alice", "alice ", "# alice", "1000", "alice:x", "alice\n", "alice\x00",
		strings.Repeat("x", 256), "root:x:0:0:root:/root:/bin/bash\nalice",
	} {
		got, err := d.User(name)
		if unknown := (*UnknownError)(nil); !errors.As(err, &unknown) || got != (Account{}) {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
}

// malformed are lines that say nothing about uid 7 and the name bad.
var malformed = []string{
	"", ":", "bad", "bad:x", "bad:x:7", "bad:x:7:", "bad:x:7:7\r", "bad:x:7:7 ", "bad:x:7:7x", "bad:x:7", "bad:x", "bad:x:7:+", "bad:x:7: ", "bad:x:7:-",
	"bad:x::7:", "bad:x:7::", "bad:x:-7:7:", "bad:x:++7:7:", "bad:x:+ 7:7:", "bad:x:7 :7:", "bad:x:0x7:7:", "bad:x:7x:7:", "bad:x:7:7x:", "bad:x:-+7:7",
	"bad:x:4294967303:7:", "bad:x:7:4294967303:", "bad:x:7:-7:", "bad:x:7:4294967296:", "bad:x:18446744073709551623:7:", "bad:x:4294967295:7:", "bad:x:-18446744073709551609:7:", "bad:x:7\x00:7:",
	"bad:x:٧:7:", ":x:7:7:", "bad\x00:x:7:7:", "\x00bad:x:7:7:", "+bad:x:7:7:", "-bad:x:7:7:", "+", "+::::::", "#bad:x:7:7:", " #bad:x:7:7:",
	strings.Repeat("x", 256) + ":x:7:7:", "bad:" + strings.Repeat("x", passwd.LongestUser) + ":7:7:", "bad::7", "bad;x;7;7;",
}

func TestMalformedUsers(t *testing.T) {
	for _, line := range malformed {
		d := filesOf("a:x:1:1::/:\n"+line+"\nb:x:2:2::/:\n", "")
		if got, err := d.Users(7); err == nil {
			t.Errorf("%.40q gives uid 7 to %v", line, got)
		}
		if got, err := d.User("bad"); err == nil {
			t.Errorf("%.40q gives bad %v", line, got)
		}
		for name, uid := range map[string]uint32{"a": 1, "b": 2} {
			if user, err := d.User(name); err != nil || user.ID != uid {
				t.Errorf("%.40q spoils %s: %v, %v", line, name, user, err)
			}
		}
	}
}

func TestGroups(t *testing.T) {
	long := "huge:x:40:" + strings.Repeat("member,", 100_000) + "\n"
	d := filesOf("", "root:x:0:\n+nis:x:50:\n"+long+"staff:x:50:alice\nshadowed:x:50:\nbad:x:60 \nshort:x:+61\nusers:x:100:\na b:x:70:")
	got, err := d.Groups([]uint32{100, 60, 61, 50, 9, 100, 40, 70})
	want := []Account{group("users", 100), group("short", 61), group("staff", 50), group("huge", 40), group("a b", 70)}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v; want %v", got, err, want)
	}
	if none, err := d.Groups(nil); err != nil || none != nil {
		t.Errorf("no gid: %v, %v", none, err)
	}
}

// TestStopsEarly: nothing is read after the answer.
func TestStopsEarly(t *testing.T) {
	rest := iotest.ErrReader(errors.New("read on"))
	d := of(passwd.Files{Users: "passwd", Groups: "group", Open: func(path string) (io.ReadCloser, error) {
		text := map[string]string{"passwd": "alice:x:1000:1000::/:\n", "group": "users:x:100:\n"}[path]
		return io.NopCloser(io.MultiReader(strings.NewReader(text), rest)), nil
	}})
	if _, err := d.User("alice"); err != nil {
		t.Error(err)
	}
	if _, err := d.Groups([]uint32{100}); err != nil {
		t.Error(err)
	}
	if users, err := d.Users(1000); err == nil || users != nil {
		t.Errorf("an unread part may hold more names: %v", users)
	}
	if users, err := d.User("bob"); err == nil {
		t.Error(users)
	}
	if groups, err := d.Groups([]uint32{100, 5}); err == nil || groups != nil {
		t.Error(groups)
	}
}

// TestUserBound: memory is bounded where everybody has one id.
func TestUserBound(t *testing.T) {
	users, err := filesOf(strings.Repeat("x:x:1:1:\n", 3*256), "").Users(1)
	if err != nil || len(users) != 256 {
		t.Errorf("%d users, %v", len(users), err)
	}
}

func TestMemory(t *testing.T) {
	var allocations []float64
	for _, n := range []int{1, 1000} {
		d := filesOf(strings.Repeat(strings.Join(malformed, "\n")+"\nsomebody-with-a-name-of-more-than-32-bytes:x:5:5:\n", n)+"alice:x:1000:1000:", "")
		allocations = append(allocations, testing.AllocsPerRun(3, func() {
			if _, err := d.Users(1000); err != nil {
				t.Fatal(err)
			}
		}))
	}
	if allocations[0] != allocations[1] {
		t.Errorf("%v allocations", allocations)
	}
}

// fake is a Source with fixed answers.
type fake struct {
	users  []Account
	groups []Account
	err    error
	asked  *int
}

func (f fake) Describe() string { return "fake" }

func (f fake) Find(keys []lookup.Key) ([]Account, error) {
	*f.asked += len(keys)
	if keys[0].Group {
		return f.groups, f.err
	}
	return f.users, f.err
}

func TestDirectoryAsksInOrder(t *testing.T) {
	asked := 0
	second := fake{users: []Account{user("remote", 2000, 2000)}, groups: []Account{group("far", 3)}, asked: &asked}
	d := of(filesOf(known, "near:x:2:\n").local[0], second)
	if users, err := d.Users(1000); err != nil || len(users) != 2 || asked != 0 {
		t.Errorf("a hit in files ends the search: %v, %v, asked %d", users, err, asked)
	}
	if users, err := d.Users(2000); err != nil || !slices.Equal(users, second.users) {
		t.Errorf("%v, %v", users, err)
	}
	if user, err := d.User("remote"); err != nil || user.ID != 2000 {
		t.Errorf("%v, %v", user, err)
	}
	asked = 0
	groups, err := d.Groups([]uint32{3, 2})
	if want := []Account{group("far", 3), group("near", 2)}; err != nil || !slices.Equal(groups, want) || asked != 1 {
		t.Errorf("%v, %v; %d gids were asked for", groups, err, asked)
	}
}

// TestAnswersMustFit: a source that answers something else is no source.
func TestAnswersMustFit(t *testing.T) {
	asked := 0
	for _, users := range [][]Account{
		{user("alice", 1001, 1000)},
		{user("alice", 1000, 1000), user("bob", 1001, 1001)},
		{user("", 1000, 1000)},
		{user("a:b", 1000, 1000)},
		{user("a\nb", 1000, 1000)},
		{user("a\x00", 1000, 1000)},
		{user(strings.Repeat("x", 256), 1000, 1000)},
	} {
		d := of(fake{users: users, asked: &asked})
		got, err := d.Users(1000)
		if wrong := (*AnswerError)(nil); !errors.As(err, &wrong) || got != nil {
			t.Errorf("%q: %v, %v", users, got, err)
		}
	}
	d := of(fake{users: []Account{user("bob", 1000, 1000)}, groups: []Account{group("wheel", 10)}, asked: &asked})
	if user, err := d.User("alice"); err == nil {
		t.Errorf("alice is %v", user)
	}
	if groups, err := d.Groups([]uint32{11}); err == nil {
		t.Errorf("gid 11 is %v", groups)
	}
}

// TestErrorsEndTheSearch: the next source could give the id to somebody else.
func TestErrorsEndTheSearch(t *testing.T) {
	asked := 0
	broken := errors.New("broken")
	d := of(fake{err: broken, asked: new(int)}, fake{users: []Account{user("eve", 1000, 1000)}, groups: []Account{group("g", 1)}, asked: &asked})
	_, usersErr := d.Users(1000)
	_, userErr := d.User("eve")
	_, groupsErr := d.Groups([]uint32{1})
	if !errors.Is(usersErr, broken) || !errors.Is(userErr, broken) || !errors.Is(groupsErr, broken) || asked != 0 {
		t.Errorf("%v, %v, %v; asked %d", usersErr, userErr, groupsErr, asked)
	}
}

// TestTrust: what opens the files decides whether one that others may write is read.
func TestTrust(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(path, []byte(known), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o666); err != nil {
		t.Fatal(err)
	}
	local := of(passwd.Files{Users: path, Groups: path, Open: Trusted(privilege.Standing{})})
	_, err := local.Users(1000)
	if untrusted := (*trusted.UntrustedError)(nil); !errors.As(err, &untrusted) {
		t.Errorf("error %v", err)
	}
	listed := of(passwd.Files{Users: path, Groups: path, Open: func(path string) (io.ReadCloser, error) { return os.Open(path) }})
	if users, err := listed.Users(1000); err != nil || len(users) != 2 {
		t.Errorf("%v, %v", users, err)
	}
	if _, err := files(Trusted(privilege.Standing{})).Users(0); err != nil {
		t.Errorf("this machine has no root: %v", err)
	}
}

// FuzzPasswd: what is found is what was asked for, and stands in the file.
func FuzzPasswd(f *testing.F) {
	f.Add(known, uint32(1000), "alice")
	f.Add(strings.Join(malformed, "\n"), uint32(7), "bad")
	f.Fuzz(func(t *testing.T, file string, uid uint32, called string) {
		d := filesOf(file, file)
		users, err := d.Users(uid)
		for _, u := range users {
			if err != nil || u.ID != uid || !name.Valid(u.Name) || !strings.Contains(file, u.Name+":") {
				t.Errorf("uid %d: %q, %v", uid, u, err)
			}
		}
		user, err := d.User(called)
		if err == nil {
			all, _ := d.Users(user.ID)
			if user.Name != called || !slices.Contains(all, user) && len(all) < 256 {
				t.Errorf("%q: %q, but uid %d: %q", called, user, user.ID, all)
			}
		}
	})
}

// FuzzGroup: as FuzzPasswd.
func FuzzGroup(f *testing.F) {
	f.Add("root:x:0:\nusers:x:100:alice,bob\n", uint32(100), uint32(0))
	f.Add("a:x:1\nb::1:\n+:x:2:", uint32(1), uint32(2))
	f.Fuzz(func(t *testing.T, file string, first, second uint32) {
		groups, err := filesOf("", file).Groups([]uint32{first, second})
		if err != nil || len(groups) > 2 {
			t.Errorf("%v, %v", groups, err)
		}
		for _, g := range groups {
			if g.ID != first && g.ID != second || !name.Valid(g.Name) || !strings.Contains(file, g.Name+":") {
				t.Errorf("%q", g)
			}
		}
	})
}
