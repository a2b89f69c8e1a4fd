package addresses

import (
	"bytes"
	"errors"
)

// errFull says that a file has as many records as it may have: more than a bridge has ports.
var errFull = errors.New("no room for another address")

// blank is what a record was, or blanks if there was none: the file does not grow shorter.
func blank(before []byte) []byte {
	if len(before) == noteAt {
		return before
	}
	return append(bytes.Repeat([]byte{' '}, noteAt-1), '\n')
}

// firstOf is the first error.
func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
