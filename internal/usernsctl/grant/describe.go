package grant

import (
	"strings"

	"userns-helpers/internal/usernsctl/grant/choice"
)

// describe says who has IDs.
func describe(c choice.Claim) string {
	where := ""
	if c.File != "" {
		where = " (" + c.File
		if c.Line > 0 {
			where += ":" + decimal(uint64(c.Line))
		}
		where += ")"
	}
	switch c.Rule {
	case choice.Line:
		return c.Who + " has " + span(c.Range) + where
	case choice.Account, choice.Group:
		return decimal(c.Range.Start()) + " is the " + string(c.Rule) + " " + c.Who + where
	case choice.Forbidden:
		return span(c.Range) + " are never mapped" + where
	case choice.Sample:
		return "some of " + span(c.Range) + " belong to " + c.Who
	case choice.Service:
		return c.Who + " gives " + span(c.Range) + " to accounts" + where
	case choice.Reserved:
		return span(c.Range) + " are for " + c.Who + where
	}
	return "they were given to another user just now"
}

// added are the lines that a file gets.
func added(lines []Line, path string) []string {
	var texts []string
	for _, l := range lines {
		if l.File == path && l.Change == Added {
			texts = append(texts, l.Text)
		}
	}
	return texts
}

// sum is lines as a record of the log has them.
func sum(lines []Line) string {
	const most = 20
	var texts []string
	for _, l := range lines {
		if l.Change == Kept {
			continue
		}
		if len(texts) == most {
			texts = append(texts, "...")
			break
		}
		texts = append(texts, l.Change+" "+l.File+" "+l.Text)
	}
	return strings.Join(texts, "; ")
}
