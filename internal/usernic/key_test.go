package usernic

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// TestKey: many who need a key at once get one and the same, that only its owner can read, and get it again later.
func TestKey(t *testing.T) {
	owner := uint32(os.Getuid())
	name := filepath.Join(t.TempDir(), "state", "mac-key")
	keys := make([]key, 20)
	var group sync.WaitGroup
	for i := range keys {
		group.Add(1)
		go func() {
			defer group.Done()
			var err error
			if keys[i], err = keyAt(name, owner); err != nil {
				t.Error(err)
			}
		}()
	}
	group.Wait()
	for _, k := range keys {
		if k != keys[0] || k == (key{}) {
			t.Fatalf("%x and %x", k, keys[0])
		}
	}
	names, err := os.ReadDir(filepath.Dir(name))
	if err != nil || len(names) != 1 {
		t.Errorf("%v, %v", names, err)
	}
	for path, mode := range map[string]os.FileMode{name: 0o600, filepath.Dir(name): 0o700 | os.ModeDir} {
		if info, err := os.Stat(path); err != nil || info.Mode() != mode {
			t.Errorf("%s: %v, %v", path, info, err)
		}
	}
}

// TestNoKey: what others can have read or written is no key, and neither is half of one. None of it is replaced.
func TestNoKey(t *testing.T) {
	owner := uint32(os.Getuid())
	whole := bytes.Repeat([]byte{7}, len(key{}))
	for what, c := range map[string]struct {
		text []byte
		mode os.FileMode
	}{
		"empty": {nil, 0o600}, "half": {whole[:16], 0o600}, "long": {append(whole, '\n'), 0o600}, "readable": {whole, 0o640}, "writable": {whole, 0o602},
	} {
		name := filepath.Join(t.TempDir(), "mac-key")
		if err := errors.Join(os.WriteFile(name, c.text, 0o600), os.Chmod(name, c.mode)); err != nil {
			t.Fatal(err)
		}
		if k, err := keyAt(name, owner); !errors.Is(err, errNoKey) || k != (key{}) {
			t.Errorf("%s: %x, %v", what, k, err)
		}
		if text, err := os.ReadFile(name); err != nil || !bytes.Equal(text, c.text) {
			t.Errorf("%s: %x, %v", what, text, err)
		}
	}
	name := filepath.Join(t.TempDir(), "mac-key")
	if err := os.Symlink("/proc/self/status", name); err != nil {
		t.Fatal(err)
	}
	if _, err := keyAt(name, owner); !errors.Is(err, unix.ELOOP) {
		t.Error("a link:", err)
	}
	if _, err := keyAt(filepath.Join(t.TempDir(), "a", "b", "mac-key"), owner); !errors.Is(err, unix.ENOENT) {
		t.Error("no folder to make one in:", err)
	}
}
