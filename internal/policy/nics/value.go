package nics

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"userns-helpers/internal/text/name"
)

// read returns a value of TOML as a number, or what is wrong with it.
func (d domain) read(value any) (number uint64, wrong Fault) {
	switch d.kind {
	case isSwitch:
		on, ok := value.(bool)
		switch {
		case !ok:
			return 0, NotSwitch
		case on:
			return 1, ""
		}
		return 0, ""
	case isRate:
		text, _ := value.(string)
		rate, ok := parseRate(text)
		if !ok {
			return 0, NotRate
		}
		return rate, ""
	case isNumber:
		n, ok := value.(int64)
		if !ok || n < d.least || n > d.most {
			return 0, OutOfRange
		}
		return uint64(n), ""
	case unknown:
	}
	return 0, UnknownKey
}

// isAccount reports whether a user or group can have a name. Names of a directory may have blanks in them.
func isAccount(text string) bool {
	return name.Valid(text) && isWord(strings.ReplaceAll(text, " ", "_")) && strings.Trim(text, " ") == text
}

// isWord reports whether text is something, without white space and control characters.
func isWord(text string) bool {
	return text != "" && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}
