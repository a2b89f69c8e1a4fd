package slips

import (
	"io"

	"userns-helpers/internal/text/lines"
)

// Inspect calls each for every line that says something, in file order: all but comments and empty ones. What it calls
// a grant is what subid.Scan grants, since both ask subid.Parse. A file that ends without a newline is incomplete.
//
// Errors: those of file, after the lines in front of it.
func Inspect(file io.Reader, each func(Entry)) (incomplete bool, err error) {
	return lines.Each(file, kept, kept, func(line []byte, number int, _ bool) {
		if e, says := inspect(line); says {
			e.Line = number
			each(e)
		}
	})
}
