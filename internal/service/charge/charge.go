// Package charge says to whom a user id is charged: whoever was granted many ids can connect as many users.
//
// It is pure. An id inside a range of subuid(5) is charged to the owner of the line, whatever else it is: to have it, nobody
// needs a namespace when they connect, since a setuid file that was made in one gives it to whoever executes it outside.
// Root's ranges are an exception: Incus and LXD have one of a billion ids, and with them lie the accounts of a directory, which would
// all be one. There whoever is in no namespace of their own is themselves; nobody else can execute what root's containers made.
// Ranges that SSSD grants no file lists. FreeIPA gives them in pieces of 65,536 ids from 2^31 on, where no accounts are: such
// a piece counts as one owner. So does one from 65,536 on of a peer who is in a user namespace of its own: systemd-nsresourced
// gives everybody who asks such a namespace. Any other id is charged to itself.
package charge

import (
	"bytes"
	"io"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/lines"
)

// Ranges are the granted ranges of a file. The zero value has none.
type Ranges struct {
	rows  []row
	reach []uint64 // the greatest end of a row up to each one
}

type row struct {
	ids   idmap.Range
	owner string
}

// roots reports whether it is root's, whom a line names by name or by number.
func (r row) roots() bool { return r.owner == "root" || r.owner == "0" }

// Read reads subuid(5). Lines that grant nothing are passed over. Errors: those of file, and then there are no ranges.
func Read(file io.Reader) (Ranges, error) {
	var r Ranges
	names := map[string]string{} // one copy of each
	for in := lines.New(file, subid.Longest+1); ; {
		line, ok := in.Next()
		if !ok {
			if err := in.Err(); err != nil {
				return Ranges{}, err
			}
			r.sort()
			return r, nil
		}
		owner, fields, found := bytes.Cut(lines.WithoutReturn(line), []byte{':'})
		ids, grants := subid.Parse(fields)
		if !found || !grants || len(owner) == 0 || strings.IndexByte("#+-", owner[0]) >= 0 {
			continue
		}
		if _, known := names[string(owner)]; !known {
			names[string(owner)] = string(owner)
		}
		r.rows = append(r.rows, row{ids, names[string(owner)]})
	}
}

// sort puts the rows in the order of their first ids; of rows with the same one, in that of the file.
func (r *Ranges) sort() {
	slices.SortStableFunc(r.rows, func(a, b row) int { return int(int64(a.ids.Start()) - int64(b.ids.Start())) })
	furthest := uint64(0)
	for _, row := range r.rows {
		furthest = max(furthest, row.ids.End())
		r.reach = append(r.reach, furthest)
	}
}

// FreeIPA's first subordinate id, and how many a user has (ipa-subids(1)).
const (
	firstOfDirectory = 1 << 31
	piece            = 1 << 16
)

// To is the owner that a user id is charged to: a word that no other owner has. home reports
// whether whoever has it is known to be in the user namespace of this process, and is asked where that matters.
func (r Ranges) To(uid uint32, home func() bool) string {
	i, found := slices.BinarySearchFunc(r.rows, uint64(uid), func(row row, id uint64) int { return int(int64(row.ids.Start()) - int64(id)) })
	for found && i+1 < len(r.rows) && r.rows[i+1].ids.Start() == uint64(uid) {
		i++
	}
	if !found {
		i--
	}
	for ; i >= 0 && r.reach[i] > uint64(uid); i-- {
		if row := r.rows[i]; row.ids.Contains(idmap.ID(uid)) && (!row.roots() || !home()) {
			return "range:" + row.owner
		}
	}
	if uid >= firstOfDirectory || uid >= piece && !home() {
		return "piece:" + strconv.FormatUint(uint64(uid/piece), 10)
	}
	return "uid:" + strconv.FormatUint(uint64(uid), 10)
}
