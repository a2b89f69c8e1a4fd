package nsswitch

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func parseText(t testing.TB, text string) Config {
	t.Helper()
	c, err := Parse(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestAway: which services can be away.
func TestAway(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "files": false, "files systemd": false, "files sss": false, "files altfiles db extrausers": false, "files ldap": true, "compat": true, "files systemd winbind": true, "nis": true,
	} {
		if got := Away(strings.Fields(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func TestServices(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                     nil,
		"passwd:":                              nil,
		"passwd: files":                        {"files"},
		"passwd:files sss\n":                   {"files", "sss"},
		"passwd:\tfiles\tsss":                  {"files", "sss"},
		" passwd: files":                       {"files"},
		"passwd: files # sss":                  {"files"},
		"# passwd: sss":                        nil,
		"#passwd: sss\npasswd: compat systemd": {"compat", "systemd"},
		"passwd: files [NOTFOUND=return] sss":  {"files", "sss"},
		"passwd: files[NOTFOUND=return]sss":    {"files", "sss"},
		"passwd: files [!UNAVAIL=return sss":   {"files"}, // an action without an end
		"passwd: files\npasswd: sss":           {"sss"},
		"passwd: sss\npasswd\n":                {"sss"}, // a line that says nothing spoils no other
		"passwd: sss\npasswd [x]\n":            {"sss"},
		"passwd: a[x] b[y [z]c]d":              {"a", "b", "c]d"},
		"passwd: sss\r":                        {"sss"},
		"passwd sss":                           nil,
		"PASSWD: sss":                          nil, // glibc knows the name in small letters only
		"passwd_compat: nis":                   nil,
		"xpasswd: sss":                         nil,
		"group: sss":                           nil,
		"passwd: " + strings.Repeat("x", 5000): nil,
	} {
		if got := parseText(t, text).Passwd; !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if c := parseText(t, "group: files sss\npasswd: files"); !slices.Equal(c.Group, []string{"files", "sss"}) || len(c.Passwd) != 1 {
		t.Errorf("%q", c)
	}
}

// TestSubid has what Debian's getsubids takes the lines for; test/directory asks it.
func TestSubid(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		"subid: sss":               "sss",
		"subid:sss":                "sss",
		"subid:\tsss\n":            "sss",
		"SubID: sss":               "sss",
		"subid: sss\r\n":           "sss",
		"subid: files\r":           "files",
		"subid: SSS":               "SSS", // a module of that name
		"subid: sss files":         "sss",
		"subid: files sss":         "files",
		"subid: sss\nsubid: files": "sss",
		"subid: files\nsubid: sss": "files",
		"subid: \nsubid: sss":      "sss",
		"subid:\nsubid: sss":       "sss",
		" subid: sss":              "",
		"#subid: sss":              "",
		"# subid: sss":             "",
		"subid : sss":              "",
		"subids: sss":              "",
		"xsubid: sss":              "",
		"passwd: subid: sss":       "",
		"subid: [X=return] sss":    "[X=return]",
		"subid: sss#":              "sss#",
		"subid: ../evil":           "../evil",
	} {
		if got := parseText(t, text).Subid; got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestOthers(t *testing.T) {
	for text, want := range map[string]bool{"": false, "files": false, "files sss": false, "files systemd": true, "compat": true, "sss ldap": true, "FILES": true} {
		if got := Others(strings.Fields(text)); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
	if Lists([]string{"files"}, SSS) || !Lists([]string{"files", "sss"}, SSS) {
		t.Error("Lists")
	}
}

func TestUnreadable(t *testing.T) {
	broken := errors.New("broken")
	c, err := Parse(iotest.TimeoutReader(iotest.OneByteReader(strings.NewReader("subid: sss"))))
	if err == nil || c.Subid != "" {
		t.Errorf("%+v, %v", c, err)
	}
	if _, err := Parse(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// FuzzParse: a service is a word of the text, and the word for subordinate ids follows subid:.
func FuzzParse(f *testing.F) {
	f.Add("passwd: files [NOTFOUND=return] sss # x\ngroup: files\nsubid: sss files\n")
	f.Add("subid:\x00\n\xff:[[]]:\n")
	f.Fuzz(func(t *testing.T, text string) {
		c := parseText(t, text)
		for _, s := range append(append([]string{}, c.Passwd...), c.Group...) {
			if s == "" || !strings.Contains(text, s) || strings.ContainsAny(s, " \t\n[#") {
				t.Errorf("%q: service %q", text, s)
			}
		}
		if c.Subid != "" && (!strings.Contains(strings.ToLower(text), "subid:") || !strings.Contains(text, c.Subid)) {
			t.Errorf("%q: subid %q", text, c.Subid)
		}
	})
}
