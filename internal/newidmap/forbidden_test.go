package newidmap

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"userns-helpers/internal/idmap"
)

// TestForbidden: what is forbidden is not mapped although it is granted; where it is not known, nothing is.
func TestForbidden(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("as another user than root every list is one that root does not own")
	}
	const all = "# IDs\n\n0-999 # of the system\n5000\n"
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("missing", link); err != nil {
		t.Fatal(err)
	}
	put := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "forbidden-host-ids")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name, file, asked string
		want              string // "": granted
		any               bool   // it is the same as another user than root, for whom no list is root's
	}{
		{"no file", filepath.Join(t.TempDir(), "x"), "0 500 1", "", true},
		{"not forbidden", put(all, 0o644), "0 1000 1 1 2000 1000", "", false},
		{"own id", put(all, 0o644), "0 5000 1", "", true},
		{"own id, in a range", put(all, 0o644), "0 5000 2", "uid range [0-2) -> [5000-5002) not allowed: FILE line 4 forbids [5000-5001) to everybody", false},
		{"forbidden", put(all, 0o644), "0 500 1", "FILE line 3 forbids [0-1000) to everybody", false},
		{"the second", put(all, 0o644), "0 2000 1 1 999 1", "uid range [1-2) -> [999-1000) not allowed: FILE line 3 forbids", false},
		{"around", put(all, 0o644), "0 900 2000", "not allowed: FILE line 3 forbids [0-1000)", false},
		{"empty", put("", 0o644), "0 500 1", "", false},
		{"mistake", put("0-999\n1000 - 1999\n", 0o644), "0 2000 1", `FILE says which ids are never mapped, and has a mistake: line 2: "1000 - 1999" is not an ID`, false},
		{"TOML", put("[idmap]\nforbidden_host_ids = [\"0-999\"]\n", 0o644), "0 2000 1", `a mistake: line 1: "[idmap]" is not an ID`, false},
		{"too large", put(strings.Repeat("#\n", 1<<17)+"\n", 0o644), "0 2000 1", "FILE says which ids are never mapped, and has a mistake: the file is larger than", false},
		{"mistake, own id", put("x", 0o644), "0 5000 1", "", true},
		{"not trusted", put(all, 0o666), "0 2000 1", "is writable by group or others: it says which ids are never mapped", false},
		{"a folder", t.TempDir(), "0 2000 1", "is not a regular file", true},
		{"a link to nothing", link, "0 2000 1", "cannot open FILE: No such file or directory: it says", true},
	} {
		if os.Getuid() != 0 && !c.any {
			c.want = "not by root: it says which ids"
		}
		p, _ := machine(idmap.UID, "alice:0:10000\n", "")
		p.forbidden = c.file
		u := alice()
		u.uid = 5000
		_, err := decideOn(t, p, u, c.asked)
		want := strings.ReplaceAll(c.want, "FILE", c.file)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", c.name, err, want)
		}
	}
}

// TestForbiddenOwnGroup: an own group that is forbidden may be mapped, but its grant does not leave setgroups(2) allowed.
func TestForbiddenOwnGroup(t *testing.T) {
	list := filepath.Join(t.TempDir(), "forbidden-host-ids")
	if err := os.WriteFile(list, []byte("1000\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file, granted, asked string
		deny                 bool
		root                 bool // it needs a list that is root's
	}{
		{"", "alice:1000:1\n", "0 1000 1", false, false},
		{list, "alice:1000:1\n", "0 1000 1", true, false},
		{list, "alice:1000:1001\n", "0 1000 1 1 2000 1", false, true}, // another grant is used too
		{list, "bob:1000:1\n", "0 1000 1", true, false},
		{t.TempDir(), "alice:1000:1\n", "0 1000 1", true, false}, // what is forbidden is not known
	} {
		if os.Getuid() != 0 && c.root {
			continue // nothing but an own id is mapped under a list that is not
		}
		p, _ := machine(idmap.GID, c.granted, "")
		p.forbidden = c.file
		d, err := decideOn(t, p, alice(), c.asked)
		if err != nil || d.DenyGroup != c.deny {
			t.Errorf("%+v: %v, %v", c, d.DenyGroup, err)
		}
	}
}
