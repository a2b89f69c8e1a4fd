package logindefs

import (
	"io"

	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/text/number"
)

// Setting is a line of login.defs(5) with a key and a value, as Parse understands it.
type Setting struct {
	Line       int
	Key, Value string
}

// Inspect calls each for every line that has a key and a value, in file order, whether Parse obeys the key or not. Of
// several lines with one key the last counts. Errors: those of source, after the lines in front of it.
func Inspect(source io.Reader, each func(Setting)) error {
	r := lines.New(source, longest)
	for line, ok := r.Next(); ok; line, ok = r.Next() {
		if key, value := split(line); key != nil {
			each(Setting{r.Number(), string(key), string(value)})
		}
	}
	return r.Err()
}

// Obeyed reports whether Parse obeys the key, and if it does, whether value is one that says what it plainly means:
// yes or no, or a number. Any other value stands for the default.
func (s Setting) Obeyed() (obeyed, plain bool) {
	switch s.Key {
	case "GRANT_AUX_GROUP_SUBIDS":
		return true, equalASCII([]byte(s.Value), "yes") || equalASCII([]byte(s.Value), "no")
	case "SUB_UID_COUNT", "SUB_GID_COUNT":
		return true, isNumber(s.Value)
	}
	return false, false
}

// isNumber reports whether value is a number as isZero reads one.
func isNumber(value string) bool {
	_, err := number.Base0(value)
	return err == nil
}
