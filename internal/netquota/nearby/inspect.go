package nearby

import (
	"bytes"
	"io"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/text/lines"
)

// Inspect calls each for every line of lxc-usernet(5) that says something, in file order: all but comments and empty
// ones. What has no fault is what Allotments adds up, since both ask ParseRule. Errors: those of usernet, after the lines
// in front of it.
func Inspect(usernet io.Reader, each func(Entry)) error {
	_, err := lines.Each(usernet, kept, kept, func(line []byte, number int, _ bool) {
		line = lines.WithoutReturn(line)
		if len(bytes.Trim(netquota.WithoutComment(line), netquota.Blanks)) > 0 {
			each(inspect(line, number))
		}
	})
	return err
}
