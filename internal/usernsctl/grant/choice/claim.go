// Package choice decides which IDs a user is given.
//
// It is pure: no file, no system call. It promises that what it chooses has no id in common with what it was told that
// somebody has.
package choice

import (
	"cmp"
	"math"
	"slices"

	"userns-helpers/internal/idmap"
)

// Rule is why IDs are left alone. Its words never change: JSON has them.
type Rule string

// The rules. Those of the first four are firm.
const (
	Line      Rule = "line"      // a line of subuid(5) or subgid(5) grants them
	Account   Rule = "account"   // a user of this host has them
	Group     Rule = "group"     // a group of this host has them
	Forbidden Rule = "forbidden" // forbidden-host-ids(5) lists them
	Sample    Rule = "sample"    // a name service has an account there
	Service   Rule = "service"   // a name service gives them to accounts, as its configuration says
	Reserved  Rule = "reserved"  // other programs take them, though no file says so
)

// Firm reports whether IDs are left alone even where the administrator asks for them.
func (r Rule) Firm() bool { return r != Service && r != Reserved }

// Claim is IDs that are left alone.
type Claim struct {
	Range idmap.Range
	Rule  Rule
	Who   string // the owner of a line, the account, what a program takes them for
	File  string // that says so, "" for none
	Line  int    // of the file, 0 for none
}

// Unit is the size of a usual range, and of a step from one aligned start to the next.
const Unit = 1 << 16

// Half is where numbers begin that programs take for negative ones: those are chosen last.
const Half = 1 << 31

// last is one past the last id that can be mapped, 4294967294.
const last = math.MaxUint32

// Nobody is an owner that no account can have: (uid_t)-1. Its lines keep IDs from being handed out again.
const Nobody = "4294967295"

// ReservedIDs are IDs that programs take without a line in a file: uids.systemd.io, and nobody of user_namespaces(7).
func ReservedIDs() []Claim {
	var claims []Claim
	for _, r := range []struct {
		first, last uint64
		who         string
	}{
		{60001, 60577, "home directories and mapped users of systemd"},
		{61184, 65519, "dynamic users of systemd"},
		{65534, 65535, "nobody"},
		{524288, 1879048191, "containers of systemd"},
		{2147352576, 2147418111, "foreign IDs of systemd"},
	} {
		ids, _ := idmap.NewRange(r.first, r.last-r.first+1)
		claims = append(claims, Claim{Range: ids, Rule: Reserved, Who: r.who})
	}
	return claims
}

// Space is the IDs of one kind, or of both at once: who has what, and what is free.
type Space struct {
	low, high uint64  // what is handed out: [low, high)
	claims    []Claim // in ascending order
	busy      idmap.Set
	firm      idmap.Set

	// Where the last search ended, and what it was for: of many equal ranges each search goes on where the last one ended.
	from, count uint64
	aligned     bool
}

// NewSpace is the space of the IDs in [low, high) without claims, and without what programs take.
func NewSpace(low, high uint64, claims ...[]Claim) *Space {
	s := &Space{low: low, high: min(high, last), claims: slices.Concat(append(claims, ReservedIDs())...)}
	slices.SortStableFunc(s.claims, func(a, b Claim) int { return cmp.Compare(a.Range.Start(), b.Range.Start()) })
	for _, c := range s.claims {
		s.busy.Add(c.Range)
		if c.Rule.Firm() {
			s.firm.Add(c.Range)
		}
	}
	return s
}

// Use takes IDs out of the space.
func (s *Space) Use(r idmap.Range) {
	s.busy.Add(r)
	s.firm.Add(r)
}
