package grant

import (
	"bytes"
	"slices"
	"strings"

	"userns-helpers/internal/usernsctl/grant/edit"
	"userns-helpers/internal/usernsctl/hostcheck"
)

// Correction is a change of a line of a file that is locked when it is written, or of the ends of all its lines.
type Correction struct {
	File   string
	Line   int    // from 1; 0: all lines are to end with a newline, and with no carriage return
	Old    string // how the line begins that becomes a comment, or ends that is to end otherwise
	End    string // how it is to end; "" for a comment
	DryRun bool
}

// Correct carries a correction out, as long as the line is as it was when somebody thought of it. Errors: as those of Grant.
func Correct(c Correction) (Report, error) {
	report := newReport(c.DryRun)
	if err := mayAdminister(c.DryRun); err != nil {
		return report, err
	}
	if files := hostcheck.Locked(); !slices.Contains(files, c.File) {
		return report, &Refusal{"edit-file", quote(c.File) + " is not a file that is locked", "Those are " + strings.Join(files, ", ") + ". Any editor will do for others."}
	}
	if err := writable(c.File); err != nil {
		return report, err
	}
	err := rewrite(c.File, c.DryRun, func(text []byte) ([]byte, error) { return c.change(text, &report) })
	if err != nil {
		report.Lines = []Line{}
		return report, err
	}
	report.finish("")
	return report, nil
}

// change is the new text of the file.
func (c Correction) change(text []byte, r *Report) ([]byte, error) {
	if c.Line == 0 {
		changed := edit.Ends(text)
		if !bytes.Equal(changed, text) {
			r.Lines = append(r.Lines, Line{File: c.File, Text: "ends of lines", Change: Edited})
		}
		return changed, nil
	}
	changed, line, change, is := edit.Comment(text, c.Line, c.Old)
	if c.End != "" {
		changed, line, change, is = edit.End(text, c.Line, c.Old, c.End)
	}
	if !is {
		return nil, &Refusal{"edit-changed", "line " + decimal(uint64(c.Line)) + " of " + c.File + " is not " + quote(c.Old) + " any more", "Look again: usernsctl check."}
	}
	words := map[edit.Change]string{edit.Same: Kept, edit.Edited: Edited}
	r.Lines = append(r.Lines, Line{File: c.File, Text: line, Change: words[change]})
	return changed, nil
}
