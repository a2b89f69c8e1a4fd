package dhcphosts

import (
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
)

var web = Host{MAC: netquota.MAC{2, 0xab, 0, 1, 2, 3}, Address: netip.MustParseAddr("10.0.3.50"), Name: "web-1000", Lease: 600}

// TestPut: the file is whole, others cannot read it, and it is written once.
func TestPut(t *testing.T) {
	directory, me := t.TempDir(), uint32(os.Getuid())
	if err := os.Chmod(directory, 0o750|fs.ModeSetgid); err != nil {
		t.Fatal(err)
	}
	path := directory + "/10.0.3.50"
	for i, want := range []string{"02:ab:00:01:02:03,id:*,10.0.3.50,web-1000,600\n", "02:ab:00:01:02:03,id:*,10.0.3.50,web-1000,600\n", "02:ab:00:01:02:03,id:*,10.0.3.50,db-1000,600\n"} {
		h := web
		if i == 2 {
			h.Name = "db-1000"
			if err := os.WriteFile(directory+"/.10.0.3.50", []byte(strings.Repeat("left by one that was killed", 9)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		before, _ := os.Stat(path)
		if err := put(directory, h, me); err != nil {
			t.Fatal(err)
		}
		after, err := os.Stat(path)
		text, _ := os.ReadFile(path)
		if err != nil || string(text) != want || i != 2 && after.Mode().Perm() != 0o640 || i == 1 && !os.SameFile(before, after) {
			t.Errorf("%d: %q, %v, %v", i, text, after, err)
		}
	}
}

// TestPutRefuses: a directory that others can read, that gives files no group, is a link, another's, or none.
func TestPutRefuses(t *testing.T) {
	me := uint32(os.Getuid())
	for name, c := range map[string]struct {
		mode  fs.FileMode
		owner uint32
	}{
		"read by all": {0o755 | fs.ModeSetgid, me}, "entered by all": {0o751 | fs.ModeSetgid, me}, "no group": {0o750, me},
		"written by its group": {0o770 | fs.ModeSetgid, me}, "another's": {0o750 | fs.ModeSetgid, me + 1},
	} {
		directory := t.TempDir()
		if err := os.Chmod(directory, c.mode); err != nil {
			t.Fatal(err)
		}
		var unsafe *lockfile.UnsafeError
		if err := put(directory, web, c.owner); !errors.As(err, &unsafe) {
			t.Errorf("%s: %v", name, err)
		}
		if left, _ := os.ReadDir(directory); len(left) != 0 {
			t.Errorf("%s: %v", name, left)
		}
		if err := os.Symlink(directory, directory+".link"); err != nil {
			t.Fatal(err)
		}
		if err := put(directory+".link", web, me); err == nil {
			t.Errorf("%s: by a link", name)
		}
	}
	if err := put(t.TempDir()+"/none", web, me); !errors.Is(err, unix.ENOENT) {
		t.Error(err)
	}
}

// TestName: a label, and nobody else's.
func TestName(t *testing.T) {
	for container, want := range map[string]string{
		"web": "web-1000", "Web.example.com": "web-example-com-1000", "": "nic-1000", "--": "nic-1000", "a,b\n": "a-b-1000", "ü": "nic-1000",
		strings.Repeat("x", 200): strings.Repeat("x", 58) + "-1000", "web-1001": "web-1001-1000",
	} {
		if got := Name(container, 1000); got != want || len(got) > longestLabel {
			t.Errorf("%q: %q, want %q", container, got, want)
		}
	}
}
