package usernsctl

import (
	"errors"
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap/whynot"
)

// explainIDs answers what newuidmap or newgidmap would map for a user. An error is a wrong command line.
func (a asker) explainIDs(what string, words []string) (reply, error) {
	q := idQuestion{kind: idmap.UID, name: words[0], pid: a.pid}
	if what == "gid" {
		q.kind = idmap.GID
	}
	if len(words) == 3 {
		q.lower, q.count = words[1], words[2]
	}
	answer := inspectIDs(q)
	if answer.why.Usage {
		return reply{}, errors.New(answer.why.Advice)
	}
	r := reply{Answer: yes, By: []by{}}
	r.Question = questionOf(q, answer)
	switch {
	case !answer.granted:
		r.refuse(answer.why)
	case q.lower == "" && len(answer.owned) == 0:
		r.Answer = no
		r.Reason = "no IDs are granted, so only " + ownText(answer) + " can be mapped"
		r.Advice = slipsText(answer)
	case q.lower == "" && answer.slips.Many > 0:
		r.Remarks = append(r.Remarks, slipsText(answer))
	}
	for _, e := range answer.slips.First {
		r.Slips = append(r.Slips, slip{answer.source, e.Line, e.Fault.ID(), printable(e.Text), e.Why()})
	}
	r.By = decidedBy(q, answer)
	r.remark(q, answer)
	return r, nil
}

// slipsText names the lines of the file that are of no use; "" if there is none.
func slipsText(a idAnswer) string {
	if a.slips.Many == 0 {
		return ""
	}
	return a.source + ": " + a.slips.Describe()
}

// questionOf is what was asked, in words.
func questionOf(q idQuestion, a idAnswer) string {
	who := q.name
	if len(a.facts.User.Names) > 0 {
		who = whynot.Who(a.facts.User)
	}
	text := who + ": map " + q.kind.Word() + "s of the host with " + q.kind.Program()
	if q.lower != "" {
		text = who + ": map the " + asked(q, a) + " with " + q.kind.Program()
	}
	if q.pid != 0 {
		text += ", for process " + strconv.Itoa(q.pid)
	}
	return text
}

// asked are the ids that were asked for.
func asked(q idQuestion, a idAnswer) string {
	word := q.kind.Word()
	if len(a.request.Asked) != 1 {
		return word + "s from " + q.lower + " on, " + q.count + " of them,"
	}
	if r := a.request.Asked[0].Lower; r.Count() > 1 {
		return word + "s " + span(r)
	}
	return word + " " + span(a.request.Asked[0].Lower)
}

// decidedBy are the lines that grant, and the own id where that is what counts.
func decidedBy(q idQuestion, a idAnswer) []by {
	rules := []by{}
	if a.granted && q.lower == "" {
		for _, g := range a.owned {
			rule := by{File: a.source, Line: g.Line, Rule: "grants " + span(g.Range)}
			if g.withheld != "" {
				rule.Rule += ", which is not mapped as a whole: " + g.withheld
			}
			rules = append(rules, rule)
		}
		return append(rules, by{Rule: "needs no grant: " + ownText(a)})
	}
	for _, rule := range a.decision.Rules {
		if rule == idmap.ByOwnID {
			rules = append(rules, by{Rule: "needs no grant: " + ownText(a)})
		}
	}
	if a.facts.Grants != nil && q.lower != "" {
		for _, row := range a.facts.Grants.Used {
			rules = append(rules, by{File: a.source, Line: row.Line, Rule: "grants " + span(row.Range)})
		}
	}
	return rules
}

// ownText is the id that needs no grant.
func ownText(a idAnswer) string {
	kind := a.request.Kind
	return "the own " + kind.Word() + " " + strconv.FormatUint(uint64(a.facts.User.Own(kind)), 10)
}

// span is a range by its first and last id.
func span(r idmap.Range) string {
	if r.Count() == 1 {
		return strconv.FormatUint(r.Start(), 10)
	}
	return strconv.FormatUint(r.Start(), 10) + "-" + strconv.FormatUint(r.End()-1, 10)
}

// remark adds what the answer does not cover.
func (r *reply) remark(q idQuestion, a idAnswer) {
	if !a.seen && r.Answer == yes {
		r.Answer = unknown
		r.Remarks = append(r.Remarks, "What process "+strconv.Itoa(q.pid)+" shows to its user cannot be seen: ask as root, or as that user.")
	}
	if a.decision.DenySetgroups {
		r.Remarks = append(r.Remarks, "No range is granted, so setgroups(2) will be denied in the namespace (CVE-2018-7169).")
	}
	if a.granted {
		r.Remarks = append(r.Remarks, "For a caller with the group of the login, "+strconv.FormatUint(uint64(a.facts.User.GID), 10)+
			"; whether the programs are installed as they should be: usernsctl check")
	}
}
