package grant

import (
	"errors"
	"testing"

	"userns-helpers/internal/account"
)

// TestAgree: whose lines are meant is certain where the ID has the name and each of its names the ID.
func TestAgree(t *testing.T) {
	known := map[string]uint32{"alice": 1000, "al": 1000, "bob": 1001}
	broken := errors.New("no answer")
	byName := func(name string) (account.Account, error) {
		if name == "silent" {
			return account.Account{}, broken
		}
		if id, is := known[name]; is {
			return account.Account{Name: name, ID: id}, nil
		}
		return account.Account{}, &account.UnknownError{Key: name}
	}
	for _, c := range []struct {
		asked  string
		names  []string
		agrees bool
	}{
		{"alice", []string{"alice"}, true},
		{"al", []string{"alice", "al"}, true},
		{"alice", []string{"alice", "bob"}, false},
		{"bob", []string{"bob"}, false},
		{"carol", []string{"alice"}, false},
		{"ghost", []string{"ghost"}, false},
		{"silent", []string{"silent"}, false},
	} {
		var users []account.Account
		for _, name := range c.names {
			users = append(users, account.Account{Name: name, ID: 1000})
		}
		err := agree(account.Account{Name: c.asked, ID: 1000}, users, byName)
		var refusal *Refusal
		if (err == nil) != c.agrees || err != nil && !errors.Is(err, broken) && (!errors.As(err, &refusal) || refusal.ID != "user-ambiguous") {
			t.Errorf("%s, %q: %v", c.asked, c.names, err)
		}
	}
}
