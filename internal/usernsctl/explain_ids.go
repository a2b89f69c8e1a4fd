package usernsctl

import (
	"errors"
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap"
)

// explainIDs answers what newuidmap or newgidmap would map for a user. An error is a wrong command line.
func (a asker) explainIDs(what string, words []string) (reply, error) {
	q := newidmap.Question{Kind: idmap.UID, Name: words[0], PID: a.pid}
	if what == "gid" {
		q.Kind = idmap.GID
	}
	if len(words) == 3 {
		q.Lower, q.Count = words[1], words[2]
	}
	answer := newidmap.Inspect(q)
	if why := answer.Why; why.Usage {
		return reply{}, errors.New(why.Advice)
	}
	r := reply{Answer: yes, By: []by{}}
	r.Question = questionOf(q, answer)
	switch {
	case answer.Err != nil:
		r.refuse(answer.Why)
	case q.Lower == "" && len(answer.Owned) == 0:
		r.Answer = no
		r.Reason = "no ids are granted, so that only " + ownText(answer) + " can be mapped"
		r.Advice = slipsText(answer)
	case q.Lower == "" && answer.Slips.Many > 0:
		r.Remarks = append(r.Remarks, slipsText(answer))
	}
	for _, e := range answer.Slips.First {
		r.Slips = append(r.Slips, slip{answer.Source, e.Line, e.Fault.ID(), printable(e.Text), e.Why()})
	}
	r.By = decidedBy(q, answer)
	r.remark(q, answer)
	return r, nil
}

// slipsText names the lines of the file that are of no use; "" if there is none.
func slipsText(a newidmap.Answer) string {
	if a.Slips.Many == 0 {
		return ""
	}
	return a.Source + ": " + a.Slips.Describe()
}

// questionOf is what was asked, in words.
func questionOf(q newidmap.Question, a newidmap.Answer) string {
	who := a.User
	if who == "" {
		who = q.Name
	}
	text := who + ": map " + q.Kind.Word() + "s of the host with " + q.Kind.Program()
	if q.Lower != "" {
		text = who + ": map the " + asked(q, a) + " with " + q.Kind.Program()
	}
	if q.PID != 0 {
		text += ", for process " + strconv.Itoa(q.PID)
	}
	return text
}

// asked are the ids that were asked for.
func asked(q newidmap.Question, a newidmap.Answer) string {
	word := q.Kind.Word()
	if len(a.Asked) != 1 {
		return word + "s from " + q.Lower + " on, " + q.Count + " of them,"
	}
	if r := a.Asked[0].Lower; r.Count() > 1 {
		return word + "s " + span(r)
	}
	return word + " " + span(a.Asked[0].Lower)
}

// decidedBy are the lines that grant, and the own id where that is what counts.
func decidedBy(q newidmap.Question, a newidmap.Answer) []by {
	rules := []by{}
	if a.Err == nil && q.Lower == "" {
		for _, g := range a.Owned {
			rule := by{File: a.Source, Line: g.Line, Rule: "grants " + span(g.Range)}
			if g.Withheld != nil {
				rule.Rule += ", which is not mapped as a whole: " + g.Withheld.Error()
			}
			rules = append(rules, rule)
		}
		return append(rules, by{Rule: "needs no grant: " + ownText(a)})
	}
	for i, rule := range a.Rules {
		if rule == idmap.ByOwnID && i < len(a.Asked) {
			rules = append(rules, by{Rule: "needs no grant: " + ownText(a)})
		}
	}
	for _, g := range a.Granted {
		rules = append(rules, by{File: a.Source, Line: g.Line, Rule: "grants " + span(g.Range)})
	}
	return rules
}

// ownText is the id that needs no grant.
func ownText(a newidmap.Answer) string {
	word := "own " + a.Kind.Word()
	return "the " + word + " " + strconv.FormatUint(uint64(a.Own), 10)
}

// span is a range by its first and last id.
func span(r idmap.Range) string {
	if r.Count() == 1 {
		return strconv.FormatUint(r.Start(), 10)
	}
	return strconv.FormatUint(r.Start(), 10) + "-" + strconv.FormatUint(r.End()-1, 10)
}

// remark adds what the answer does not cover.
func (r *reply) remark(q newidmap.Question, a newidmap.Answer) {
	if !a.Known && r.Answer == yes {
		r.Answer = unknown
		r.Remarks = append(r.Remarks, "What process "+strconv.Itoa(q.PID)+" shows to its user cannot be seen: ask as root, or as that user.")
	}
	if a.DenyGroup {
		r.Remarks = append(r.Remarks, "No range is granted, so setgroups(2) will be denied in the namespace (CVE-2018-7169).")
	}
	if a.Err == nil && a.User != "" {
		r.Remarks = append(r.Remarks, "For a caller with the group of the login, "+strconv.FormatUint(uint64(a.GID), 10)+
			"; whether the programs are installed as they should be: usernsctl check")
	}
}
