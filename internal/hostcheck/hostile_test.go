package hostcheck

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/finding"
)

// TestOriginOfOthers: a program that others than root can write is reported, and its content not looked at.
func TestOriginOfOthers(t *testing.T) {
	f := clean(t)
	f.write(t, "/usr/bin/newuidmap", "no program")
	at := filepath.Join(f.folder, "/usr/bin/newuidmap")
	kinds := func(mode os.FileMode) []string {
		if err := os.Chmod(at, mode); err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, x := range Check(f.host()).Findings {
			if x.File == "/usr/bin/newuidmap" && x.Level != finding.Note {
				found = append(found, x.ID)
			}
		}
		return found
	}
	if found := kinds(0o777); !slices.Contains(found, "program-owner") || slices.Contains(found, "program-origin") {
		t.Errorf("of others: %q", found)
	}
	if found := kinds(0o755); unix.Getuid() == 0 && !slices.Contains(found, "program-origin") {
		t.Errorf("of root: %q", found)
	}
}
