package slots

import (
	"bytes"
	"strings"
)

// sheet is what a reading of the ledger found that can be written over.
//
// A place without a row is filled with newlines. So a row of whatever length fits into places that were given back next to
// each other, and the ledger has no other bytes than rows and newlines: "grep USER", "cut -f4 -d' '" and "sed -i /USER/d"
// find what they always found. LXC's helper takes an empty line for a dead row, and does the same damage for one:
// docs/ledger.md.
type sheet struct {
	file file              // that was read
	size int64             // of what was read
	rows map[string][]span // the noted rows, by interface
	free []span            // newlines that end no row
}

// span is a part of the ledger.
type span struct {
	at   int64
	text []byte // as it was read: newlines; or a row with its newline, if it had one
}

// walk passes each row that is the same in two readings to f, and takes note of the free places.
func (s *sheet) walk(text, again []byte, f func(row []byte, at int64)) {
	s.size = int64(len(text))
	stable := bytes.Equal(text, again)
	for at := 0; at < len(text); {
		if strings.IndexByte(free, text[at]) >= 0 {
			end := at + places(text[at:])
			s.free = append(s.free, span{int64(at), text[at:end]})
			at = end
			continue
		}
		row, _, _ := bytes.Cut(text[at:], []byte{'\n'})
		end := min(at+len(row)+1, len(text))
		if len(row) <= longestRow && (stable || same(text, again, max(at-1, 0), end)) {
			f(row, int64(at))
		}
		at = end
	}
}

// free is what a free place is filled with: newlines; and the NUL bytes of a hole, where a process was frozen over a place
// that was cut off meanwhile.
const free = "\n\x00"

// places is how many bytes of free places text begins with.
func places(text []byte) int { return len(text) - len(bytes.TrimLeft(text, free)) }

// same reports whether the bytes from start to end are the same in both. A row begins behind a newline, so that belongs
// to it: what seems to be a row may be the end of a longer one.
func same(text, again []byte, start, end int) bool {
	return end <= len(again) && bytes.Equal(text[start:end], again[start:end])
}

// note takes note of a row that may be written over once its interface does not live.
func (s *sheet) note(nic string, row []byte, at int64) {
	if s.rows == nil {
		s.rows = make(map[string][]span)
	}
	text := bytes.Clone(row)
	if at+int64(len(row)) < s.size {
		text = append(text, '\n')
	}
	s.rows[nic] = append(s.rows[nic], span{at, text})
}

// dead are the places of the noted rows of the interfaces in dead.
func (s *sheet) dead(dead map[string]bool) []span {
	var places []span
	for nic := range dead {
		places = append(places, s.rows[nic]...)
	}
	return places
}
