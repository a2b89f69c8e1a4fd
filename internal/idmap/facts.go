package idmap

import (
	"slices"

	"userns-helpers/internal/subid/logindefs"
	"userns-helpers/internal/text/verdict"
)

// Request is what the command line asks for.
type Request struct {
	Kind  Kind
	Asked []Mapping
	Wrong *Malformed // what is wrong with the ranges; nil: nothing
}

// Facts are what is known about a request. What is nil was not looked at: Decide says when it has to be.
type Facts struct {
	User      User
	Owner     Owner // of the process
	Grants    *Grants
	Forbidden *Forbidden
}

// User is the caller as this machine knows them.
type User struct {
	UID, GID uint32   // the real ids
	Names    []string // every login name of UID, at least one
	Groups   []uint32 // the primary groups of Names, in the same order
	Defs     logindefs.Defs
}

// Primary reports whether the user's real group is one that they may act with.
func (u User) Primary() bool {
	return u.Defs.GrantAuxGroupSubids || slices.Contains(u.Groups, u.GID)
}

// Own is the id of that kind that needs no grant.
func (u User) Own(kind Kind) ID {
	if kind == GID {
		return ID(u.GID)
	}
	return ID(u.UID)
}

// Owner is who owns a process, as the owner of /proc/PID: its effective ids.
type Owner struct{ UID, GID uint32 }

// Row is a range, and the line of a file that names it. Of a directory's answer it has the number of the range.
type Row struct {
	Line  int // from 1
	Range Range
}

// Grants are what the source of the grants says about a user and the ranges that are wanted.
type Grants struct {
	Source  string         // who was asked, a file or SSSD; "" where the file is switched off, SUB_UID_COUNT in login.defs(5)
	SSSD    bool           // rows are ranges of a directory, and no lines
	Notes   []string       // what shadow says where it uses the files in place of a module, a line each
	Granted Set            // of the wanted ids, those that are granted
	Used    []Row          // the first rows that grant some of them, in order, at most 64
	Owned   []Row          // of a file the first 8 rows of the user, wanted or not; of a directory all
	Many    int            // how many rows of the user were read: more than Owned holds if there are more
	Err     verdict.Reason // the source could not be asked; then nothing is granted
}

// Forbidden are the ids of the host that are never mapped, whatever is granted: forbidden-host-ids(5).
type Forbidden struct {
	Rows []Row
	Err  error // the list cannot be read or understood; then all are
}

// Denies returns the first row that has an id of r. What is not known, or not understood, denies all without one.
func (f *Forbidden) Denies(r Range) (Row, bool) {
	if f == nil || f.Err != nil {
		return Row{}, true
	}
	for _, row := range f.Rows {
		if !row.Range.Intersect(r).Empty() {
			return row, true
		}
	}
	return Row{}, false
}
