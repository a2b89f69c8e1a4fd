package usernsctl

import (
	"strings"

	"userns-helpers/internal/usernsctl/finding"
)

// commandsText is a script for root's shell that puts right what a command can put right: a comment for each finding that is
// shown, and its commands. Where a person has to choose the comment says what.
func (a asker) commandsText(r *finding.Report) string {
	var out strings.Builder
	out.WriteString(comment("Read this before you run it as root. usernsctl check looks again afterwards."))
	for _, f := range r.Findings {
		if !a.shows(f) || f.Accepted != "" {
			continue
		}
		where := ""
		if f.File != "" {
			where = f.Where() + ": "
		}
		out.WriteString("\n" + comment(where+string(f.Level)+": "+f.Problem+" ["+f.ID+"]") + comment(f.Advice))
		for _, command := range f.Fix {
			out.WriteString(command + "\n")
		}
		if len(f.Fix) == 0 {
			out.WriteString(comment("No command: choose what to do."))
		}
	}
	for _, u := range r.Unseen {
		out.WriteString("\n" + comment("not looked at: "+u.What+": "+u.Why))
	}
	return out.String()
}

// comment is text as comments of a shell, which it cannot leave.
func comment(text string) string { return wrap(printable(text), "# ") }
