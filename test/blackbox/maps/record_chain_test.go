//go:build system

package maps

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// TestRecord reads the records of three releases, each of which says what the one before does not do, and writes the last
// one again.
func TestRecord(t *testing.T) {
	directory := t.TempDir()
	const last = "# What Debian's uidmap 3.0 does, as record_test.go says; test/run maps -record writes it.\nback\tone\nnew\tthree\nsame again\t=\n"
	for release, text := range map[string]string{
		"1.0": "# x\nback\tone\ngone\tone\nkept\tone\nsame again\tone\n",
		"2.0": "# x\nback\t=\ngone\t=\nsame again\ttwo\n",
		"3.0": last,
	} {
		if err := os.WriteFile(filepath.Join(directory, "debian-"+release+".txt"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, err := readObserved(directory, []string{"1.0", "2.0", "3.0"})
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"back": "one", "kept": "one", "new": "three"}; !maps.Equal(r.text, want) || r.release != "3.0" {
		t.Errorf("%s does %q, not %q", r.release, r.text, want)
	}
	if err := r.write(directory + "/again"); err != nil {
		t.Fatal(err)
	}
	if text, _ := os.ReadFile(directory + "/again"); string(text) != last {
		t.Errorf("written again: %q", text)
	}
	// The record that another builds on names cases, too.
	if unused := r.unused(map[string]bool{"kept": true, "new": true}); !slices.Equal(unused, []string{"back", "same again"}) {
		t.Errorf("unused: %q", unused)
	}
	if _, err := readObserved(directory, []string{"4.0", "1.0"}); err == nil {
		t.Error("a record is missing, and nothing was said")
	}
}
