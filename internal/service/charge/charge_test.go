package charge

import (
	"errors"
	"strings"
	"testing"
	"testing/iotest"
)

const file = `# comment
alice:100000:65536
bob:165536:65536
1001:300000:10
alice:400000:10
+nis:500000:10
carol:600000:0
dave:700000:xyz
:800000:10
inner:100100:10
wide:50000:2000000
`

func home() bool { return true }

func away() bool { return false }

func TestTo(t *testing.T) {
	r, err := Read(strings.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for uid, want := range map[uint32]string{
		0: "uid:0", 1001: "uid:1001", 49999: "uid:49999", 50000: "range:wide", 100000: "range:alice", 100099: "range:alice", 100100: "range:inner",
		100110: "range:alice", 165535: "range:alice", 165536: "range:bob", 231072: "range:wide", 300000: "range:1001", 300010: "range:wide", 400009: "range:alice",
		500000: "range:wide", 2049999: "range:wide", 2050000: "uid:2050000", 1<<31 - 1: "uid:2147483647", 1 << 31: "piece:32768",
		1<<31 + 65535: "piece:32768", 1<<31 + 65536: "piece:32769", 1<<32 - 2: "piece:65535",
	} {
		if got := r.To(uid, home); got != want {
			t.Errorf("%d: %s, want %s", uid, got, want)
		}
	}
	if got := (Ranges{}).To(100000, home); got != "uid:100000" {
		t.Errorf("without ranges: %s", got)
	}
}

// TestInsideANamespace: whoever is in another user namespace may have as many ids as that, without any line.
func TestInsideANamespace(t *testing.T) {
	for uid, want := range map[uint32]string{1001: "uid:1001", 65535: "uid:65535", 65536: "piece:1", 524288: "piece:8", 589823: "piece:8", 589824: "piece:9"} {
		if got := (Ranges{}).To(uid, away); got != want {
			t.Errorf("%d: %s, want %s", uid, got, want)
		}
	}
}

// TestRootsRange: the accounts of a directory, whose ids lie in a range of root's, are not one; whoever is in a container is.
func TestRootsRange(t *testing.T) {
	r, err := Read(strings.NewReader("root:1000000:1000000000\nalice:1500000:10\n0:1:65535\n"))
	if err != nil {
		t.Fatal(err)
	}
	for uid, want := range map[uint32][2]string{
		1000: {"uid:1000", "range:0"}, 1200001: {"uid:1200001", "range:root"}, 1500003: {"range:alice", "range:alice"}, 1500010: {"uid:1500010", "range:root"},
	} {
		if got := [2]string{r.To(uid, home), r.To(uid, away)}; got != want {
			t.Errorf("%d: %q, want %q", uid, got, want)
		}
	}
}

// TestRangeIsOneOwner: all ids of a line are charged to one.
func TestRangeIsOneOwner(t *testing.T) {
	r, err := Read(strings.NewReader("alice:100000:65536\n"))
	if err != nil {
		t.Fatal(err)
	}
	owners := map[string]bool{}
	for uid := uint32(100000); uid < 165536; uid++ {
		owners[r.To(uid, away)] = true
	}
	if len(owners) != 1 {
		t.Errorf("%d owners", len(owners))
	}
}

func TestReadFails(t *testing.T) {
	r, err := Read(iotest.ErrReader(errors.New("no")))
	if err == nil || len(r.rows) > 0 {
		t.Errorf("%v, %v", r, err)
	}
}
