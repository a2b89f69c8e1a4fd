// Package edit makes the new text of a file of lines from the old one.
//
// It is pure, and promises that every byte of a line that is not meant stays as it is: carriage returns, comments, what
// nobody understands. Only a newline that is missing at the end of the file is added.
package edit

import (
	"bytes"
	"strings"
)

// Append returns text with lines behind it.
func Append(text []byte, lines ...string) []byte {
	if len(lines) == 0 {
		return text
	}
	out := bytes.Clone(text)
	if len(out) > 0 && out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	return append(out, strings.Join(lines, "\n")+"\n"...)
}

// Lines returns text with each line, whose number counts from 1, as change returns it: without its newline, which stays.
// A line that is not kept goes with its newline.
func Lines(text []byte, change func(number int, line string) (changed string, keep bool)) []byte {
	out := make([]byte, 0, len(text))
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		bare, ended := strings.CutSuffix(line, "\n")
		changed, keep := change(number, bare)
		if !keep {
			continue
		}
		out = append(out, changed...)
		if ended {
			out = append(out, '\n')
		}
	}
	return out
}
