package install

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestLook(t *testing.T) {
	need := Need{Program: "newuidmap", Capability: unix.CAP_SETUID, Name: "cap_setuid"}
	path := filepath.Join(t.TempDir(), "program")
	if f := Look(path, need); f != (Facts{}) {
		t.Errorf("a missing file: %+v", f)
	}
	if err := os.WriteFile(path, nil, 0o700); err != nil {
		t.Fatal(err)
	}
	if f := Look(path, need); f.SetuidRoot || f.SetuidOther || f.FileCaps || f.Effective {
		t.Errorf("%+v", f)
	}
	if err := os.Chmod(path, 0o755|os.ModeSetuid); err != nil {
		t.Fatal(err)
	}
	f := Look(path, need)
	if root := os.Getuid() == 0; f.SetuidRoot != root || f.SetuidOther == root {
		t.Errorf("%+v", f)
	}
}
