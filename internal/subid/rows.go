package subid

import (
	"bytes"
	"io"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/text/number"
)

// Longest is the length of a line that is read, without its newline: subuid(5) has a buffer of 1024 bytes for it.
const Longest = 1023

// rows walks over the ranges of one owner.
type rows struct {
	lines *lines.Reader
	owner Owner
}

func newRows(file io.Reader, owner Owner) *rows {
	return &rows{lines.New(file, Longest+1), owner} // and a carriage return
}

// next returns the next range. A line of somebody else costs the comparison of its first bytes.
func (r *rows) next() (idmap.Row, bool) {
	for {
		line, ok := r.lines.NextWith(r.owner.keys)
		if !ok {
			return idmap.Row{}, false
		}
		line = lines.WithoutReturn(line)
		fields, ok := r.owner.After(line)
		if !ok || len(line) > Longest {
			continue
		}
		if ids, ok := Parse(fields); ok {
			return idmap.Row{Line: r.lines.Number(), Range: ids}, true
		}
	}
}

// err returns what ended the walk, nil at the end of the file.
func (r *rows) err() error { return r.lines.Err() }

// Parse reads what follows the owner and its colon: start, colon, count, and nothing else. It is false for a line that
// grants nothing: malformed, of no id (shadow#399 and #1689: useradd writes count 0 for system users, and releases
// before 4.20 took it for all ids there are), or beyond 2^32.
func Parse(fields []byte) (idmap.Range, bool) {
	start, count, ok := bytes.Cut(fields, []byte{':'})
	if !ok {
		return idmap.Range{}, false
	}
	first, err := number.Base0(start)
	if err != nil {
		return idmap.Range{}, false
	}
	many, err := number.Base0(count)
	if err != nil {
		return idmap.Range{}, false
	}
	return idmap.NewRange(first, many)
}
