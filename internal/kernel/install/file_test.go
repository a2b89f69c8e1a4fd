package install

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestObserveFile(t *testing.T) {
	need := Need{Program: "newuidmap", Capability: unix.CAP_SETUID, Name: "cap_setuid"}
	path := filepath.Join(t.TempDir(), "program")
	if _, err := ObserveFile(path, need); !errors.Is(err, unix.ENOENT) {
		t.Errorf("a missing file: %v", err)
	}
	if err := os.WriteFile(path, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	f, err := ObserveFile(path, need)
	if err != nil || f.Mode != 0o700 || !f.Regular || f.SetuidRoot || f.SetuidOther || f.FileCaps || f.Effective || f.UID != uint32(os.Getuid()) {
		t.Errorf("%+v, %v", f, err)
	}
	if err := os.Chmod(path, 0o755|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	f, err = ObserveFile(path, need)
	if root := os.Getuid() == 0; err != nil || f.Mode != 0o4755 || f.SetuidRoot != root || f.SetuidOther == root {
		t.Errorf("%+v, %v", f, err)
	}
	if f, err := ObserveFile(filepath.Dir(path), need); err != nil || f.Regular {
		t.Errorf("a folder: %+v, %v", f, err)
	}
}
