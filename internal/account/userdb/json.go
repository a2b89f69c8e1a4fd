package userdb

import (
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// The scanner of JSON (RFC 8259). Package encoding/json would cost every start of a program more than this does when it
// is used: docs/architecture.md. It copies nothing but the strings that are wanted.

// deepest is how many objects and arrays may lie in one another; records have less than ten.
const deepest = 32

// object returns the values of the wanted members of the one object that document is, nil for one that is not there.
// Errors: errMalformed for what is not one object of JSON, all of it, and for a wanted member that is there twice.
func object(document []byte, wanted ...string) ([][]byte, error) {
	s := scanner{rest: document}
	s.blanks()
	values := make([][]byte, len(wanted))
	ok := s.members(deepest, func(name string, value []byte) bool {
		i := slices.Index(wanted, name)
		if i < 0 {
			return true
		}
		twice := values[i] != nil
		values[i] = value
		return !twice
	})
	s.blanks()
	if !ok || len(s.rest) > 0 {
		return nil, errMalformed
	}
	return values, nil
}

// text returns the string that a value is.
func text(value []byte) (string, bool) {
	s := scanner{rest: value}
	text, ok := s.text()
	return text, ok && len(s.rest) == 0
}

// integer returns the number that a value of JSON is: decimal digits, no sign, no fraction, below 2^32.
func integer(value []byte) (uint32, bool) {
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

// quote writes a string of JSON.
func quote(text string) string {
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
