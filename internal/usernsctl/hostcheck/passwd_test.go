package hostcheck

import (
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/account"
)

func TestEachUser(t *testing.T) {
	text := "root:x:0:0::/root:/bin/sh\n# a comment\n+::::::\nbad:x:one:1:::\nalice:x:1000:1001:::\nshort:x:5:5\nlast:x:5:"
	var lines []int
	var users []account.Account
	if err := eachUser(strings.NewReader(text), func(line int, u account.Account) { lines, users = append(lines, line), append(users, u) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(lines, []int{1, 5, 6}) || users[1] != (account.Account{Name: "alice", ID: 1000, Primary: 1001}) {
		t.Errorf("lines %v, %v", lines, users)
	}
}

func TestEachGroup(t *testing.T) {
	for line, want := range map[string][]string{
		"lan:x:5:alice,bob":  {"alice", "bob"},
		"lan:x:5:alice,,":    {"alice"},
		"lan:x:5:":           nil,
		"lan:x:5:alice\r":    {"alice"},
		"lan:x:5:a b:ignore": {"a b"},
	} {
		var got []string
		calls := 0
		err := eachGroup(strings.NewReader("# x\n"+line+"\n"), func(number int, g account.Account, members []string) {
			got = members
			calls++
			if number != 2 || g != (account.Account{Name: "lan", ID: 5}) {
				t.Errorf("%q: line %d, %v", line, number, g)
			}
		})
		if err != nil || calls != 1 || !slices.Equal(got, want) {
			t.Errorf("%q: %q, %d calls, %v", line, got, calls, err)
		}
	}
}
