// Package subid reads the grants of subordinate ids, subuid(5) and subgid(5).
//
// It promises that a line grants what it plainly says or nothing, that no line affects another, and that memory does
// not grow with the file. It trusts that the file was written by root: package trusted opens it.
package subid

import (
	"errors"
	"io"

	"userns-helpers/internal/idmap"
)

// Limits of what is kept of a file, whatever its size.
const (
	maxFragments = 4096 // separate pieces of the ids that are wanted, 16 bytes each
	maxUsed      = 64   // lines that grant some of them, for the audit trail
	maxOwned     = 8    // ranges of the owner, for the message
)

// ErrFragments means that the wanted ids are granted in more separate pieces than are kept. Whether all are granted is
// not known, so none is.
var ErrFragments = errors.New("the ranges of this owner are in too many pieces")

// Scan reads file for the ranges of owner. It stops as soon as all wanted ids are granted, since no line takes back
// what another one grants; where nothing is wanted, nothing is read. Nothing but wanted ids is in what is granted.
//
// Errors: those of file, and ErrFragments. The Grants returned with an error grant nothing.
func Scan(file io.Reader, owner Owner, wanted []idmap.Range) (idmap.Grants, error) {
	var found idmap.Grants
	all := idmap.SetOf(wanted...)
	for rows := newRows(file, owner); found.Granted.Count() < all.Count(); {
		row, ok := rows.next()
		if !ok && rows.err() == nil {
			break
		}
		if !ok {
			return idmap.Grants{}, rows.err()
		}
		add(&found, row, all)
		if len(found.Granted.Ranges()) > maxFragments {
			return idmap.Grants{}, ErrFragments
		}
	}
	return found, nil
}

// add keeps what matters of a row.
func add(found *idmap.Grants, row idmap.Row, wanted idmap.Set) {
	found.Many++
	if len(found.Owned) < maxOwned {
		found.Owned = append(found.Owned, row)
	}
	matters := wanted.Overlapping(row.Range)
	if len(matters) > 0 && len(found.Used) < maxUsed {
		found.Used = append(found.Used, row)
	}
	for _, w := range matters {
		found.Granted.Add(w.Intersect(row.Range))
	}
}

// List calls each for every range of owner, in file order. Errors: those of file, after the ranges in front of it.
func List(file io.Reader, owner Owner, each func(idmap.Row)) error {
	rows := newRows(file, owner)
	for {
		row, ok := rows.next()
		if !ok {
			return rows.err()
		}
		each(row)
	}
}
