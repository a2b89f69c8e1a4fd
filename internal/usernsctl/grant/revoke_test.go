package grant

import "testing"

// TestSearch: a line may have granted ID 0, below which there is none.
func TestSearch(t *testing.T) {
	for from, want := range map[uint64]string{0: "find / -xdev -uid -65536", 1: "find / -xdev -uid +0 -uid -65536", 1000: "find / -xdev -uid +999 -uid -65536"} {
		if got := search(from, 65536); got != want {
			t.Errorf("%d: %s", from, got)
		}
	}
}
