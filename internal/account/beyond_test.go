package account

import (
	"errors"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account/getent"
	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/kernel/exec"
	"userns-helpers/internal/kernel/unixsock"
)

// behind is a directory with sources after the files.
func behind(users, groups string, sources ...lookup.Source) Directory {
	d := filesOf(users, groups)
	d.beyond = func(bool) ([]lookup.Source, error) { return sources, nil }
	return d
}

// TestBeyondIsLazy: a hit in the files ends it, and what is beyond is not even looked for.
func TestBeyondIsLazy(t *testing.T) {
	d := filesOf(known, "near:x:2:\n")
	d.beyond = func(bool) ([]lookup.Source, error) {
		t.Error("looked for other sources")
		return nil, nil
	}
	if _, err := d.Users(1000); err != nil {
		t.Error(err)
	}
	if _, err := d.User("alice"); err != nil {
		t.Error(err)
	}
	if _, err := d.Groups([]uint32{2, 2}); err != nil {
		t.Error(err)
	}
	if _, err := d.Groups(nil); err != nil {
		t.Error(err)
	}
}

func TestWhichDatabase(t *testing.T) {
	var asked []bool
	d := filesOf("", "")
	d.beyond = func(groups bool) ([]lookup.Source, error) {
		asked = append(asked, groups)
		return nil, nil
	}
	_, _ = d.Users(7)
	_, _ = d.Groups([]uint32{7})
	if !slices.Equal(asked, []bool{false, true}) {
		t.Errorf("%v", asked)
	}
}

// unavailable is a source that does not run.
func unavailable() error { return &lookup.NotServedError{Source: "it"} }

// TestWhoIsAskedNext has what each kind of answer means for the sources after it.
func TestWhoIsAskedNext(t *testing.T) {
	eve := []Account{user("eve", 7, 7)}
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		first   fake
		asked   int    // of the second source, that knows eve
		err     string // "": eve is found
		certain bool
	}{
		"does not know":  {fake{}, 1, "", false},
		"does not run":   {fake{err: unavailable()}, 1, "", false},
		"nobody has it":  {fake{err: lookup.ErrNobody}, 0, "no uid 7 in passwd, fake", true},
		"cannot say":     {fake{err: broken}, 0, "uid 7 cannot be looked up: fake: broken", false},
		"another answer": {fake{users: []Account{user("bob", 8, 8)}}, 0, "does not answer the question", false},
	} {
		asked, first := 0, 0
		c.first.asked = &first
		got, err := behind(known, "", c.first, fake{users: eve, asked: &asked}).Users(7)
		if asked != c.asked || (err == nil) != (c.err == "") || err == nil && !slices.Equal(got, eve) || err != nil && got != nil {
			t.Errorf("%s: %v, %v, asked %d", name, got, err, asked)
		}
		var unknown *UnknownError
		if err != nil && !strings.Contains(err.Error(), c.err) || errors.As(err, &unknown) != c.certain {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestUncertain: where a source does not run, that nobody else knows is no answer.
func TestUncertain(t *testing.T) {
	_, err := behind("", "", fake{err: unavailable(), asked: new(int)}, fake{asked: new(int)}).User("eve")
	var unknown *UnknownError
	if !errors.As(err, &unknown) || unknown.Certain() || err.Error() != `no user "eve" in passwd, fake; fake could not be asked (it does not serve this question)` {
		t.Errorf("%v", err)
	}
	if e := (&UnknownError{Key: "uid 7", Without: []string{"a", "b"}}); !e.Certain() || e.Error() != "no uid 7 in a, b" {
		t.Error(e)
	}
}

// TestGroupsGoOn: groups that cannot be named do not take the others away.
func TestGroupsGoOn(t *testing.T) {
	near := []Account{group("near", 2)}
	for name, c := range map[string]struct {
		source fake
		want   []Account
		err    string
	}{
		"does not know": {fake{}, near, ""},
		"nobody has it": {fake{err: lookup.ErrNobody}, near, ""},
		"does not run":  {fake{err: unavailable()}, near, "no name for gid 3 and 1 more; fake could not be asked"},
		"cannot say":    {fake{err: errors.New("broken")}, near, "gid 3 and 1 more cannot be looked up: fake: broken"},
		"one, and then cannot say": {
			fake{groups: []Account{group("far", 3)}, err: errors.New("broken")},
			append(slices.Clone(near), group("far", 3)), "gid 4 cannot be looked up",
		},
		"one, and no other": {fake{groups: []Account{group("far", 3)}, err: lookup.ErrNobody}, append(slices.Clone(near), group("far", 3)), ""},
		"another answer":    {fake{groups: []Account{group("evil", 2)}}, nil, "does not answer the question"},
		"no name":           {fake{groups: []Account{group("a:b", 3)}}, nil, "does not answer the question"},
	} {
		c.source.asked = new(int)
		got, err := behind("", "near:x:2:\n", c.source).Groups([]uint32{2, 3, 4})
		if !slices.Equal(got, c.want) || (err == nil) != (c.err == "") || err != nil && !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}

// TestAbsent has which errors mean that others are to be asked, and which do not.
func TestAbsent(t *testing.T) {
	for _, c := range []struct {
		err  error
		next bool
	}{
		{&unixsock.Error{Err: unix.ENOENT}, true},
		{&unixsock.Error{Err: unix.ECONNREFUSED}, true},
		{&lookup.NotServedError{Source: "nscd"}, true},
		{&getent.Error{Err: exec.ErrNotRoot}, true},
		{&unixsock.Error{Err: unixsock.ErrTimeout}, false},
		{&unixsock.Error{Err: unixsock.ErrUntrusted, Listener: 1000}, false},
		{&unixsock.Error{Err: unixsock.ErrClosed}, false},
		{&unixsock.Error{Err: unixsock.ErrMalformed}, false},
		{&unixsock.Error{Err: unix.EACCES}, false},
		{lookup.ErrNobody, false},
		{io.ErrUnexpectedEOF, false},
		{nil, false},
	} {
		if lookup.IsAbsent(c.err) != c.next {
			t.Errorf("%v: next %v, want %v", c.err, !c.next, c.next)
		}
	}
}

// TestSources has the sources by what nsswitch.conf says, on a machine without the daemons' sockets.
func TestSources(t *testing.T) {
	if Present("/run/systemd/userdb/io.systemd.Multiplexer") || Present("/var/run/nscd/socket") {
		t.Log("this machine has more sources than are expected here")
		return
	}
	for text, want := range map[string]string{
		"": "", "passwd: files": "", "passwd: files sss": "SSSD", "passwd: sss": "SSSD", "passwd: files ldap": "/usr/bin/getent",
		"passwd: files sss systemd": "SSSD, /usr/bin/getent", "group: sss": "", "passwd: files [NOTFOUND=return] winbind": "/usr/bin/getent",
	} {
		m := machine{open: func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }}
		sources, err := m.beyond(false)
		var names []string
		for _, s := range sources {
			names = append(names, s.Describe())
		}
		if got := strings.Join(names, ", "); got != want || err != nil {
			t.Errorf("%q: %s, %v", text, got, err)
		}
	}
}

// TestPresent: what cannot be looked at may be there, and has to be asked.
func TestPresent(t *testing.T) {
	folder := t.TempDir()
	if err := errors.Join(os.WriteFile(folder+"/file", nil, 0o600), os.Symlink("loop", folder+"/loop")); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"/file": true, "/loop": true, "/loop/x": true, "/none": false, "/none/x": false, "/file/x": false} {
		if got := Present(folder + name); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestNoSwitch(t *testing.T) {
	for err, bad := range map[error]bool{unix.ENOENT: false, unix.EACCES: true} {
		m := machine{open: func(string) (io.ReadCloser, error) { return nil, err }}
		sources, got := m.beyond(false)
		var wrong *SwitchError
		if len(sources) != 0 || errors.As(got, &wrong) != bad {
			t.Errorf("%v: %v, %v", err, sources, got)
		}
	}
}

func TestTrustedSSSD(t *testing.T) {
	open := func(text string) Opener {
		return func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }
	}
	trusts := TrustedSSSD(open("sssd:x:110:115::/:\nalice:x:1000:1000::/:\n"))
	if !trusts(110) || trusts(1000) || trusts(65534) || trusts(115) {
		t.Error("other users than sssd are trusted, or it is not")
	}
	if TrustedSSSD(open("alice:x:1000:1000::/:\n"))(1000) {
		t.Error("without a user sssd somebody is trusted")
	}
}
