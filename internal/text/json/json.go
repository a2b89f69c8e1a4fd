// Package json reads and writes the little of JSON (RFC 8259) that daemons of this machine and the programs say to each
// other. It is fuzzed against encoding/json: what it accepts, that one accepts, and reads in the same way. encoding/json
// would cost every start of a program more than this does when it is used: docs/architecture.md.
//
// It promises that what it returns was read whole and is well formed, and takes no more memory than the strings that are
// wanted. It trusts nobody: how much is read is for the caller to bound.
package json

import (
	"errors"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// deepest is how many objects and arrays may lie in one another; records have less than ten.
const deepest = 32

// ErrMalformed says that a text is not JSON of the kind that is wanted, all of it, or has a wanted member twice.
var ErrMalformed = errors.New("it is no record")

// ErrUnknown says that an object has a member that nobody knows.
var ErrUnknown = errors.New("it has a member that is not known")

// Object returns the values of the wanted members of the one object that document is, nil for one that is not there. Others
// are passed over. Errors: ErrMalformed.
func Object(document []byte, wanted ...string) ([][]byte, error) {
	values, _, err := object(document, wanted)
	return values, err
}

// Only is Object where no other members may be there. Errors: ErrMalformed, ErrUnknown.
func Only(document []byte, known ...string) ([][]byte, error) {
	values, others, err := object(document, known)
	if err == nil && others {
		return nil, ErrUnknown
	}
	return values, err
}

func object(document []byte, wanted []string) (values [][]byte, others bool, err error) {
	s := scanner{rest: document}
	s.blanks()
	values = make([][]byte, len(wanted))
	ok := s.members(deepest, func(name string, value []byte) bool {
		i := slices.Index(wanted, name)
		if i < 0 {
			others = true
			return true
		}
		twice := values[i] != nil
		values[i] = value
		return !twice
	})
	s.blanks()
	if !ok || len(s.rest) > 0 {
		return nil, false, ErrMalformed
	}
	return values, others, nil
}

// Array returns the items of the one array that document is. Errors: ErrMalformed, also for more items than most.
func Array(document []byte, most int) ([][]byte, error) {
	s := scanner{rest: document}
	s.blanks()
	var items [][]byte
	ok := s.list("[", "]", deepest, func() bool {
		before := s.rest
		if len(items) == most || !s.value(deepest-1) {
			return false
		}
		items = append(items, before[:len(before)-len(s.rest)])
		return true
	})
	s.blanks()
	if !ok || len(s.rest) > 0 {
		return nil, ErrMalformed
	}
	return items, nil
}

// Text returns the string that a value is.
func Text(value []byte) (string, bool) {
	s := scanner{rest: value}
	text, ok := s.text()
	return text, ok && len(s.rest) == 0
}

// Integer returns the number that a value of JSON is: decimal digits, no sign, no fraction, below 2^32.
func Integer(value []byte) (uint32, bool) {
	n, err := strconv.ParseUint(string(value[:min(len(value), 11)]), 10, 32)
	return uint32(n), err == nil && len(value) <= 10
}

// scanner walks over a document. Its methods consume what they are named for, and are false where it is not there.
type scanner struct{ rest []byte }

func (s *scanner) blanks() {
	for len(s.rest) > 0 && (s.rest[0] == ' ' || s.rest[0] == '\t' || s.rest[0] == '\n' || s.rest[0] == '\r') {
		s.rest = s.rest[1:]
	}
}

// literal consumes a given text.
func (s *scanner) literal(text string) bool {
	if len(s.rest) < len(text) || string(s.rest[:len(text)]) != text {
		return false
	}
	s.rest = s.rest[len(text):]
	return true
}

// value consumes any value, at most depth levels deep.
func (s *scanner) value(depth int) bool {
	if len(s.rest) == 0 {
		return false
	}
	switch s.rest[0] {
	case '{':
		return s.members(depth, func(string, []byte) bool { return true })
	case '[':
		return s.list("[", "]", depth, func() bool { return s.value(depth - 1) })
	case '"':
		_, ok := s.text()
		return ok
	}
	return s.literal("true") || s.literal("false") || s.literal("null") || s.number()
}

// members consumes an object, and gives each member to each, until that is false.
func (s *scanner) members(depth int, each func(name string, value []byte) bool) bool {
	return s.list("{", "}", depth, func() bool {
		name, ok := s.text()
		s.blanks()
		if !ok || !s.literal(":") {
			return false
		}
		s.blanks()
		before := s.rest
		return s.value(depth-1) && each(name, before[:len(before)-len(s.rest)])
	})
}

// list consumes what stands between two brackets, with commas between.
func (s *scanner) list(opening, closing string, depth int, item func() bool) bool {
	if depth == 0 || !s.literal(opening) {
		return false
	}
	s.blanks()
	if s.literal(closing) {
		return true
	}
	for {
		s.blanks()
		if !item() {
			return false
		}
		s.blanks()
		if s.literal(closing) {
			return true
		}
		if !s.literal(",") {
			return false
		}
	}
}

// number consumes a number.
func (s *scanner) number() bool {
	s.literal("-")
	if !s.literal("0") && !s.digits() {
		return false
	}
	if s.literal(".") && !s.digits() {
		return false
	}
	if s.literal("e") || s.literal("E") {
		if !s.literal("+") {
			s.literal("-")
		}
		return s.digits()
	}
	return true
}

// digits consumes one digit or more.
func (s *scanner) digits() bool {
	n := 0
	for n < len(s.rest) && '0' <= s.rest[n] && s.rest[n] <= '9' {
		n++
	}
	s.rest = s.rest[n:]
	return n > 0
}

// text consumes a string and returns what it says. One that is not UTF-8, or has half of a surrogate pair, is none.
func (s *scanner) text() (string, bool) {
	if !s.literal(`"`) {
		return "", false
	}
	var said []byte
	for {
		n := 0
		for n < len(s.rest) && s.rest[n] >= ' ' && s.rest[n] != '"' && s.rest[n] != '\\' {
			n++
		}
		said = append(said, s.rest[:n]...)
		s.rest = s.rest[n:]
		switch {
		case s.literal(`"`):
			return string(said), utf8.Valid(said)
		case !s.literal(`\`):
			return "", false
		}
		r, ok := s.escape()
		if !ok {
			return "", false
		}
		said = utf8.AppendRune(said, r)
	}
}

// escape consumes what follows a backslash.
func (s *scanner) escape() (rune, bool) {
	const letters, means = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	for i := range len(letters) {
		if s.literal(letters[i : i+1]) {
			return rune(means[i]), true
		}
	}
	r, ok := s.unit()
	if !ok || !utf16.IsSurrogate(r) {
		return r, ok
	}
	if !s.literal(`\`) {
		return 0, false
	}
	low, ok := s.unit()
	r = utf16.DecodeRune(r, low)
	return r, ok && r != utf8.RuneError
}

// unit consumes u and four hexadecimal digits.
func (s *scanner) unit() (rune, bool) {
	if !s.literal("u") || len(s.rest) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(string(s.rest[:4]), 16, 16)
	s.rest = s.rest[4:]
	return rune(n), err == nil
}

// Quote writes a string of JSON; text is UTF-8.
func Quote(text string) string {
	quoted := []byte{'"'}
	for i := range len(text) {
		switch b := text[i]; {
		case b == '"' || b == '\\':
			quoted = append(quoted, '\\', b)
		case b < ' ':
			const digits = "0123456789abcdef"
			quoted = append(quoted, '\\', 'u', '0', '0', digits[b>>4], digits[b&15])
		default:
			quoted = append(quoted, b)
		}
	}
	return string(append(quoted, '"'))
}
