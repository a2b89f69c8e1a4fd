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

// Fault names what is wrong with a text; package policy/whynot has the words.
type Fault string

// The faults; "" means no fault.
const (
	TooLarge           Fault = "too-large"
	NotUTF8            Fault = "not-utf-8"
	ControlCharacter   Fault = "control-character"
	UnterminatedString Fault = "unterminated-string"
	UnterminatedList   Fault = "unterminated-list"
	NotStatement       Fault = "not-a-statement"
	NotValue           Fault = "not-a-value"
	NotList            Fault = "not-a-list"
	NotHeader          Fault = "not-a-header"
	Duplicate          Fault = "duplicate-key"
	DuplicateTable     Fault = "duplicate-table"
	NotTable           Fault = "not-a-table"          // the name is there already, as something else
	NotTables          Fault = "not-a-list-of-tables" // the same
)

// Error says why a text is not understood.
type Error struct {
	Line  int // from 1; 0 is the whole file
	Fault Fault
	Name  string // that is there already
}

// Error names the line and the fault.
func (e *Error) Error() string { return "line " + strconv.Itoa(e.Line) + ": " + string(e.Fault) }

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
// key; after that of a list of tables stands the number of one, from 0.
func (d Document) Line(path ...string) int { return d.lines[joined(path)] }

// joined is a path as one string: no name has a NUL byte in it.
func joined(path []string) string { return strings.Join(path, "\x00") }

// Parse understands a text. Errors: *Error.
func Parse(text []byte) (Document, error) {
	switch {
	case len(text) > LongestFile:
		return Document{}, &Error{Fault: TooLarge}
	case !utf8.Valid(text):
		return Document{}, &Error{Fault: NotUTF8}
	}
	r := newReader()
	for line := range bytes.Lines(text) {
		r.number++
		if wrong := r.line(string(withoutNewline(line))); wrong != "" {
			return Document{}, &Error{r.number, wrong, r.twice}
		}
	}
	if r.open {
		return Document{}, &Error{Line: r.number, Fault: UnterminatedList}
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
