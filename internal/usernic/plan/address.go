package plan

import (
	"net/netip"
	"slices"

	"userns-helpers/internal/netquota/pool"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/verdict"
)

// Choice is the address that an interface would get, or why it would get none.
type Choice struct {
	Refusal   error // *pool.Exhausted, *pool.Taken; nil: there is one
	InUse, Of int   // how many addresses are in use, of how many
	Unseen    bool  // nobody may look but root
}

// NoAddress says that there is no IPv4 address for an interface that is to have one of its own: Err is *pool.Exhausted or
// *pool.Taken.
type NoAddress struct {
	Bridge string
	Pools  []netip.Prefix
	Err    error
	Line   int // of the policy: of its pools, or of the rule that fixes its address
}

// HasAddress reports whether an interface is given an IPv4 address.
func (t Terms) HasAddress() bool {
	return t.AddressGuard && slices.ContainsFunc(t.Pools, func(p netip.Prefix) bool { return p.Addr().Is4() })
}

// Space is what its address is chosen from, on a bridge that has addresses of its own.
func (t Terms) Space(bridge []netip.Prefix) pool.Space {
	return pool.Space{Pools: t.Pools, Bridge: bridge, Fixed: t.Policy.FixedOn(t.Subject.Bridge)}
}

// WithoutAddress is the reason against an interface for which package pool has no address; nil for an error that says nothing of
// that.
func (t Terms) WithoutAddress(err error) verdict.Reason {
	key := nics.Addresses
	switch err.(type) {
	case *pool.Exhausted:
	case *pool.Taken:
		key = nics.Address
	default:
		return nil
	}
	return &NoAddress{Bridge: t.Subject.Bridge, Pools: t.Pools, Err: err, Line: t.Policy.Where(t.Subject, key).Line}
}

// address decides whether there is an address.
func (f Facts) address(t Terms) (Need, verdict.Reason) {
	if !t.HasAddress() {
		return Nothing, nil
	}
	if f.Address == nil {
		return Address, nil
	}
	if f.Address.Refusal != nil {
		return Nothing, t.WithoutAddress(f.Address.Refusal)
	}
	return Nothing, nil
}
