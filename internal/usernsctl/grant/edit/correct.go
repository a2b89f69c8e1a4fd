package edit

import "strings"

// Comment returns text with a line, from 1, made a comment, as long as it begins with beginning.
func Comment(text []byte, line int, beginning string) (changed []byte, becomes string, change Change, is bool) {
	return one(text, line, func(bare string) (string, Change, bool) {
		switch {
		case begins(bare, beginning):
			return "#" + bare, Edited, true
		case begins(bare, "#"+beginning):
			return bare, Same, true
		}
		return "", Same, false
	})
}

// End returns text with a line, from 1, that ends with text of a command's choice, as long as it ends with old.
func End(text []byte, line int, old, end string) (changed []byte, becomes string, change Change, is bool) {
	return one(text, line, func(bare string) (string, Change, bool) {
		if rest, ends := strings.CutSuffix(bare, old); ends {
			return rest + end, Edited, true
		}
		if strings.HasSuffix(bare, end) {
			return bare, Same, true
		}
		return "", Same, false
	})
}

// one changes one line, without its carriage return, which stays. False if there is no such line.
func one(text []byte, line int, change func(string) (string, Change, bool)) (changed []byte, becomes string, how Change, is bool) {
	changed = Lines(text, func(number int, whole string) (string, bool) {
		if number != line {
			return whole, true
		}
		bare, returns := strings.CutSuffix(whole, "\r")
		if becomes, how, is = change(bare); !is {
			return whole, true
		}
		if returns {
			return becomes + "\r", true
		}
		return becomes, true
	})
	return changed, becomes, how, is
}

// begins reports whether a line begins with a text, in which blanks stand for tabs too: a command to be pasted has none.
func begins(line, beginning string) bool {
	blank := strings.NewReplacer("\t", " ")
	return strings.HasPrefix(blank.Replace(line), blank.Replace(beginning))
}

// Ends returns text in which each line ends with a newline, and with no carriage return in front of it.
func Ends(text []byte) []byte {
	changed := Lines(text, func(_ int, line string) (string, bool) { return strings.TrimRight(line, "\r"), true })
	if n := len(changed); n > 0 && changed[n-1] != '\n' {
		changed = append(changed, '\n')
	}
	return changed
}
