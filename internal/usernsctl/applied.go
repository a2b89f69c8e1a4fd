package usernsctl

import (
	"errors"
	"strings"

	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/policy/whynot"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/apply"
	"userns-helpers/internal/usernsctl/drift"
	"userns-helpers/internal/usernsctl/grant"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/nicview"
)

// parseApply reads what follows apply.
func parseApply(arguments []string) (order, error) { return parseOrder(arguments, nil, nil) }

// apply is the command apply.
func (a asker) apply(arguments []string) int {
	o, err := parseApply(arguments)
	switch {
	case err != nil:
		return a.wrong(err.Error())
	case o.help:
		return a.explainCommand([]string{a.command})
	}
	report, err := applied(apply.Order{Names: o.words, DryRun: o.DryRun})
	if err != nil {
		return a.notApplied(o, err)
	}
	status := fine
	if report.Result == apply.Incomplete {
		status = found
	}
	if o.json {
		return a.answer(report, status)
	}
	return a.say([]byte(appliedText(report)), status)
}

// applied looks at the host, and carries out an order.
func applied(o apply.Order) (apply.Report, error) {
	policy, err := hostcheck.Policy()
	if err != nil {
		return apply.Report{}, err
	}
	here := hostcheck.Here()
	view, err := nicview.Look(hostcheck.Names(here))
	if err != nil {
		return apply.Report{}, err
	}
	host, err := drift.Here(policy, hostcheck.Persons(here, policy))
	if err != nil {
		return apply.Report{}, err
	}
	return apply.Apply(host, view, o)
}

// notApplied says why nothing was done, or why not all was.
func (a asker) notApplied(o order, err error) int {
	r := refusedOrder{Format: format, Result: "failed", Problem: err.Error(), Changed: []grant.Line{}}
	status := unseen
	var refusal *apply.Refusal
	var problem *nics.Problem
	switch {
	case errors.As(err, &refusal):
		r.Result, r.ID, r.Advice, status = "refused", refusal.ID, refusal.Advice, found
	case errors.As(err, &problem):
		r.Result, r.ID, status = "refused", "policy", found
		r.Problem = paths.Policy() + ":" + decimal(uint64(problem.Line)) + ": " + whynot.Words(*problem)
		r.Advice = "Nothing is changed by a policy with a mistake in it."
	}
	if o.json {
		return a.answer(r, status)
	}
	a.complain(r.Problem)
	if r.Advice != "" {
		a.complain(r.Advice)
	}
	return status
}

// appliedText is what became of the interfaces, for people.
func appliedText(r apply.Report) string {
	var out strings.Builder
	right := 0
	for _, one := range r.Interfaces {
		if len(one.Changes)+len(one.Left)+len(one.Remarks) == 0 {
			right++
			continue
		}
		out.WriteString(printable(one.Name+" ("+whose(one)+")") + "\n")
		for _, g := range one.Changes {
			out.WriteString(wrap(printable(g.Key+": "+g.Have+", "+became(r)+" "+g.Want), "    "))
		}
		for _, l := range one.Left {
			out.WriteString(wrap(printable("not done: "+l.ID+": "+l.Why), "    "))
		}
		for _, remark := range one.Remarks {
			out.WriteString(wrap(printable(remark), "    "))
		}
	}
	out.WriteString(plural(len(r.Interfaces), "interface") + ", " + decimal(uint64(right)) + " as the policy says before\n")
	return out.String()
}

// became is what is said of a change.
func became(r apply.Report) string {
	if r.Result == apply.Planned {
		return "would be"
	}
	return "now"
}

// whose says whose interface it is, and where.
func whose(one apply.Interface) string {
	words := []string{}
	if one.User != "" {
		words = append(words, one.User)
	}
	if one.Container != "" {
		words = append(words, "container "+one.Container)
	}
	if one.Bridge != "" {
		words = append(words, "on "+one.Bridge)
	}
	return strings.Join(words, ", ")
}
