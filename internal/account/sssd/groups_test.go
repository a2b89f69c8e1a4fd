package sssd

import (
	"net"
	"slices"
	"testing"

	"userns-helpers/internal/account/lookup"
)

// TestListing: all users are asked for over one connection, and a reply that is no list is none.
func TestListing(t *testing.T) {
	s := serve(t, func(command uint32, body []byte, c net.Conn) {
		switch {
		case command == cmdGroupsOf && string(body) == "alice\x00":
			_, _ = c.Write(reply(command, 0, words(2, 0, 7, 8)))
		case command == cmdGroupsOf && string(body) == "alicia\x00":
			_, _ = c.Write(reply(command, 0, words(1, 0, 9)))
		default:
			_, _ = c.Write(reply(command, 0, words(0, 0)))
		}
	})
	got, err := s.Listing([]string{"alice", "nobody", "alicia"})
	if want := []lookup.Account{{ID: 7}, {ID: 8}, {ID: 9}}; err != nil || !slices.Equal(got, want) {
		t.Errorf("%v, %v", got, err)
	}
	for _, body := range [][]byte{nil, words(0), words(1, 0), words(2, 0, 7), words(mostGroups+1, 0, 7), words(1<<30, 0, 7), append(words(1, 0), 1, 2, 3)} {
		answer := always(t, reply(cmdGroupsOf, 0, body))
		if got, err := answer.Listing([]string{"alice"}); err == nil || got != nil {
			t.Errorf("%v: %v", body, got)
		}
	}
}
