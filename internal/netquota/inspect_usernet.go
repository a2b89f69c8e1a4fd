package netquota

import (
	"bytes"
	"io"
	"strconv"

	"userns-helpers/internal/lines"
)

// Fault is why a line of lxc-usernet grants nothing.
type Fault uint8

// The faults, in the order in which they are looked for.
const (
	NoFault   Fault = iota // the line grants Rule.Number interfaces
	TooLong                // more than 1024 bytes
	NUL                    // holds a NUL byte
	FewWords               // fewer than four words
	BadNumber              // the last word is not a number from 0 to 4294967295
	NoOwner                // the owner is "@" alone
	Zero                   // the number is 0
)

// Entry is what a line of lxc-usernet says.
type Entry struct {
	Line  int
	Rule  Rule // as far as it was understood
	Fault Fault
	Text  string // the line, or its beginning
}

const (
	inspected = 64 * 1024 // bytes of a line beyond which it is only counted
	quoted    = 80        // bytes of a line that are kept for a message
)

// Inspect calls each for every line of lxc-usernet(5) that says something, in file order: all but comments and empty
// ones. What has no fault is what Allowance adds up, since both ask ParseRule. Errors: those of usernet, after the lines
// in front of it.
func Inspect(usernet io.Reader, each func(Entry)) error {
	_, err := lines.Each(usernet, inspected, func(line []byte, number int) {
		if len(bytes.Trim(withoutComment(line), blanks)) > 0 {
			each(inspect(line, number))
		}
	}, func(number int) { each(Entry{Line: number, Fault: TooLong}) })
	return err
}

// inspect says what a line says that is neither empty nor a comment.
func inspect(line []byte, number int) Entry {
	e := Entry{Line: number, Text: string(line[:min(len(line), quoted)])}
	var understood bool
	e.Rule, understood = ParseRule(line)
	switch {
	case !understood:
		e.Fault = faultOf(line)
	case e.Rule.Number == 0:
		e.Fault = Zero
	}
	return e
}

// faultOf says why ParseRule does not understand a line.
func faultOf(line []byte) Fault {
	switch {
	case len(line) > longestRule:
		return TooLong
	case bytes.IndexByte(line, 0) >= 0:
		return NUL
	}
	rest, number := lastWord(withoutComment(line))
	_, err := strconv.ParseUint(string(number), 10, 32)
	rest, _ = lastWord(rest)
	rest, kind := lastWord(rest)
	switch {
	case len(kind) == 0 || len(bytes.Trim(rest, blanks)) == 0:
		return FewWords
	case err != nil:
		return BadNumber
	}
	return NoOwner
}
