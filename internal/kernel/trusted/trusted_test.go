package trusted

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

// A file that root owns and nobody else may write to exists on every machine; so does one that root does not own here.
func TestOpen(t *testing.T) {
	file, err := Open("/proc/self/status", privilege.Standing{})
	if os.Getuid() == 0 {
		if err != nil {
			t.Fatal(err)
		}
		defer file.Close()
		text, err := io.ReadAll(file)
		if err != nil || !strings.HasPrefix(string(text), "Name:") {
			t.Errorf("read %q, %v", text, err)
		}
		return
	}
	if _, err := Open("/etc/passwd", privilege.Standing{}); err != nil {
		t.Errorf("/etc/passwd: %v", err)
	}
}

func TestOpenRefuses(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	write := func(name string, mode os.FileMode) string {
		if err := os.WriteFile(path(name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path(name), mode); err != nil {
			t.Fatal(err)
		}
		return path(name)
	}
	if err := unix.Mkfifo(path("fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	link := func(name, to string) string {
		if err := os.Symlink(to, path(name)); err != nil {
			t.Fatal(err)
		}
		return path(name)
	}
	mine := write("mine", 0o644)
	if os.Getuid() == 0 {
		if err := os.Chown(mine, 1, 1); err != nil {
			t.Fatal(err)
		}
	}
	reasons := map[string]string{
		folder:                       "is not a regular file",
		path("fifo"):                 "is not a regular file",
		"/dev/null":                  "is not a regular file",
		mine:                         "not by root",
		link("link", mine):           "not by root",
		link("tolink", path("link")): "not by root",
	}
	if os.Getuid() == 0 {
		users := write("group", 0o664)
		if err := os.Chown(users, 0, 100); err != nil {
			t.Fatal(err)
		}
		reasons[users] = "is writable by group or others"
		reasons[write("others", 0o646)] = "is writable by group or others"
		reasons[link("towritable", path("others"))] = "is writable by group or others"
	}
	for name, reason := range reasons {
		var untrusted *UntrustedError
		if _, err := Open(name, privilege.Standing{}); !errors.As(err, &untrusted) || !strings.Contains(untrusted.Reason(), reason) {
			t.Errorf("%s: %v, want %q", name, err, reason)
		}
	}
	for name, want := range map[string]error{
		path("missing"):                     unix.ENOENT,
		link("dangling", path("nowhere")):   unix.ENOENT,
		link("loop", path("loop")):          unix.ELOOP,
		filepath.Join(mine, "below a file"): unix.ENOTDIR,
	} {
		if _, err := Open(name, privilege.Standing{}); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}

// TestRootsGroup: root's group may write a file of root's (chmod g=u), and no list of others may add to that.
func TestRootsGroup(t *testing.T) {
	if os.Getuid() != 0 {
		return // files of root's are made by root: test/blackbox/maps has these cases too
	}
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, 0o664); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		list  []byte
		fault Fault
	}{
		"no list":              {nil, 0},
		"a user who may read":  {list(4, 2000), 0},
		"a user who may write": {list(6, 2000), Listed},
		"root by name":         {list(6, 0), 0},
	} {
		if c.list != nil {
			if err := unix.Setxattr(path, accessList, c.list, 0); err != nil {
				t.Fatal(err)
			}
		}
		file, err := Open(path, privilege.Standing{})
		var untrusted *UntrustedError
		switch {
		case c.fault == 0 && (err != nil || !file.GroupWritable()):
			t.Errorf("%s: %v", name, err)
		case c.fault != 0 && (!errors.As(err, &untrusted) || untrusted.Fault != c.fault):
			t.Errorf("%s: %v", name, err)
		}
		if c.list != nil {
			if err := unix.Removexattr(path, accessList); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// list is an access control list as the kernel has it: owner and group rw, the named user, mask rw, others r.
func list(permissions byte, user uint16) []byte {
	none := []byte{0xff, 0xff, 0xff, 0xff}
	entry := func(tag, permissions byte, id ...byte) []byte { return append([]byte{tag, 0, permissions, 0}, id...) }
	return slices.Concat([]byte{aclVersion, 0, 0, 0}, entry(1, 6, none...), entry(aclUser, permissions, byte(user), byte(user>>8), 0, 0),
		entry(4, 6, none...), entry(0x10, 6, none...), entry(0x20, 4, none...))
}

// TestRootOnly: a list that cannot be understood is not believed.
func TestRootOnly(t *testing.T) {
	good := list(4, 2000)
	if !rootOnly(good) {
		t.Error("a good list")
	}
	named := slices.Clone(list(6, 2000))
	named[aclHeader+aclEntry] = aclGroup
	for name, l := range map[string][]byte{"nothing": nil, "cut": good[:len(good)-1], "version": append([]byte{3}, good[1:]...), "group": named} {
		if rootOnly(l) {
			t.Errorf("%s is believed", name)
		}
	}
}
