package getent

import (
	"slices"
	"testing"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/kernel/exec"
)

// TestListing: one line for each user, in their order, and nothing else.
func TestListing(t *testing.T) {
	s, started := answering(0, "-x                    7 4294967294\na b\nalice                 8\n", nil)
	got, err := s.Listing([]string{"-x", "a b", "alice"})
	if want := []lookup.Account{{ID: 7}, {ID: 4294967294}, {ID: 8}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	if !slices.Equal(started.Arguments, []string{"initgroups", "--", "-x", "a b", "alice"}) || !whole(started.Patience) {
		t.Errorf("%+v", started)
	}
	for _, output := range []string{
		"", "alice 7", "bob 7\n", "alice 7\nbob 8\n", "alicex 7\n", "alice 7x\n", "alice -1\n", "alice 4294967295\n", "alice 4294967296\n",
		"\nalice 7\n", "alice\t7\n", " alice 7\n", "alice 7 staff\n",
	} {
		s, _ := answering(0, output, nil)
		if got, err := s.Listing([]string{"alice"}); err == nil || got != nil {
			t.Errorf("%q: %v", output, got)
		}
	}
	for status, err := range map[int]error{0: exec.ErrTimeout, 1: nil, 2: nil, -1: nil} {
		s, _ := answering(status, "alice 7\n", err)
		if got, err := s.Listing([]string{"alice"}); err == nil || got != nil {
			t.Errorf("%d: %v", status, got)
		}
	}
}
