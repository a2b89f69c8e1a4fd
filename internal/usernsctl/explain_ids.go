package usernsctl

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernsctl/hostcheck"
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
	return replyToIDs(what, q, answer), nil
}

// replyToIDs is an answer about IDs.
func replyToIDs(what string, q idQuestion, answer idAnswer) reply {
	r := replyAbout(what, questionOf(q, answer))
	if !answer.granted {
		r.refuse(answer.why)
	}
	if q.lower == "" && len(answer.owned) == 0 && len(answer.facts.User.Names) > 0 && (answer.granted || answer.source != "") {
		r.refuse(verdict.Verdict{ID: "no-ids", Headline: "no IDs are granted, so only " + ownText(answer) + " can be mapped", Advice: slipsText(answer)})
	} else if answer.slips.Many > 0 && r.Answer == yes {
		r.Remarks = append(r.Remarks, slipsText(answer))
	}
	for _, v := range answer.others {
		r.refuse(v)
	}
	for _, e := range answer.slips.First {
		r.Slips = append(r.Slips, slip{answer.source, e.Line, e.Fault.ID(), printable(e.Text), e.Why()})
	}
	r.By, r.Grants = decidedBy(q, answer), grantedBy(q, answer)
	r.overlaps(q, answer)
	r.remark(q, answer)
	return r
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

// grantedBy are the lines that grant, as data.
func grantedBy(q idQuestion, a idAnswer) []granted {
	lines := []granted{}
	add := func(row idmap.Row) {
		lines = append(lines, granted{File: a.source, Line: row.Line, First: row.Range.Start(), Count: row.Range.Count()})
	}
	for _, g := range a.owned {
		add(g.Row)
	}
	if a.facts.Grants != nil && q.lower != "" {
		for _, row := range a.facts.Grants.Used {
			add(row)
		}
	}
	return lines
}

// mostOverlaps bounds the overlaps that are listed.
const mostOverlaps = 20

// overlaps warns where others have some of the IDs: who has what is granted twice can change and kill what is the other's.
func (r *reply) overlaps(q idQuestion, a idAnswer) {
	if r.Answer == no {
		return
	}
	var mine []idmap.Range
	for _, g := range a.owned {
		mine = append(mine, g.Range)
	}
	for _, m := range a.request.Asked {
		if !m.Own(a.facts.User.Own(q.kind)) {
			mine = append(mine, m.Lower)
		}
	}
	r.Overlaps = overlapping(hostcheck.GrantsOf(hostcheck.Here(), q.kind == idmap.GID), a.facts.User, mine)
	if len(r.Overlaps) == 0 {
		return
	}
	text := "Warning: others have some of these IDs, and each can change and kill what is the other's:"
	for _, o := range r.Overlaps[:min(len(r.Overlaps), 4)] {
		where := o.File
		if o.Line > 0 {
			where += ":" + strconv.Itoa(o.Line)
		}
		ids, _ := idmap.NewRange(o.First, o.Count)
		text += " " + o.Owner + " " + span(ids) + " (" + where + "),"
	}
	r.Remarks = append(r.Remarks, strings.TrimSuffix(text, ",")+": usernsctl ranges")
}

// overlapping are the lines of others, and the accounts, that have IDs of ranges.
func overlapping(g hostcheck.Grants, user idmap.User, ranges []idmap.Range) []overlap {
	var all []overlap
	for _, c := range g.Space.Claims() {
		if slices.Contains(user.Names, c.Owner) {
			continue
		}
		for _, r := range ranges {
			if both := c.Range.Intersect(r); !both.Empty() && len(all) < mostOverlaps {
				all = append(all, overlap{idsOf(both), g.Path, c.Line, c.Owner})
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(g.Accounts)) {
		within := slices.ContainsFunc(ranges, func(r idmap.Range) bool { return r.Contains(idmap.ID(id)) })
		if name := g.Accounts[id]; within && len(all) < mostOverlaps {
			all = append(all, overlap{ids{uint64(id), 1}, g.AccountsFile, 0, name})
		}
	}
	return all
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
