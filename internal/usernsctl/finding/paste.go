package finding

import (
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/kernel/trusted"
)

// wordly are the characters that mean nothing to a shell inside of a word.
const wordly = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:@%+,-"

// Word is text as one word of a command for sh(1), in quotation marks where the shell would see more in it. It may still
// begin with a minus sign: that is for the command to mind.
func Word(text string) string {
	if text != "" && strings.Trim(text, wordly) == "" {
		return text
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}

// Link is the beginning of a command that changes an interface: its name can have anything in it but blanks and slashes.
func Link(name string) string { return "ip link set dev " + Word(name) }

// Applied is the command that gives an interface what the policy says.
func Applied(name string) string { return "usernsctl apply -- " + Word(name) }

// Appended is the command that adds a line to a file, unless the file has it.
func Appended(file, line string) string {
	return "grep -qsxF -e " + Word(line) + " " + Word(file) + " || printf '%s\\n' " + Word(line) + " >>" + Word(file)
}

// Commented is the command that makes a comment of a line of a file that nobody locks, from 1, as long as it begins as pattern
// says: see Pattern. The lines keep their numbers, so that commands for several of them can follow one another.
func Commented(file string, line int, pattern string) string {
	return "sed -i " + Word(strconv.Itoa(line)+"s/^"+pattern+"/#&/") + " " + Word(file)
}

// Edited is the command that changes a file which others lock while they write it, under that lock: a line, from 1, becomes
// a comment as long as it begins with the one text; with two it ends with the second as long as it ends with the first; and
// line 0 stands for the ends of all lines.
func Edited(file string, line int, texts ...string) string {
	words := []string{"usernsctl edit --", Word(file)}
	if line > 0 {
		words = append(words, strconv.Itoa(line))
	}
	for _, text := range texts {
		words = append(words, Word(strings.ReplaceAll(text, "\t", " ")))
	}
	return strings.Join(words, " ")
}

// Retaken are the commands that make a file one of root's alone: a copy of it, and that in its place, since whoever has opened this
// one for writing can go on to write. What the copy says is for a person to read in between: the file can change until it is made.
func Retaken(file string) []string {
	word, other := Word(file), Word(file+".of-root")
	return []string{"install -o root -g root -m 644 " + word + " " + other + " || rm -f " + other, "mv " + other + " " + word}
}

// Retake says what to do with these commands.
func Retake(commands []string) string {
	return "Make a copy, read what that says, and put it in the file's place; " + trusted.StaysOpen + ": " + strings.Join(commands, "; ")
}

// Pattern is a basic regular expression, between slashes, for just this text.
func Pattern(text string) string {
	var out strings.Builder
	for _, b := range []byte(text) {
		switch b {
		case '\\', '/', '.', '*', '[', '^', '$':
			out.Write([]byte{'\\', b})
		case '\t':
			out.WriteString("[[:blank:]]")
		default:
			out.WriteByte(b)
		}
	}
	return out.String()
}

// pasteable reports whether commands are what they look like: printable ASCII. Quotation marks keep a name from the shell,
// but not from the terminal that it is pasted into, where a control character acts before the shell has seen it.
func pasteable(commands []string) bool {
	return !slices.ContainsFunc(commands, func(command string) bool {
		return strings.ContainsFunc(command, func(r rune) bool { return r < ' ' || r > '~' })
	})
}
