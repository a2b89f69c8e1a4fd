package hostcheck

import (
	"io"

	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// accept marks the findings that the administrator of this host accepts, by a file that only root can have written.
func (c *check) accept() {
	path := paths.Accepted()
	before := len(c.report.Findings)
	file := c.config(path)
	if file == nil {
		return
	}
	defer file.Close()
	for i := range c.report.Findings[before:] {
		if f := &c.report.Findings[before+i]; f.ID == "file-trust" {
			f.Advice = "Nothing is accepted: anyone who can write to the file could hide what they did. " + retake(f.Fix)
			return
		}
	}
	text, err := io.ReadAll(io.LimitReader(file, finding.LongestFile+1))
	if err == nil && len(text) > finding.LongestFile {
		c.report.Miss(path, "it is larger than "+decimal(finding.LongestFile)+" bytes: nothing is accepted")
		return
	}
	if c.failed(path, err); err != nil {
		return
	}
	all, wrong := finding.Acceptances(string(text))
	stale := c.report.Accept(all)
	c.noteIdle(path, wrong, all, stale)
}

// noteIdle notes the lines that accept nothing: those of another form, those of a name that no finding has, and those of what is
// gone.
func (c *check) noteIdle(path string, wrong []int, all, stale []finding.Acceptance) {
	for _, line := range wrong {
		c.report.Add(finding.Finding{
			ID: "accepted-file", Level: finding.Note, File: path, Line: line, Problem: "the line accepts nothing: it is not of the form ID PLACE REASON, or one of more than 1000",
			Advice: "PLACE is a file, a file and line as in /etc/subuid:3, - for what is in no file, or * for anywhere. Say why, too.",
		})
	}
	for _, a := range all {
		if !a.Known() {
			c.report.Add(finding.Finding{
				ID: "accepted-unknown", Level: finding.Note, File: path, Line: a.Line, Problem: "there are no findings of the name " + quote(a.ID),
				Advice: "usernsctl(8) lists the names, under DIAGNOSTICS.",
			})
		}
	}
	for _, a := range stale {
		c.report.Add(finding.Finding{
			ID: "accepted-stale", Level: finding.Note, File: path, Line: a.Line, Problem: "nothing is found of " + quote(a.ID) + " in " + quote(a.Place),
			Advice: "What was accepted is gone. Remove the line, or it will hide the next one.", Fix: c.edit(path, finding.Commented(path, a.Line, "[[:blank:]]*"+finding.Pattern(a.ID))),
		})
	}
}
