// Package forbidden says which host ids are never mapped: forbidden-host-ids(5), an id or a range a line.
//
// It promises that a file that it does not understand as a whole gives no answer but that error: then nothing may be mapped.
package forbidden

import (
	"bytes"
	"io"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/lines"
)

// What is read of a file, in bytes: some thousand ranges with a comment each, and lines that hold more than anybody writes.
const (
	LongestFile = 1 << 18
	LongestLine = 4 << 10
)

// Read reads a file to its end. An absent file forbids no id, as does an empty one. Errors: the first *Error, or the
// reader's; then nothing may be mapped.
func Read(source io.Reader) ([]idmap.Row, error) {
	var rows []idmap.Row
	var first *Error
	_, err := Each(source, func(r idmap.Row) { rows = append(rows, r) }, func(e *Error) {
		if first == nil {
			first = e
		}
	})
	switch {
	case err != nil:
		return nil, err
	case first != nil:
		return nil, first
	}
	return rows, nil
}

// Each calls row for every range, and wrong for every line that is not understood. A file that ends without a newline is
// incomplete. Errors: the reader's, and *Error for a file that is too large.
func Each(source io.Reader, row func(idmap.Row), wrong func(*Error)) (incomplete bool, err error) {
	return lines.Each(&bounded{source, LongestFile}, LongestLine, 1, func(text []byte, number int, cut bool) {
		if cut {
			wrong(&Error{number, TooLong, ""})
			return
		}
		r, says, fault := parse(text)
		switch {
		case fault != NoFault:
			wrong(&Error{number, fault, string(text)})
		case says:
			row(idmap.Row{Line: number, Range: r})
		}
	})
}

// bounded is a source that ends with an error where it has more than left bytes.
type bounded struct {
	source io.Reader
	left   int
}

// Read reads as io.Reader asks.
func (b *bounded) Read(buffer []byte) (int, error) {
	n, err := b.source.Read(buffer)
	if b.left -= n; b.left < 0 {
		return 0, &Error{0, TooLarge, ""}
	}
	return n, err
}

// parse understands a line, and tells whether it says anything. A carriage return before the newline is part of the newline;
// any other control character but tab is a fault even in a comment: a file whose lines end with carriage returns alone is
// one line, and would forbid nothing where it begins with a comment.
func parse(line []byte) (r idmap.Range, says bool, fault Fault) {
	line = lines.WithoutReturn(line)
	if bytes.ContainsFunc(line, isControl) {
		return idmap.Range{}, false, Control
	}
	line, _, _ = bytes.Cut(line, []byte{'#'})
	line = bytes.Trim(line, " \t")
	if len(line) == 0 {
		return idmap.Range{}, false, NoFault
	}
	r, ok := parseRange(line)
	if !ok {
		return idmap.Range{}, false, NotRange
	}
	return r, true, NoFault
}

func isControl(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }

// parseRange understands "FIRST-LAST", both included, or one id.
func parseRange(text []byte) (idmap.Range, bool) {
	first, last, several := bytes.Cut(text, []byte{'-'})
	if !several {
		last = first
	}
	from, ok := parseID(first)
	to, known := parseID(last)
	if !ok || !known || to < from {
		return idmap.Range{}, false
	}
	return idmap.NewRange(from, to-from+1)
}

// mostDigits are those of 4294967295.
const mostDigits = 10

// parseID understands an id: decimal digits without leading zeros, which are octal in subuid(5). NewRange knows the largest.
func parseID(digits []byte) (uint64, bool) {
	if len(digits) == 0 || len(digits) > mostDigits || digits[0] == '0' && len(digits) > 1 {
		return 0, false
	}
	id := uint64(0)
	for _, d := range digits {
		if d < '0' || d > '9' {
			return 0, false
		}
		id = 10*id + uint64(d-'0')
	}
	return id, true
}
