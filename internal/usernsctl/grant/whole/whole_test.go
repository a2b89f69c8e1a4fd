package whole

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// TestPut: a file is made, kept, replaced, and removed with its directory; what somebody else wrote is left alone.
func TestPut(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.slice.d", "50-y.conf")
	for _, c := range []struct {
		text string
		want Change
	}{{"a\n", Made}, {"a\n", Same}, {"b\n", Replaced}} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file+"~", []byte("left by one that was killed"), 0o600); err != nil {
			t.Fatal(err)
		}
		looked, err := Look(file, c.text)
		if got, put := Put(file, c.text); got != c.want || looked != c.want || put != nil || err != nil {
			t.Errorf("%q: %v, before %v, want %v; %v, %v", c.text, got, looked, c.want, put, err)
		}
		if got, err := os.ReadFile(file); string(got) != Mark+c.text || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	_ = os.Remove(file + "~")
	for _, dry := range []bool{true, false} {
		if text, there, err := Remove(file, dry); text != "b\n" || !there || err != nil {
			t.Errorf("%q, %v, %v", text, there, err)
		}
	}
	if _, err := os.Lstat(filepath.Dir(file)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its directory: %v", err)
	}
}

// TestForeign: a file of somebody else's, and a link, are refused and stay.
func TestForeign(t *testing.T) {
	directory := t.TempDir()
	file, link := filepath.Join(directory, "file"), filepath.Join(directory, "link")
	if err := errors.Join(os.WriteFile(file, []byte("TasksMax=5\n"), 0o644), os.Symlink("file", link)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, link} {
		var foreign *ForeignError
		if _, err := Put(path, "x\n"); !errors.As(err, &foreign) || foreign.Path != path {
			t.Errorf("%s: %v", path, err)
		}
		if _, there, err := Remove(path, false); there || err != nil {
			t.Errorf("%s: %v, %v", path, there, err)
		}
	}
	if got, err := os.ReadFile(link); string(got) != "TasksMax=5\n" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
