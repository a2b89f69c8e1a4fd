package usernsctl

import (
	"strconv"
	"strings"

	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/hostcheck"
)

// check is the command check.
func (a asker) check() int {
	host := hostcheck.Here()
	host.Path = a.path
	report := hostcheck.Check(host)
	if a.json {
		return a.answer(report, report.Status())
	}
	return a.say([]byte(reportText(report, a.all)), report.Status())
}

// mostAlike is how many findings of one kind are shown, unless all are asked for: a file of 100,000 lines may have one
// mistake in each.
const mostAlike = 20

// reportText is a report for people: errors first, then warnings, then notes, each kind in the order of the files.
func reportText(report *finding.Report, all bool) string {
	var out strings.Builder
	for _, level := range []finding.Level{finding.Error, finding.Warning, finding.Note} {
		out.WriteString(levelText(report, level, all))
	}
	for _, u := range report.Unseen {
		out.WriteString("not looked at: " + printable(u.What) + ": " + printable(u.Why) + "\n")
	}
	return out.String() + summary(report)
}

// levelText are the findings of one level.
func levelText(report *finding.Report, level finding.Level, all bool) string {
	var out strings.Builder
	alike := make(map[string]int)
	for _, f := range report.Findings {
		if f.Level != level {
			continue
		}
		alike[f.ID]++
		if all || alike[f.ID] <= mostAlike {
			out.WriteString(findingText(f) + "\n")
		}
	}
	for _, f := range report.Findings {
		if more := alike[f.ID] - mostAlike; f.Level == level && more > 0 && !all {
			out.WriteString("... and " + strconv.Itoa(more) + " more of the kind " + f.ID + ": usernsctl check --all\n\n")
			alike[f.ID] = 0
		}
	}
	return out.String()
}

// findingText is one finding: what it is about on the first line, what to do indented below, and what to write below that.
func findingText(f finding.Finding) string {
	head := string(f.Level) + ": " + f.Problem + " [" + f.ID + "]"
	if where := f.Where(); where != "" {
		head = where + ": " + head
	}
	text := wrap(printable(head), "") + wrap(printable(f.Advice), "    ")
	for line := range strings.Lines(f.Write) {
		text += "        " + printable(strings.TrimSuffix(line, "\n")) + "\n"
	}
	return text
}

// summary is the last line of a report.
func summary(report *finding.Report) string {
	text := plural(report.Count(finding.Error), "error") + ", " + plural(report.Count(finding.Warning), "warning")
	if n := len(report.Unseen); n > 0 {
		text += ", " + strconv.Itoa(n) + " not looked at"
	}
	return text + "\n"
}

// plural is a number and its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
