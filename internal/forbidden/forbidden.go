// Package forbidden reads which host ids are never mapped: the table [idmap] of policy.toml(5).
//
// It promises that a file in which it finds no error forbids to newuidmap and newgidmap exactly what a TOML parser reads
// in it: FuzzAgrees compares it with the one that package policy uses. It takes a plain form of TOML only, one statement
// a line, and an error in every other: what is not understood maps nothing. The parser itself would make each start of
// newuidmap slower, whether there is a policy or not (docs/architecture.md has the numbers).
package forbidden

import (
	"bytes"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"userns-helpers/internal/idmap"
)

// LongestFile bounds what is read of a policy, in bytes: some thousand rules.
const LongestFile = 1 << 18

// Error says why a policy forbids everything.
type Error struct {
	Line int // from 1; 0 is the whole file
	Text string
}

// Error names the line and the reason.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Text
	}
	return "line " + strconv.Itoa(e.Line) + ": " + e.Text
}

// IDs are the ids that are never mapped. The zero value forbids none, as does an absent file.
type IDs struct{ entries []Entry }

// Entry is one range of the list.
type Entry struct {
	Range idmap.Range
	Line  int // where it stands, from 1
}

// Entries returns the ranges in the order of the file.
func (d IDs) Entries() []Entry { return d.entries }

// Denies returns the first entry that has an id of r, and whether there is one.
func (d IDs) Denies(r idmap.Range) (Entry, bool) {
	for _, e := range d.entries {
		if !e.Range.Intersect(r).Empty() {
			return e, true
		}
	}
	return Entry{}, false
}

// Read reads a policy to its end. Errors: *Error, or the reader's; then nothing may be mapped.
func Read(source io.Reader) (IDs, error) {
	text, err := io.ReadAll(io.LimitReader(source, LongestFile+1))
	if err != nil {
		return IDs{}, err
	}
	return Parse(text)
}

// Parse understands the text of a policy. Errors: *Error.
func Parse(text []byte) (IDs, error) {
	switch {
	case len(text) > LongestFile:
		return IDs{}, &Error{0, "the file is larger than " + strconv.Itoa(LongestFile) + " bytes"}
	case !utf8.Valid(text):
		return IDs{}, &Error{0, "the file is not UTF-8"}
	}
	r := reader{tables: make(map[string]bool)}
	for line := range bytes.Lines(text) {
		r.number++
		if err := r.line(string(withoutNewline(line))); err != "" {
			return IDs{}, &Error{r.number, err}
		}
	}
	if r.open {
		return IDs{}, &Error{r.number, "the list of forbidden_host_ids has no end"}
	}
	return IDs{r.entries}, nil
}

// withoutNewline cuts the end of a line off, LF or CR LF.
func withoutNewline(line []byte) []byte {
	line, found := bytes.CutSuffix(line, []byte{'\n'})
	if found {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	return line
}

// ParseRange understands "FIRST-LAST", both included, or one id: decimal digits without leading zeros, below 2^32.
func ParseRange(text string) (idmap.Range, bool) {
	first, last, several := strings.Cut(text, "-")
	from, ok := parseID(first)
	to := from
	if several && ok {
		to, ok = parseID(last)
	}
	if !ok || to < from {
		return idmap.Range{}, false
	}
	return idmap.NewRange(from, to-from+1)
}

func parseID(digits string) (uint64, bool) {
	if !isNumber(digits) {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	return n, err == nil
}
