package usernsctl

import "testing"

func TestPlural(t *testing.T) {
	for n, wanted := range map[int]string{0: "0 processes", 1: "1 process", 5: "5 processes"} {
		if got := plural(n, "process"); got != wanted {
			t.Errorf("%q, not %q", got, wanted)
		}
	}
	if got := plural(2, "container"); got != "2 containers" {
		t.Error(got)
	}
}
