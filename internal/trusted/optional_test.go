package trusted

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestOpenOptional(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	for name, to := range map[string]string{"nowhere": "missing", "loop": "loop", "somewhere": "/proc/self/status"} {
		if err := os.Symlink(to, path(name)); err != nil {
			t.Fatal(err)
		}
	}
	if file, err := OpenOptional(path("missing")); file != nil || err != nil {
		t.Error("an absent file:", err)
	}
	if file, err := OpenOptional(path("nowhere")); file != nil || !errors.Is(err, unix.ENOENT) {
		t.Error("a link to nothing:", err)
	}
	if _, err := OpenOptional(path("loop")); !errors.Is(err, unix.ELOOP) {
		t.Error("a loop:", err)
	}
	var untrusted *UntrustedError
	if _, err := OpenOptional(folder); !errors.As(err, &untrusted) {
		t.Error("a folder:", err)
	}
	if _, err := OpenOptional(path("missing/x")); err != nil {
		t.Error("an absent folder:", err)
	}
	if os.Getuid() == 0 {
		if file, err := OpenOptional(path("somewhere")); err != nil || file == nil {
			t.Error("a link to a file of root's:", err)
		}
	}
}
