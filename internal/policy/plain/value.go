package plain

import (
	"strconv"
	"strings"
)

// value understands a value that is no list.
func value(text string) (any, bool) {
	if text == "true" || text == "false" {
		return text == "true", true
	}
	if isNumber(strings.TrimPrefix(text, "-")) && text != "-0" {
		n, err := strconv.ParseInt(text, 10, 64)
		return n, err == nil
	}
	return quotedValue(text)
}

func quotedValue(text string) (any, bool) {
	word, ok := unquoted(text)
	return word, ok
}

// unquoted is the text of a string in double or single quotes. One with a backslash could mean another text.
func unquoted(value string) (string, bool) {
	if len(value) < 2 || value[0] != '"' && value[0] != '\'' || value[len(value)-1] != value[0] {
		return "", false
	}
	text := value[1 : len(value)-1]
	return text, !strings.ContainsRune(text, rune(value[0])) && !strings.Contains(text, `\`)
}

// key is a name in the head of a table, bare or in quotes.
func key(text string) (string, bool) {
	if name, ok := unquoted(text); ok {
		return name, true
	}
	return text, isBare(text)
}

// isBare reports whether text is a key without quotes.
func isBare(text string) bool {
	for i := range len(text) {
		c := text[i]
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return false
		}
	}
	return text != ""
}

// longestNumber keeps a number within 63 bits.
const longestNumber = 18

// isNumber reports whether text is a decimal number without sign, leading zeros and underscores.
func isNumber(text string) bool {
	if text == "" || len(text) > longestNumber || text[0] == '0' && text != "0" {
		return false
	}
	return strings.Trim(text, "0123456789") == ""
}
