package readdir

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

func TestNames(t *testing.T) {
	path := t.TempDir()
	var want []string
	for i := range 3000 { // more than one buffer
		name := "a-name-of-some-length-" + strconv.Itoa(i)
		want = append(want, name)
		if err := os.WriteFile(filepath.Join(path, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(want)
	if got, err := Names(path); err != nil || !slices.Equal(got, want) {
		t.Errorf("%d names, %v", len(got), err)
	}
	if _, err := Names(filepath.Join(path, want[0])); !errors.Is(err, unix.ENOTDIR) {
		t.Errorf("a file: %v", err)
	}
	if _, err := Names(filepath.Join(path, "none")); !errors.Is(err, unix.ENOENT) {
		t.Errorf("nothing: %v", err)
	}
}
