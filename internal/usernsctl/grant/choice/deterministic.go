package choice

import (
	"errors"

	"userns-helpers/internal/idmap"
)

// Formula is what login.defs(5) says for SUB_UID_DETERMINISTIC, or the same for groups.
type Formula struct {
	UIDMin   uint64 // the first ordinary user id
	Min, Max uint64 // SUB_UID_MIN and SUB_UID_MAX
	Count    uint64 // SUB_UID_COUNT
	Wrap     bool   // UNSAFE_SUB_UID_DETERMINISTIC_WRAP
}

// Why a user has no computed range.
var (
	ErrSystemUser = errors.New("the user ID is below UID_MIN")
	ErrNoRoom     = errors.New("SUB_UID_MIN, SUB_UID_MAX and SUB_UID_COUNT leave no room for any range")
	ErrBeyond     = errors.New("the range computed for this user ID ends beyond SUB_UID_MAX")
)

// Of is the range that useradd(8) of shadow 4.20 computes for a user id, without a look at any file. Errors: ErrSystemUser,
// ErrNoRoom, ErrBeyond.
func (f Formula) Of(uid uint32) (idmap.Range, error) {
	if uint64(uid) < f.UIDMin {
		return idmap.Range{}, ErrSystemUser
	}
	if f.Count == 0 || f.Min > f.Max || f.Max > last || f.Count > f.Max-f.Min+1 {
		return idmap.Range{}, ErrNoRoom
	}
	offset := (uint64(uid) - f.UIDMin) * f.Count // at most 2^64: each is below 2^32
	if f.Wrap {
		offset %= f.Max - f.Min + 1
	}
	r, ok := idmap.NewRange(f.Min+offset, f.Count)
	if !ok || offset > last || r.End()-1 > f.Max && !f.Wrap {
		return idmap.Range{}, ErrBeyond
	}
	return r, nil
}
