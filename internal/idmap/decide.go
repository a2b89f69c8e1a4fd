package idmap

import (
	"slices"

	"userns-helpers/internal/text/verdict"
)

// Rule is why a mapping is allowed.
type Rule uint8

// The rules, in the order in which they are tried.
const (
	NoRule  Rule = iota // not allowed
	ByGrant             // every id is granted, by one row or by several together
	ByOwnID             // the user's own id alone: no more than the kernel lets them map (user_namespaces(7))
)

// Need is what has to be known before there is a decision.
type Need uint8

// The needs. A file that decides nothing is not opened.
const (
	Nothing      Need = iota
	TheGrants         // Facts.Grants, of what Request.Wanted says
	TheForbidden      // Facts.Forbidden
)

// Decision is the answer to a request. The zero Decision grants nothing.
type Decision struct {
	Granted       bool
	Why           verdict.Reason // why not; nil also where something is needed first
	Needs         Need
	Rules         []Rule // of the mappings, in the order of the request
	DenySetgroups bool   // setgroups(2) has to be taken from the namespace before its gid map is written
}

// Decide is the whole of the rules, in the order of the checks that callers know. It is a function of its arguments: the
// program and usernsctl explain call it with the same facts. Where something is needed, get it and call it again.
func Decide(q Request, f Facts) Decision {
	own := f.User.Own(q.Kind)
	switch {
	case !f.User.mayActOn(f.Owner):
		return Decision{Why: &Foreign{f.User, f.Owner}}
	case q.Wrong != nil || len(q.Asked) == 0:
		return Decision{Why: q.wrong()}
	case f.Grants == nil && len(q.Wanted(own)) > 0:
		return Decision{Needs: TheGrants}
	case f.Grants != nil && f.Grants.Err != nil && !q.onlyOwn(own):
		return Decision{Why: f.Grants.Err}
	}
	var d Decision
	if d.Rules, d.Why = q.judge(own, f.Grants); d.Why != nil {
		return d
	}
	if f.Forbidden == nil && (!q.onlyOwn(own) || q.usesGrant(d.Rules)) {
		return Decision{Needs: TheForbidden}
	}
	if d.Why = q.denied(own, f.Forbidden); d.Why != nil {
		return d
	}
	if d.Why = beyondKernel(q.Asked); d.Why != nil {
		return d
	}
	d.DenySetgroups = q.Kind == GID && !q.keepsSetgroups(d.Rules, f.Forbidden)
	d.Granted = true
	return d
}

// mayActOn: the process is the user's, and its group is the user's real one; that is the one in the user database, unless
// GRANT_AUX_GROUP_SUBIDS is set. The kernel checks neither group.
func (u User) mayActOn(process Owner) bool {
	return process == Owner{u.UID, u.GID} && u.Primary()
}

// judge: every id is granted, or is the user's own id alone, which needs neither a grant nor a file. The grant is tried
// first: that it applies to the own id too matters to setgroups.
func (q Request) judge(own ID, grants *Grants) ([]Rule, verdict.Reason) {
	if grants == nil || grants.Err != nil {
		grants = &Grants{}
	}
	var rules []Rule
	for _, m := range q.Asked {
		switch {
		case grants.Granted.Covers(m.Lower):
			rules = append(rules, ByGrant)
		case m.Own(own):
			rules = append(rules, ByOwnID)
		default:
			return append(rules, NoRule), &NotGranted{m, *grants}
		}
	}
	return rules, nil
}

// denied: no id is forbidden to everybody. The own id alone never is: the kernel would let the user map it without this
// program.
func (q Request) denied(own ID, f *Forbidden) verdict.Reason {
	for _, m := range q.Asked {
		if m.Own(own) {
			continue
		}
		if row, denied := f.Denies(m.Lower); denied {
			return &Denied{m, row, f.Err}
		}
	}
	return nil
}

// keepsSetgroups: whoever is in a group could drop it in the namespace, and with it what is denied to its members, by
// permissions such as rwx---rwx (CVE-2018-7169). That an administrator granted an id that is not forbidden lets them.
func (q Request) keepsSetgroups(rules []Rule, f *Forbidden) bool {
	for i, m := range q.Asked {
		if rules[i] == ByGrant {
			if _, denied := f.Denies(m.Lower); !denied {
				return true
			}
		}
	}
	return false
}

// Wanted are the ranges for which grants are looked up. In a uid map the own id alone is left out: nothing depends on it.
func (q Request) Wanted(own ID) []Range {
	var wanted []Range
	for _, m := range q.Asked {
		if q.Kind == GID || !m.Own(own) {
			wanted = append(wanted, m.Lower)
		}
	}
	return wanted
}

// usesGrant reports whether a grant has a say in setgroups(2).
func (q Request) usesGrant(rules []Rule) bool {
	return q.Kind == GID && slices.Contains(rules, ByGrant)
}

// onlyOwn reports whether nothing but the own id is asked for.
func (q Request) onlyOwn(own ID) bool {
	return !slices.ContainsFunc(q.Asked, func(m Mapping) bool { return !m.Own(own) })
}

// wrong is what is wrong with the ranges.
func (q Request) wrong() verdict.Reason {
	if q.Wrong == nil {
		return malformed(NoRange)
	}
	return q.Wrong
}
