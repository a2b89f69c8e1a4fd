package usernsctl

import (
	"strconv"
	"strings"

	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/hostcheck"
)

// checkAnswer is the answer as JSON.
type checkAnswer struct {
	Format int `json:"format"`
	*finding.Report
}

// check is the command check.
func (a asker) check() int {
	host := hostcheck.Here()
	host.Path = a.path
	found := hostcheck.Check(host)
	if a.json {
		return a.answer(checkAnswer{format, found}, found.Status(a.least()))
	}
	if a.commands {
		return a.say([]byte(a.commandsText(found)), found.Status(a.least()))
	}
	return a.say([]byte(a.reportText(found)), found.Status(a.least()))
}

// least is the level from which on findings count.
func (o options) least() finding.Level {
	if o.level == "" {
		return finding.Warning
	}
	return o.level
}

// shows reports whether a finding is shown: notes too, if nobody says otherwise.
func (o options) shows(f finding.Finding) bool {
	least := o.level
	if least == "" && !o.quiet {
		least = finding.Note
	}
	if f.Accepted != "" {
		return o.all && !o.quiet
	}
	return f.Level.AtLeast(options{level: least}.least())
}

// mostAlike is how many findings of one kind are shown, unless all are asked for: a file of 100,000 lines may have one
// mistake in each.
const mostAlike = 20

// reportText is a report for people, or, in a pipe, a finding in each line.
func (a asker) reportText(r *finding.Report) string {
	var out strings.Builder
	alike := make(map[string]int)
	for _, f := range r.Findings {
		if !a.shows(f) {
			continue
		}
		if alike[f.ID]++; a.all || alike[f.ID] <= mostAlike {
			out.WriteString(a.findingText(f))
		}
	}
	for _, id := range finding.IDs() {
		if more := alike[id] - mostAlike; more > 0 && !a.all {
			out.WriteString("... and " + strconv.Itoa(more) + " more of the kind " + id + ": usernsctl check --all\n")
		}
	}
	for _, u := range r.Unseen {
		out.WriteString(a.screen.in(yellow, "not looked at") + ": " + printable(u.What) + ": " + printable(u.Why) + "\n")
	}
	if a.quiet {
		return out.String()
	}
	return out.String() + a.fineText(r) + a.summary(r)
}

// fineText are the files in which nothing is wrong.
func (a asker) fineText(r *finding.Report) string {
	text := ""
	for _, f := range r.Files {
		if f.Fine {
			text += printable(f.Path) + ": " + a.screen.in(green, "OK") + "\n"
		}
	}
	return text
}

// findingText is one finding. At a terminal it is what it is about on the first line, what to do indented below, and what to
// write below that; in a pipe it is FILE:LINE: LEVEL: ID: TEXT, where - stands for no file.
func (a asker) findingText(f finding.Finding) string {
	where := ""
	switch {
	case f.File != "":
		where = printable(f.Where()) + ": "
	case !a.screen.terminal():
		where = "-: "
	}
	level := string(f.Level)
	if f.Accepted != "" {
		level += ", accepted"
	}
	if !a.screen.terminal() {
		return where + level + ": " + f.ID + ": " + printable(f.Problem) + "\n"
	}
	advice := f.Advice
	if f.Accepted != "" {
		advice = "Accepted: " + f.Accepted
	}
	head := wrapTo(a.screen.width(), where+level+": "+printable(f.Problem)+" ["+f.ID+"]", "")
	head = strings.Replace(head, ": "+level+":", ": "+a.screen.in(colorOf(f), level)+":", 1)
	if where == "" {
		head = a.screen.in(colorOf(f), level) + strings.TrimPrefix(head, level)
	}
	text := head + wrapTo(a.screen.width(), printable(advice), "    ")
	for line := range strings.Lines(f.Write) {
		text += "        " + printable(strings.TrimSuffix(line, "\n")) + "\n"
	}
	return text + "\n"
}

// colorOf is the color of a finding's level.
func colorOf(f finding.Finding) string {
	switch {
	case f.Accepted != "":
		return ""
	case f.Level == finding.Error:
		return red
	case f.Level == finding.Warning:
		return yellow
	}
	return cyan
}

// summary is the last line of a report.
func (a asker) summary(r *finding.Report) string {
	text := plural(r.Count(finding.Error), "error") + ", " + plural(r.Count(finding.Warning), "warning")
	if n := r.Accepted(); n > 0 {
		text += ", " + strconv.Itoa(n) + " accepted"
	}
	if n := len(r.Unseen); n > 0 {
		text += ", " + strconv.Itoa(n) + " not looked at"
	}
	return text + "\n"
}

// plural is a number and its noun.
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if strings.HasSuffix(noun, "s") {
		noun += "e"
	}
	return strconv.Itoa(n) + " " + noun + "s"
}
