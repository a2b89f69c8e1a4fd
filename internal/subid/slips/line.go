package slips

import (
	"bytes"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/text/number"
)

// Entry is what a line says, to whomever it is.
type Entry struct {
	Line   int
	Owner  string      // the first field; "" where there is none
	Range  idmap.Range // empty where there is a fault of the line
	Fault  Fault
	Count  bool   // a fault of a number is one of the count, not of the start
	Octal  bool   // a number is written with a leading 0, which makes it octal
	Return bool   // ends with a carriage return, which shadow's programs take for a part of the count
	Text   string // the line, or its beginning
}

const (
	kept   = 2 * subid.Longest // bytes of a line that are looked at where it is too long to be read
	quoted = 80                // bytes of a line that are kept for a message
)

// inspect says what a line says; false for a comment and an empty line.
func inspect(line []byte) (Entry, bool) {
	whole := len(line)
	line = lines.WithoutReturn(line)
	if len(line) == 0 || line[0] == '#' {
		return Entry{}, false
	}
	e := Entry{Text: string(line[:min(len(line), quoted)]), Return: len(line) < whole}
	owner, fields, _ := bytes.Cut(line, []byte{':'})
	e.Owner = string(owner[:min(len(owner), subid.Longest)])
	e.judge(line, fields)
	return e, true
}

// judge says why a line grants nothing, or what. What subid.Parse accepts has no fault but one of the line or its owner.
func (e *Entry) judge(line, fields []byte) {
	if e.Fault = faultOf(line, e.Owner, fields); e.Fault != NoFault {
		return
	}
	ids, ok := subid.Parse(fields)
	if !ok {
		e.judgeNumbers(fields)
		return
	}
	e.Range, e.Octal = ids, octal(fields)
}

// faultOf says why a line grants nothing to owner, whatever its numbers are.
func faultOf(line []byte, owner string, fields []byte) Fault {
	colons := bytes.Count(line, []byte{':'})
	switch {
	case line[0] == '+' || line[0] == '-':
		return NIS
	case len(line) > subid.Longest:
		return TooLong
	case bytes.IndexByte(line, 0) >= 0:
		return NUL
	case colons == 1 && isSpan(fields):
		return FirstLast
	case colons < 2 && len(words(line)) > 2:
		return Separators
	case colons > 2 && bytes.Contains(line, []byte("::")):
		return EmptyField
	case colons != 2:
		return Fields
	case !canOwn(owner):
		return NoOwner
	}
	return NoFault
}

// words are what stands between all that people take for a separator.
func words(line []byte) [][]byte {
	return bytes.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t\v\f\r:;,=|\u00a0\uff1a", r) })
}

// isSpan reports whether text is two numbers with a dash between: "100000-165535".
func isSpan(text []byte) bool {
	first, last, found := bytes.Cut(text, []byte{'-'})
	_, one := number.Decimal(bytes.TrimSpace(first))
	_, other := number.Decimal(bytes.TrimSpace(last))
	return found && one == nil && other == nil
}

// canOwn reports whether some user's lines begin with owner.
func canOwn(owner string) bool {
	if subid.IsUID(owner) {
		_, ok := subid.UID(owner)
		return ok
	}
	return owner != ""
}

// judgeNumbers says why the second and third field are no range.
func (e *Entry) judgeNumbers(fields []byte) {
	start, count, _ := bytes.Cut(fields, []byte{':'})
	_, wrong := number.Base0(start)
	if wrong == nil {
		var many uint64
		many, wrong = number.Base0(count)
		e.Count = wrong != nil
		if wrong == nil && many == 0 {
			e.Fault = Zero
			return
		}
	}
	switch {
	case wrong == nil:
		e.Fault = Beyond
	case e.Count:
		e.Fault = faultOfNumber(count, wrong, BadCount)
	default:
		e.Fault = faultOfNumber(start, wrong, BadStart)
	}
}

// faultOfNumber says why a field is no number; otherwise is what there is no better word for.
func faultOfNumber(field []byte, err error, otherwise Fault) Fault {
	isNumber := func(text []byte) bool {
		_, err := number.Base0(text)
		return err != number.ErrSyntax && len(text) > 0
	}
	digits := bytes.TrimLeft(field, " \t\v\f\r+")
	switch {
	case err == number.ErrRange && bytes.HasPrefix(digits, []byte{'-'}):
		return Negative
	case err == number.ErrRange:
		return Beyond
	case bytes.IndexByte(field, '#') >= 0:
		return Comment
	case isNumber(bytes.TrimRight(field, " \t\v\f\r")):
		return Blank
	case bytes.ContainsFunc(field, func(r rune) bool { return r >= 0x80 }):
		return Foreign
	case isSpan(field):
		return FirstLast
	case len(digits) > 1 && digits[0] == '0' && len(bytes.Trim(digits, "0123456789")) == 0:
		return NotOctal
	case isNumber(bytes.Map(ungrouped, digits)):
		return Grouped
	}
	return otherwise
}

// ungrouped drops what people put between digits, but for the letters of a number.
func ungrouped(r rune) rune {
	if strings.ContainsRune("_.,' ", r) {
		return -1
	}
	return r
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
