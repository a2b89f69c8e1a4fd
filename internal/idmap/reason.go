package idmap

import "userns-helpers/internal/text/verdict"

// Malformed is a command line that is wrong.
type Malformed struct {
	Why   verdict.ID
	Words []string // the arguments that are wrong; for NotTriples all of those that name ranges
}

// What is wrong with a command line.
const (
	NoProcess   verdict.ID = "no-process"   // it is empty
	BadProcess  verdict.ID = "bad-process"  // the first argument names no process
	NoRange     verdict.ID = "no-range"     // nothing follows the process
	NotTriples  verdict.ID = "not-triples"  // what follows is not a multiple of three
	NotANumber  verdict.ID = "not-a-number" // one argument of a triple is not
	OutOfBounds verdict.ID = "out-of-bounds"
)

// ID is what is wrong.
func (m *Malformed) ID() verdict.ID { return m.Why }
func (m *Malformed) Error() string  { return string(m.Why) }

func malformed(why verdict.ID, words ...string) *Malformed { return &Malformed{why, words} }

// Foreign is a process that is not the user's, or a user with another group than theirs.
type Foreign struct {
	User  User
	Owner Owner
}

// Why a process is not the user's, as far as ids tell.
const (
	OtherUser    verdict.ID = "other-user"
	GroupChanged verdict.ID = "group-changed" // the user's real group is not the one in the user database
	OtherGroup   verdict.ID = "other-group"
)

// ID tells which ids differ.
func (e *Foreign) ID() verdict.ID {
	switch {
	case e.Owner.UID != e.User.UID:
		return OtherUser
	case !e.User.Primary():
		return GroupChanged
	}
	return OtherGroup
}

func (e *Foreign) Error() string { return string(e.ID()) }

// NotGranted is a mapping that nobody granted to the user.
type NotGranted struct {
	Mapping Mapping
	Grants  Grants // where it was looked for
}

// Why a mapping is not granted.
const (
	NoGrant   verdict.ID = "not-granted"
	GrantsOff verdict.ID = "grants-off" // SUB_UID_COUNT or SUB_GID_COUNT is 0 in login.defs(5)
)

// ID tells whether anybody was asked.
func (e *NotGranted) ID() verdict.ID {
	if e.Grants.Source == "" {
		return GrantsOff
	}
	return NoGrant
}

func (e *NotGranted) Error() string { return string(e.ID()) }

// Denied is a mapping of ids of the host that are never mapped, whatever is granted.
type Denied struct {
	Mapping Mapping
	Row     Row   // that has an id of it; its Line is 0 where nobody knows
	Err     error // why nobody knows
}

// Why a mapping is denied to everybody.
const (
	Forbid           verdict.ID = "forbidden"
	ForbiddenUnknown verdict.ID = "forbidden-unknown" // the list cannot be read or understood
)

// ID tells whether the list was understood.
func (e *Denied) ID() verdict.ID {
	if e.Err != nil {
		return ForbiddenUnknown
	}
	return Forbid
}

func (e *Denied) Error() string { return string(e.ID()) }

// Unwrap is why nobody knows what is denied.
func (e *Denied) Unwrap() error { return e.Err }

// Limit is a map that the kernel would refuse whoever writes it.
type Limit struct {
	Why    verdict.ID
	Is     int     // ranges or bytes
	A, B   Mapping // for Overlap: two that have an id in common
	Inside bool    // inside the namespace, or else outside
}

// What the kernel does not accept.
const (
	TooManyRanges verdict.ID = "too-many-ranges"
	TooLong       verdict.ID = "map-too-long"
	Overlap       verdict.ID = "overlap"
)

// ID is what the kernel does not accept.
func (e *Limit) ID() verdict.ID { return e.Why }
func (e *Limit) Error() string  { return string(e.Why) }
