package hostcheck

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/usernsctl/finding"
)

// TestSilentDirectory: a directory that does not answer costs a few time-outs, not one for each line.
func TestSilentDirectory(t *testing.T) {
	asked := 0
	c := &check{beyond: beyond{users: true, ask: func(string) (account.Account, error) {
		asked++
		return account.Account{}, errors.New("no answer")
	}}}
	for range 100 {
		if !c.lookUp("carol") {
			t.Fatal("a user of whom nobody could tell does not exist")
		}
	}
	if asked != mostSilent || len(c.report.Unseen) != mostSilent+1 {
		t.Errorf("asked %d times, not looked at: %v", asked, c.report.Unseen)
	}
}

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
	ofRoot := unix.Getuid() == 0
	if found := kinds(0o755); slices.Contains(found, "program-origin") != ofRoot {
		t.Errorf("only root can write it %v: %q", ofRoot, found)
	}
}
