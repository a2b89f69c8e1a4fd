package usernsctl

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/usernsctl/grant"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/grant/shadow"
)

// grant is the command grant.
func (a asker) grant(arguments []string) int {
	o, err := parseGrant(arguments)
	switch {
	case err != nil:
		return a.wrong(err.Error())
	case o.help:
		return a.explainCommand([]string{a.command})
	}
	o.Progress = a.progress()
	report, err := grant.Here().Grant(o.Order)
	return a.carriedOut(o, report, err)
}

// revoke is the command revoke.
func (a asker) revoke(arguments []string) int {
	o, err := parseRevoke(arguments)
	switch {
	case err != nil:
		return a.wrong(err.Error())
	case o.help:
		return a.explainCommand([]string{a.command})
	}
	report, err := grant.Here().Revoke(grant.Withdrawal{User: o.User, Keep: o.keep, DryRun: o.DryRun})
	return a.carriedOut(o, report, err)
}

// edit is the command edit.
func (a asker) edit(arguments []string) int {
	o, correction, err := parseEdit(arguments)
	switch {
	case err != nil:
		return a.wrong(err.Error())
	case o.help:
		return a.explainCommand([]string{a.command})
	}
	report, err := grant.Correct(correction)
	return a.carriedOut(o, report, err)
}

// progress says how far long work is, at a terminal: name services are asked about the ranges of many users.
func (a asker) progress() func(done, all int) {
	const often = 20
	_, err := unix.IoctlGetTermios(2, unix.TCGETS)
	return func(done, all int) {
		if err == nil && all > often && (done%often == 0 || done == all) {
			end := "\r"
			if done == all {
				end = "\n"
			}
			_, _ = a.stderr.Write([]byte(decimal(uint64(done)) + " of " + decimal(uint64(all)) + " ranges looked up" + end))
		}
	}
}

// refusedOrder is a refusal, or a failure, as JSON.
type refusedOrder struct {
	Format  int          `json:"format"`
	Result  string       `json:"result"` // "refused" or "failed"
	ID      string       `json:"id,omitempty"`
	Problem string       `json:"problem"`
	Advice  string       `json:"advice,omitempty"`
	Changed []grant.Line `json:"changed"` // what was changed all the same
}

// carriedOut prints what became of an order. Status 0: it is as it was asked for; 1: refused; 2: it could not be done.
func (a asker) carriedOut(o order, report grant.Report, err error) int {
	if err == nil {
		if o.json {
			return a.answer(report, fine)
		}
		return a.say([]byte(orderText(report)), fine)
	}
	r := refusedOrder{1, "failed", "", err.Error(), "", append([]grant.Line{}, report.Lines...)}
	status := unseen
	var refusal *grant.Refusal
	var busy *shadow.BusyError
	switch {
	case errors.As(err, &refusal):
		r.Result, r.ID, r.Problem, r.Advice, status = "refused", refusal.ID, refusal.Problem, refusal.Advice, found
	case errors.As(err, &busy) && busy.Malformed:
		r.ID, r.Advice = "lock-malformed", "No program removes such a file. Where no useradd, usermod or vipw runs: rm "+busy.Lock
	case errors.As(err, &busy):
		r.ID, r.Advice = "lock-busy", "Try again when it has ended."
	}
	if o.json {
		return a.answer(r, status)
	}
	a.complain(strings.ReplaceAll(r.Problem, "\n", ": "))
	if r.Advice != "" {
		a.complain(r.Advice)
	}
	if r.ID == "unknown-user" {
		if text := meantUser(o.User); text != "" {
			a.complain(text)
		}
	}
	if len(report.Lines) > 0 {
		return a.say([]byte(linesText(report)), status)
	}
	return status
}

// mostLines is how many lines are shown at most of those that an order changed.
const mostLines = 40

// orderText is what became of an order, for people.
func orderText(r grant.Report) string {
	text := linesText(r)
	if len(r.Lines)+len(r.Paste) == 0 {
		text = "Nothing to do.\n"
	}
	if len(r.Avoided) > 0 {
		text += "Lower IDs are not free:\n" + avoidedText(r.Avoided)
	}
	for _, p := range r.Paste {
		text += "To be written into " + p.File + ":\n"
		for _, line := range p.Lines {
			text += "    " + printable(line) + "\n"
		}
	}
	for _, remark := range r.Remarks {
		text += wrap(printable(remark), "")
	}
	return text
}

// linesText are the lines of files, and what becomes of them.
func linesText(r grant.Report) string {
	var rows [][]string
	for _, l := range r.Lines[:min(len(r.Lines), mostLines)] {
		change := l.Change
		if r.Result == grant.Planned && change != grant.Kept {
			change = "would be " + change
		}
		rows = append(rows, []string{printable(l.Text), change, l.File})
	}
	text := columns(rows)
	if more := len(r.Lines) - mostLines; more > 0 {
		text += "... and " + plural(more, "line") + " more\n"
	}
	return text
}

// avoidedText says what lies below the range that was chosen.
func avoidedText(avoided []choice.Avoided) string {
	var rows [][]string
	for _, v := range avoided {
		ids := decimal(v.First)
		if v.Last > v.First {
			ids += "-" + decimal(v.Last)
		}
		rows = append(rows, []string{"    " + ids, printable(v.Text())})
	}
	return columns(rows)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }
