package usernic

import (
	"errors"
	"slices"
	"testing"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/usernic/plan"
)

// TestBound: rules bind those whom a group lists too, quotas do not; nobody is asked where there is no rule for a group, and one
// who cannot say leaves it in doubt.
func TestBound(t *testing.T) {
	in := func(groups ...string) plan.Person {
		return plan.Person{Account: netquota.Account{UID: 7, Groups: []string{"own"}}, Groups: groups}
	}
	before, broken := errors.New("before"), errors.New("broken")
	for name, c := range map[string]struct {
		doubt  error
		rules  bool
		err    error
		asked  int
		groups []string
		want   error
	}{
		"no rule":          {nil, false, broken, 0, []string{"own"}, nil},
		"a rule":           {nil, true, nil, 1, []string{"own", "listed"}, nil},
		"nobody can say":   {nil, true, broken, 1, []string{"own"}, broken},
		"in doubt already": {before, true, nil, 0, []string{"own"}, before},
	} {
		asked := 0
		p := in("own")
		p.Doubt = c.doubt
		got := bound(p, c.rules, func(uid uint32) ([]string, error) {
			asked++
			if uid != 7 {
				t.Errorf("%s: asked for %d", name, uid)
			}
			if c.err != nil {
				return nil, c.err
			}
			return []string{"listed"}, nil
		})
		if asked != c.asked || !slices.Equal(got.Groups, c.groups) || !errors.Is(got.Doubt, c.want) || !slices.Equal(got.Account.Groups, []string{"own"}) {
			t.Errorf("%s: %+v, asked %d", name, got, asked)
		}
	}
}
