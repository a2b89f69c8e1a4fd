package nicview

import (
	"errors"
	"slices"
	"testing"

	"github.com/vishvananda/netlink"

	"userns-helpers/internal/kernel/rtnl"
)

// linkOf is one end of a pair.
func linkOf(index, other, namespace int) *netlink.Veth {
	return &netlink.Veth{LinkAttrs: netlink.LinkAttrs{Index: index, ParentIndex: other, NetNsID: namespace}}
}

// TestLeaving: an end is leaving whose other end is in a namespace without an id, and not in this one.
func TestLeaving(t *testing.T) {
	h := host{links: map[int]netlink.Link{
		4: linkOf(4, 5, rtnl.NoNamespace), 5: linkOf(5, 4, rtnl.NoNamespace), // both here
		6: linkOf(6, 4, rtnl.NoNamespace), // the index is that of an interface here, by chance
		7: linkOf(7, 2, rtnl.NoNamespace),
		8: linkOf(8, 2, 0),
		9: linkOf(9, 4, 1<<30),
	}}
	for index, want := range map[int]bool{4: false, 5: false, 6: true, 7: true, 8: false, 9: false} {
		if got := h.leaving(h.links[index].Attrs()); got != want {
			t.Errorf("%d: %v", index, got)
		}
	}
}

// TestWhole: a list that was interrupted is asked for again, and taken as it is where it always is.
func TestWhole(t *testing.T) {
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		interrupted int
		err         error
		asked       int
		odd         bool
	}{
		"whole":       {0, nil, 1, false},
		"once":        {1, nil, 2, false},
		"always":      {100, nil, tries, true},
		"cannot be":   {0, broken, 1, false},
		"and then so": {2, broken, 3, false},
	} {
		h, asked := &host{}, 0
		all, err := whole(h, func() ([]int, error) {
			if asked++; asked <= c.interrupted {
				return []int{1}, netlink.ErrDumpInterrupted
			}
			return []int{1}, c.err
		})
		if asked != c.asked || h.odd != c.odd || !errors.Is(err, c.err) || !slices.Equal(all, []int{1}) {
			t.Errorf("%s: %v, %v, asked %d times, odd %v", name, all, err, asked, h.odd)
		}
	}
}
