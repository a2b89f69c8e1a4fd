// Package plain reads the plain form of TOML in which policy.toml(5) is written: one statement a line.
//
// It promises that a text in which it finds no error means to it what it means to a parser of TOML: FuzzAgrees and
// TestAgrees compare it with BurntSushi/toml. Every other text is an error. That parser itself has no place in a program
// that is setuid root: a package of its own looks up the local time zone before main, which opens the file that the
// caller's variable TZ names; and it makes each start slower, whether there is a policy or not (docs/architecture.md).
package plain

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf8"
)

// LongestFile bounds what is read of a policy, in bytes: some thousand rules.
const LongestFile = 1 << 18

// Error says why a text is not understood.
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

// Document is a text that was understood.
type Document struct {
	// Root has what stands at the top. Values are bool, int64, string, []Item; tables are map[string]any, and those of a
	// list []map[string]any.
	Root  map[string]any
	lines map[string]int
}

// Item is one string of a list.
type Item struct {
	Text string
	Line int // where it stands, from 1
}

// Line returns the line on which a table or a key begins, from 1; 0 if it is not there. A path has the names of tables and
// key; behind that of a list of tables stands the number of one, from 0.
func (d Document) Line(path ...string) int { return d.lines[joined(path)] }

// joined is a path as one string: no name has a NUL byte in it.
func joined(path []string) string { return strings.Join(path, "\x00") }

// Parse understands a text. Errors: *Error.
func Parse(text []byte) (Document, error) {
	switch {
	case len(text) > LongestFile:
		return Document{}, &Error{0, "the file is larger than " + strconv.Itoa(LongestFile) + " bytes"}
	case !utf8.Valid(text):
		return Document{}, &Error{0, "the file is not UTF-8"}
	}
	r := newReader()
	for line := range bytes.Lines(text) {
		r.number++
		if wrong := r.line(string(withoutNewline(line))); wrong != "" {
			return Document{}, &Error{r.number, wrong}
		}
	}
	if r.open {
		return Document{}, &Error{r.number, "unterminated list"}
	}
	return r.document, nil
}

// withoutNewline cuts the end of a line off, LF or CR LF.
func withoutNewline(line []byte) []byte {
	line, found := bytes.CutSuffix(line, []byte{'\n'})
	if found {
		line = bytes.TrimSuffix(line, []byte{'\r'})
	}
	return line
}
