package newidmap

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"userns-helpers/internal/idmap"
)

// TestForbidden: what the policy forbids is not mapped although it is granted; where it is not known, nothing is.
func TestForbidden(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("as another user than root every policy is one that root does not own")
	}
	const all = "[idmap]\nforbidden_host_ids = [\n\"0-999\",\n'5000']\n"
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("missing", link); err != nil {
		t.Fatal(err)
	}
	put := func(text string, mode os.FileMode) string {
		path := filepath.Join(t.TempDir(), "policy.toml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		name, policy, asked string
		want                string // "": granted
		any                 bool   // it is the same as another user than root, for whom no policy is root's
	}{
		{"no file", filepath.Join(t.TempDir(), "x"), "0 500 1", "", true},
		{"not forbidden", put(all, 0o644), "0 1000 1 1 2000 1000", "", false},
		{"own id", put(all, 0o644), "0 5000 1", "", true},
		{"own id, in a range", put(all, 0o644), "0 5000 2", "uid range [0-2) -> [5000-5002) not allowed: POLICY forbids [5000-5001) to everybody (line 4: forbidden_host_ids)", false},
		{"forbidden", put(all, 0o644), "0 500 1", "POLICY forbids [0-1000) to everybody (line 3: forbidden_host_ids)", false},
		{"the second", put(all, 0o644), "0 2000 1 1 999 1", "uid range [1-2) -> [999-1000) not allowed: POLICY forbids", false},
		{"around", put(all, 0o644), "0 900 2000", "not allowed: POLICY forbids [0-1000)", false},
		{"mistake", put("[idmap]\nforbidden = 1\n", 0o644), "0 2000 1", "POLICY says which ids are never mapped, and has a mistake: line 2: [idmap] has no key", false},
		{"mistake elsewhere", put("[defaults]\nno_such_key = 1\n", 0o644), "0 2000 1", "", false},
		{"mistake, own id", put("[", 0o644), "0 5000 1", "", true},
		{"not trusted", put(all, 0o666), "0 2000 1", "is writable by group or others: it says which ids are never mapped", false},
		{"a folder", t.TempDir(), "0 2000 1", "is not a regular file", true},
		{"a link to nothing", link, "0 2000 1", "cannot open POLICY: No such file or directory: it says", true},
	} {
		if os.Getuid() != 0 && !c.any {
			c.want = "not by root: it says which ids"
		}
		p, _ := machine(idmap.UID, "alice:0:10000\n", "")
		p.policy = c.policy
		u := alice()
		u.uid = 5000
		_, err := decideOn(t, p, u, c.asked)
		want := strings.ReplaceAll(c.want, "POLICY", c.policy)
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", c.name, err, want)
		}
	}
}

// TestForbiddenOwnGroup: an own group that is forbidden may be mapped, but its grant does not leave setgroups(2) allowed.
func TestForbiddenOwnGroup(t *testing.T) {
	policy := filepath.Join(t.TempDir(), "policy.toml")
	if err := os.WriteFile(policy, []byte("[idmap]\nforbidden_host_ids = [\"1000\"]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		policy, granted, asked string
		deny                   bool
		root                   bool // it needs a policy that is root's
	}{
		{"", "alice:1000:1\n", "0 1000 1", false, false},
		{policy, "alice:1000:1\n", "0 1000 1", true, false},
		{policy, "alice:1000:1001\n", "0 1000 1 1 2000 1", false, true}, // another grant is used too
		{policy, "bob:1000:1\n", "0 1000 1", true, false},
		{t.TempDir(), "alice:1000:1\n", "0 1000 1", true, false}, // what is forbidden is not known
	} {
		if os.Getuid() != 0 && c.root {
			continue // nothing but an own id is mapped under a policy that is not
		}
		p, _ := machine(idmap.GID, c.granted, "")
		p.policy = c.policy
		d, err := decideOn(t, p, alice(), c.asked)
		if err != nil || d.DenyGroup != c.deny {
			t.Errorf("%+v: %v, %v", c, d.DenyGroup, err)
		}
	}
}
