package usernic

import (
	"errors"
	"io"
	"slices"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernic/whynot"
)

// gatherer gathers the facts of a decision. What it opens on the way is kept for the act.
type gatherer struct {
	facts     plan.Facts
	standing  privilege.Standing // whose files are believed
	namespace func() error       // opens and checks the container's namespace
	listed    roster             // the groups that the person is in by the group database
	conn      *rtnl.Conn
	found     rtnl.Device // the bridge, as the kernel described it
}

// gather gathers one fact.
func (g *gatherer) gather(need plan.Need) (err error) {
	switch f := &g.facts; need {
	case plan.Lines:
		f.Grants, err = readGrants(g.standing, f.Person.Account, f.Place)
	case plan.Policy:
		if f.Policy, err = readPolicy(g.standing); err == nil {
			f.Person = bound(f.Person, f.Policy.Groups(f.Place.Bridge), g.listed)
		}
	case plan.Namespace:
		err = g.namespace()
		f.Namespace = err == nil
	case plan.Bridge:
		f.Device, err = g.lookUp(f.Place.Bridge)
	case plan.OVS:
		f.IsOVS, err = askOVS(g.standing, f.Place.Bridge)
	case plan.Nothing, plan.Room, plan.Port, plan.Address: // with the claim, and with the pair
	}
	return err
}

// reach refuses whoever may not ask from the network namespace that they are in.
func (g *gatherer) reach() error {
	for {
		next, refused := plan.Reach(g.facts)
		switch {
		case refused != nil:
			return refused
		case next == plan.Nothing:
			return nil
		}
		if err := g.gather(next); err != nil {
			return err
		}
	}
}

// roster returns the names of the groups that the account of a user id is in as it is written down. An error means that there
// may be others, or that it may be in one of the groups that matter.
type roster func(uid uint32, matters []string) ([]string, error)

// bound is a person with the groups for whose rules they are: besides those of their process, those that list them, so that nobody
// gets out of a rule with a session from before, or with newgrp(1). Quotas stay those of the process. Where no rule is for a
// group, nobody is asked.
func bound(p plan.Person, rules []string, listed roster) plan.Person {
	if len(rules) == 0 || p.Doubt != nil {
		return p
	}
	matters := slices.DeleteFunc(slices.Clone(rules), func(group string) bool { return slices.Contains(p.Groups, group) })
	groups, err := listed(p.Account.UID, matters)
	p.Doubt = err
	p.Groups = slices.Concat(p.Groups, groups)
	return p
}

// readGrants reads what the administrator grants at a place.
func readGrants(of privilege.Standing, who netquota.Account, place netquota.Place) (*plan.Grants, error) {
	file, err := trusted.Open(paths.Usernet(), of)
	if errors.Is(err, unix.ENOENT) {
		return &plan.Grants{NoFile: true}, nil
	}
	if err != nil {
		return nil, &whynot.UsernetUnread{Err: err}
	}
	defer file.Close()
	allotments, err := netquota.Allotments(file, who, place)
	if err != nil {
		return nil, failed(whynot.ReadUsernet, err)
	}
	return &plan.Grants{Allotments: allotments}, nil
}

// readPolicy reads the policy. An absent file asks for nothing that can break a container; one that cannot be read, or has a
// mistake in it, refuses: an interface without a protection that was meant is not made.
func readPolicy(of privilege.Standing) (*nics.Policy, error) {
	file, err := trusted.OpenOptional(paths.Policy(), of)
	if err == nil && file == nil {
		return &nics.Policy{}, nil
	}
	if err != nil {
		return nil, &whynot.PolicyUnread{Err: err}
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, nics.LongestFile+1))
	if err != nil {
		return nil, &whynot.PolicyUnread{Err: err}
	}
	p, err := nics.Parse(text)
	if err != nil {
		return nil, &whynot.PolicyUnread{Err: err}
	}
	return p, nil
}

// failed is a step that could not be done.
func failed(at whynot.Step, err error) error { return &whynot.Failed{At: at, Err: err} }

// failedWith is a step that could not be done with an interface or a bridge.
func failedWith(at whynot.Step, name string, err error) error {
	return &whynot.Failed{At: at, Object: name, Err: err}
}
