package trusted

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A file that root owns and nobody else may write to exists on every machine; so does one that root does not own here.
func TestOpen(t *testing.T) {
	file, err := Open("/proc/self/status")
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
	if _, err := Open("/etc/passwd"); err != nil {
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
		reasons[write("group", 0o664)] = "is writable by group or others"
		reasons[write("others", 0o646)] = "is writable by group or others"
		reasons[link("towritable", path("others"))] = "is writable by group or others"
	}
	for name, reason := range reasons {
		var untrusted *UntrustedError
		if _, err := Open(name); !errors.As(err, &untrusted) || !strings.Contains(untrusted.Reason, reason) {
			t.Errorf("%s: %v, want %q", name, err, reason)
		}
	}
	for name, want := range map[string]error{
		path("missing"):                     unix.ENOENT,
		link("dangling", path("nowhere")):   unix.ENOENT,
		link("loop", path("loop")):          unix.ELOOP,
		filepath.Join(mine, "below a file"): unix.ENOTDIR,
	} {
		if _, err := Open(name); !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", name, err, want)
		}
	}
}
