// Package defsview lists the lines of login.defs(5), also those that the map programs do not obey.
//
// It promises to read a line as package logindefs does, by its functions.
package defsview

import (
	"io"

	"userns-helpers/internal/subid/logindefs"
	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/text/number"
)

// Setting is a line of login.defs(5) with a key and a value, as logindefs.Parse understands it.
type Setting struct {
	Line       int
	Key, Value string
}

// Inspect calls each for every line that has a key and a value, in file order, whether logindefs.Parse obeys the key or not. Of
// several lines with one key the last counts. Errors: those of source, after the lines in front of it.
func Inspect(source io.Reader, each func(Setting)) error {
	r := lines.New(source, logindefs.Longest)
	for line, ok := r.Next(); ok; line, ok = r.Next() {
		if key, value := logindefs.Split(line); key != nil {
			each(Setting{r.Number(), string(key), string(value)})
		}
	}
	return r.Err()
}

// Obeyed reports whether logindefs.Parse obeys the key, and if it does, whether value is one that says what it plainly means:
// yes or no, or a number. Any other value stands for the default.
func (s Setting) Obeyed() (obeyed, plain bool) {
	switch s.Key {
	case "GRANT_AUX_GROUP_SUBIDS":
		return true, logindefs.EqualASCII([]byte(s.Value), "yes") || logindefs.EqualASCII([]byte(s.Value), "no")
	case "SUB_UID_COUNT", "SUB_GID_COUNT":
		return true, isNumber(s.Value)
	}
	return false, false
}

// isNumber reports whether value is a number as logindefs.Parse reads one.
func isNumber(value string) bool {
	_, err := number.Base0(value)
	return err == nil
}
