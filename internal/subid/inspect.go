package subid

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/lines"
	"userns-helpers/internal/number"
)

// Fault is why a line grants nothing.
type Fault uint8

// The faults, in the order in which they are looked for.
const (
	NoFault  Fault = iota // the line grants Range to Owner
	NIS                   // begins with + or -: it was for the Network Information Service
	TooLong               // 1024 bytes or more
	NUL                   // holds a NUL byte
	Fields                // has not three fields
	NoOwner               // the owner is empty, or a user id that is written with leading zeros or too large
	BadStart              // the second field is not a number
	BadCount              // the third field is not a number
	Zero                  // the count is 0
	Beyond                // the range reaches beyond 2^32
)

// Entry is what a line says, to whomever it is.
type Entry struct {
	Line  int
	Owner string      // the first field; "" where there is none
	Range idmap.Range // empty where there is a fault
	Fault Fault
	Octal bool   // a number is written with a leading 0, which makes it octal
	Text  string // the line, or its beginning
}

const (
	inspected = 64 * 1024 // bytes of a line beyond which it is only counted
	quoted    = 80        // bytes of a line that are kept for a message
)

// Inspect calls each for every line that says something, in file order: all but comments and empty ones. What it calls
// a grant is what Scan grants, since both ask parse. A file that ends without a newline is incomplete.
//
// Errors: those of file, after the lines in front of it.
func Inspect(file io.Reader, each func(Entry)) (incomplete bool, err error) {
	return lines.Each(file, inspected, func(line []byte, number int) {
		if e, says := inspect(line); says {
			e.Line = number
			each(e)
		}
	}, func(number int) { each(Entry{Line: number, Fault: TooLong}) })
}

// inspect says what a line says; false for a comment and an empty line.
func inspect(line []byte) (Entry, bool) {
	if len(line) == 0 || line[0] == '#' {
		return Entry{}, false
	}
	e := Entry{Text: string(line[:min(len(line), quoted)])}
	owner, fields, _ := bytes.Cut(line, []byte{':'})
	e.Owner = string(owner[:min(len(owner), longest)])
	e.Fault = faultOf(line, e.Owner, fields)
	if e.Fault == NoFault {
		e.Range, _ = parse(fields)
		e.Octal = octal(fields)
	}
	return e, true
}

// faultOf says why a line grants nothing to owner. What parse accepts has no fault but one of the line or its owner.
func faultOf(line []byte, owner string, fields []byte) Fault {
	switch {
	case line[0] == '+' || line[0] == '-':
		return NIS
	case len(line) > longest:
		return TooLong
	case bytes.IndexByte(line, 0) >= 0:
		return NUL
	case bytes.Count(line, []byte{':'}) != 2:
		return Fields
	case !canOwn(owner):
		return NoOwner
	}
	if _, ok := parse(fields); ok {
		return NoFault
	}
	return faultOfNumbers(fields)
}

// canOwn reports whether some user's lines begin with owner.
func canOwn(owner string) bool {
	if IsUID(owner) {
		uid, err := strconv.ParseUint(owner, 10, 32)
		return err == nil && strconv.FormatUint(uid, 10) == owner
	}
	return owner != ""
}

// faultOfNumbers says why the second and third field are no range.
func faultOfNumbers(fields []byte) Fault {
	start, count, _ := bytes.Cut(fields, []byte{':'})
	if _, err := number.Base0(start); err == number.ErrSyntax {
		return BadStart
	}
	many, err := number.Base0(count)
	switch {
	case err == number.ErrSyntax:
		return BadCount
	case err == nil && many == 0:
		return Zero
	}
	return Beyond
}

// octal reports whether one of the two numbers is written in octal: a trap, since 0100000 is 32768.
func octal(fields []byte) bool {
	for field := range strings.SplitSeq(string(fields), ":") {
		digits := strings.TrimLeft(field, " \t\n\v\f\r+-")
		if len(digits) > 1 && digits[0] == '0' && digits[1] != 'x' && digits[1] != 'X' {
			return true
		}
	}
	return false
}
