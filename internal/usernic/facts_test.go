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
		rules  []string
		err    error
		asked  int
		groups []string
		want   error
	}{
		"no rule":          {nil, nil, broken, 0, []string{"own"}, nil},
		"a rule":           {nil, []string{"own", "g"}, nil, 1, []string{"own", "listed"}, nil},
		"nobody can say":   {nil, []string{"g"}, broken, 1, []string{"own"}, broken},
		"in doubt already": {before, []string{"g"}, nil, 0, []string{"own"}, before},
	} {
		asked := 0
		p := in("own")
		p.Doubt = c.doubt
		got := bound(p, c.rules, func(uid uint32, matters []string) ([]string, error) {
			asked++
			if uid != 7 || !slices.Equal(matters, []string{"g"}) {
				t.Errorf("%s: asked for %d, %q", name, uid, matters)
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
