package nics

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"userns-helpers/internal/text/name"
)

// read returns what a value of TOML is, or what is wrong with it.
func (d domain) read(from any) (value, *Problem) {
	switch d.kind {
	case isSwitch:
		on, ok := from.(bool)
		switch {
		case !ok:
			return value{}, &Problem{Fault: NotSwitch}
		case on:
			return value{number: 1}, nil
		}
		return value{}, nil
	case isRate:
		text, _ := from.(string)
		rate, ok := parseRate(text)
		if !ok {
			return value{}, &Problem{Fault: NotRate}
		}
		return value{number: rate}, nil
	case isNumber:
		n, ok := from.(int64)
		if !ok || n < d.least || n > d.most {
			return value{}, &Problem{Fault: OutOfRange, Least: d.least, Most: d.most}
		}
		return value{number: uint64(n)}, nil
	case isPools:
		return readPools(from)
	case isAddress:
		return readAddress(from)
	case unknown:
	}
	return value{}, &Problem{Fault: UnknownKey}
}

// isAccount reports whether a user or group can have a name. Names of a directory may have blanks in them.
func isAccount(text string) bool {
	return name.Valid(text) && isWord(strings.ReplaceAll(text, " ", "_")) && strings.Trim(text, " ") == text
}

// isContainer reports whether a container can have a name: it is a directory of lxcpath.
func isContainer(text string) bool {
	return isWord(strings.ReplaceAll(text, " ", "_")) && len(text) <= longestContainer && !strings.Contains(text, "/")
}

// longestContainer is the longest name of a directory, NAME_MAX, in bytes.
const longestContainer = 255

// isWord reports whether text is something, without white space and control characters.
func isWord(text string) bool {
	return text != "" && utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
}
