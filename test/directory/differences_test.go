//go:build system

package directory

import (
	"os"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
	"userns-helpers/test/directory/fake"
)

// TestDifferences shows rows of docs/compatibility.md, with Debian's programs beside ours. D03 is TestNamesakes, D02 is
// TestOtherModule, D07 TestGetent, D08 TestOddNames, D09 TestHung and TestGroupsInDoubt.
func TestDifferences(t *testing.T) {
	t.Run("D01", func(t *testing.T) {
		switched(t, "passwd: files\nsubid: nosuch\n")
		want, got := maps(t, debian, "newuidmap", carol, "0 3000 1"), maps(t, bin, "newuidmap", carol, "0 3000 1")
		if want.status != 0 || got.status != 0 || !strings.Contains(want.err, "Using files") || got.err != "" {
			t.Errorf("%v; Debian's: %v", got, want)
		}
	})
	t.Run("D06", func(t *testing.T) {
		put(t, "/etc/nsswitch.conf", harness.File{Text: "passwd: files\nsubid: files\n", Mode: 0o666})
		want, got := maps(t, debian, "newuidmap", carol, "0 200000 1"), maps(t, bin, "newuidmap", carol, "0 200000 1")
		if want.status != 0 || got.status != 1 || got.text != "" {
			t.Errorf("%v; Debian's: %v", got, want)
		}
	})
	inPlace(t)
	t.Run("D04", func(t *testing.T) {
		d := fake.ListenAt(t, pipe, sssdOf(carol, []uint32{0, 65536, 4294967290, 65536, 100000, 5}, nil).serve)
		defer d.Close()
		if err := os.Chmod(pipe, 0o666); err != nil {
			t.Fatal(err)
		}
		want, got := call(t, carol, debian+"/getsubids", "carol"), call(t, carol, bin+"/getsubids", "carol")
		if want.out != "0: carol 0 65536\n1: carol 4294967290 65536\n2: carol 100000 5\n" || got.out != "0: carol 100000 5\n" {
			t.Errorf("%v; Debian's: %v", got, want)
		}
	})
	t.Run("D05", func(t *testing.T) {
		want, got := maps(t, debian, "newuidmap", carol, "0 200000 1"), maps(t, bin, "newuidmap", carol, "0 200000 1")
		if want.status != 1 || !strings.HasSuffix(want.first(), "not allowed") || got.status != 1 || got.first() != "cannot get the ranges of carol (uid 3000) from SSSD" {
			t.Errorf("%v; Debian's: %v", got, want)
		}
	})
}
