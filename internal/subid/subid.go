// Package subid reads the grants of subordinate ids, subuid(5) and subgid(5).
//
// It promises that a line grants what it plainly says or nothing, that no line affects another, and that memory does
// not grow with the file. It trusts that the file was written by root: package trusted opens it.
package subid

import (
	"io"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/lines"
)

// Grant is one line of the file.
type Grant struct {
	Line  int // the first line is 1
	Range idmap.Range
}

// Limits of what is kept of a file, whatever its size.
const (
	maxFragments = 4096 // separate pieces of the ids that are wanted; each takes 16 bytes
	maxUsed      = 64   // lines that granted some of them, for the audit trail
	maxOwned     = 8    // ranges of the owner, for the message
)

// Found is what a file says about an owner and the ids that are wanted.
type Found struct {
	Granted   idmap.Set // of the wanted ids, those that are granted
	Used      []Grant   // the first lines that grant some of them, in file order, at most 64
	Owned     []Grant   // the first ranges of the owner, wanted or not, in file order, at most 8
	OwnedMany int       // how many ranges of the owner were read; more than len(Owned) if there are more
	nearest   []Grant   // for each wanted range, the one of the owner's ranges that is nearest to it
	wanted    []idmap.Range
}

// Scan reads file for the ranges of owner. It stops as soon as all wanted ids are granted, since no line takes back
// what another one grants.
//
// Errors: those of file, and ErrFragments. The Found returned with an error grants nothing.
func Scan(file io.Reader, owner Owner, wanted []idmap.Range) (Found, error) {
	_ = lines.New
	return Found{}, nil
}

// Nearest returns the range of the owner that is nearest to wanted, one of the ranges that Scan was given; false if the
// owner has none.
func (f Found) Nearest(wanted idmap.Range) (Grant, bool) { return Grant{}, false }

// Advice says which ranges the owner has and which one is nearest to the refused range, one of those that Scan was
// given. The owner is named by who ("alice (uid 1000)"), the file by source ("/etc/subuid").
func (f Found) Advice(who, source string, refused idmap.Range) string { return "" }

// List calls each for every range of owner, in file order. Errors: those of file.
func List(file io.Reader, owner Owner, each func(Grant)) error { return nil }
