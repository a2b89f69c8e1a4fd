package usernsctl

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"unicode/utf16"
	"unicode/utf8"

	"userns-helpers/internal/text/verdict"
)

// printable is text without control characters.
func printable(text string) string { return string(verdict.Printable(nil, text)) }

// longestQuote is how many bytes of an argument a message repeats.
const longestQuote = 64

// quote is text in quotation marks, cut where it is long.
func quote(text string) string {
	if len(text) > longestQuote {
		return strconv.Quote(text[:longestQuote]) + "..."
	}
	return strconv.Quote(text)
}

// shown are a command and its words as they were given.
func shown(command string, words []string) string {
	text := quote(command)
	for _, w := range words[:min(len(words), 4)] {
		text += " " + quote(w)
	}
	return text
}

// format is the version of what --json prints: docs/usernsctl-json.md.
const format = 1

// wrap breaks text into lines of at most lineWide characters.
func wrap(text, indent string) string { return wrapTo(lineWide, text, indent) }

// wrapTo breaks text into lines of at most width characters with indent in front; a longer word has a line of its own.
func wrapTo(width int, text, indent string) string {
	return wrapWords(width, strings.Fields(text), indent)
}

// wrapWords is wrapTo for words, in which there may be blanks.
func wrapWords(width int, words []string, indent string) string {
	var out strings.Builder
	used := 0
	for _, word := range words {
		length := utf8.RuneCountInString(word)
		if used > 0 && used+1+length > width {
			out.WriteByte('\n')
			used = 0
		}
		if used == 0 {
			out.WriteString(indent)
			used = utf8.RuneCountInString(indent)
		} else {
			out.WriteByte(' ')
			used++
		}
		out.WriteString(word)
		used += length
	}
	if used > 0 {
		out.WriteByte('\n')
	}
	return out.String()
}

// encode is value as JSON for people and programs, with a newline.
func encode(value any) ([]byte, error) {
	text, err := json.MarshalIndent(value, "", "  ")
	return append(escape(text), '\n'), err
}

// escape writes what no terminal must see as \u: encoding/json leaves DEL, the C1 controls (U+009B begins an escape
// sequence) and changes of direction as they are, and a container's name may hold them. Its newlines stay.
func escape(text []byte) []byte {
	plain := func(r rune) bool { return r == '\n' || r >= ' ' && r < 0x7f }
	if bytes.IndexFunc(text, func(r rune) bool { return !plain(r) }) < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+len(text)/8)
	for _, r := range string(text) {
		if plain(r) || strconv.IsPrint(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.AppendRune(nil, r) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// answer prints value as JSON and returns the exit status.
func (a asker) answer(value any, status int) int {
	text, err := encode(value)
	if err != nil {
		return a.failed(err)
	}
	return a.say(text, status)
}

// columns writes rows of cells, none of which is empty, in columns with two blanks between.
func columns(rows [][]string) string {
	var out strings.Builder
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		_, _ = io.WriteString(table, strings.Join(row, "\t")+"\n")
	}
	_ = table.Flush()
	return out.String()
}
