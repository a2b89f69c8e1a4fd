package trusted

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

func TestOpenOptional(t *testing.T) {
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	for name, to := range map[string]string{"nowhere": "missing", "loop": "loop", "somewhere": "/proc/self/status"} {
		if err := os.Symlink(to, path(name)); err != nil {
			t.Fatal(err)
		}
	}
	if file, err := OpenOptional(path("missing"), privilege.Standing{}); file != nil || err != nil {
		t.Error("an absent file:", err)
	}
	if file, err := OpenOptional(path("nowhere"), privilege.Standing{}); file != nil || !errors.Is(err, unix.ENOENT) {
		t.Error("a link to nothing:", err)
	}
	if _, err := OpenOptional(path("loop"), privilege.Standing{}); !errors.Is(err, unix.ELOOP) {
		t.Error("a loop:", err)
	}
	var untrusted *UntrustedError
	if _, err := OpenOptional(folder, privilege.Standing{}); !errors.As(err, &untrusted) {
		t.Error("a folder:", err)
	}
	if _, err := OpenOptional(path("missing/x"), privilege.Standing{}); err != nil {
		t.Error("an absent folder:", err)
	}
	if os.Getuid() == 0 {
		if file, err := OpenOptional(path("somewhere"), privilege.Standing{}); err != nil || file == nil {
			t.Error("a link to a file of root's:", err)
		}
	}
}
