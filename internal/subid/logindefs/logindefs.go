// Package logindefs reads the keys of /etc/login.defs that the map programs obey.
//
// It promises to read a value as the shadow suite reads it, quirks included, and to leave the default where the shadow
// suite would: a value that means something else to usermod(8) than to newuidmap(1) is a trap for administrators.
package logindefs

import (
	"bytes"
	"io"

	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/text/number"
)

// Longest is the length of a line that is read, without its newline: the shadow suite has a buffer of 1024 bytes, and
// takes what is longer for several lines.
const Longest = 1022

// Defs is what login.defs(5) says.
type Defs struct {
	GrantAuxGroupSubids bool // GRANT_AUX_GROUP_SUBIDS yes: the caller's real group need not be the one in passwd
	UseSubuid           bool // false with SUB_UID_COUNT 0: /etc/subuid is not used
	UseSubgid           bool // false with SUB_GID_COUNT 0: /etc/subgid is not used
}

// Default is what holds where the file is missing or silent.
func Default() Defs { return Defs{UseSubuid: true, UseSubgid: true} }

// Parse reads the file. The last value of a key counts. Unknown keys and malformed lines change nothing, and nothing
// is said about them: the original prints a warning about them at every run.
//
// Errors: those of source; the Defs returned with one are Default.
func Parse(source io.Reader) (Defs, error) {
	defs := Default()
	r, beginnings := lines.New(source, Longest), mayCount()
	for {
		line, ok := r.NextWith(beginnings)
		if !ok {
			break
		}
		defs.set(Split(line))
	}
	if err := r.Err(); err != nil {
		return Default(), err
	}
	return defs, nil
}

// mayCount are the beginnings of lines that may have a key that counts. Nearly all of the file is comments.
func mayCount() []string { return []string{"GRANT_", "SUB_", " ", "\t"} }

// Split cuts a line into key and value; a line without both has no key. The value runs to the end of the line or to a
// quotation mark, so a comment after it is a part of it.
func Split(line []byte) (key, value []byte) {
	line = bytes.TrimLeft(bytes.TrimRight(line, " \t\n\v\f\r"), " \t")
	end := bytes.IndexAny(line, " \t")
	if end < 0 || line[0] == '#' {
		return nil, nil
	}
	value, _, _ = bytes.Cut(bytes.TrimLeft(line[end:], " \t\""), []byte{'"'})
	return line[:end], value
}

// set changes the value of a key; keys are told apart by case, the value yes is not.
func (d *Defs) set(key, value []byte) {
	switch string(key) {
	case "GRANT_AUX_GROUP_SUBIDS":
		d.GrantAuxGroupSubids = EqualASCII(value, "yes")
	case "SUB_UID_COUNT":
		d.UseSubuid = !isZero(value)
	case "SUB_GID_COUNT":
		d.UseSubgid = !isZero(value)
	}
}

// isZero reports whether value is the number 0. What is no number stands for the default, which is not 0.
func isZero(value []byte) bool {
	n, err := number.Base0(value)
	return err == nil && n == 0
}

// EqualASCII compares with lower-case letters, in any case. No other character folds to a letter, as some do in
// Unicode.
func EqualASCII(value []byte, lower string) bool {
	if len(value) != len(lower) {
		return false
	}
	for i := range len(lower) {
		if value[i]|0x20 != lower[i] {
			return false
		}
	}
	return true
}
