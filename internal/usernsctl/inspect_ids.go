package usernsctl

import (
	"errors"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/subid/slips"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/verdict"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/obstacle"
)

// idQuestion is about what newuidmap or newgidmap would do for somebody who calls it right after login.
type idQuestion struct {
	kind         idmap.Kind
	name         string // login name, or user id in decimal
	lower, count string // the ids outside, as the command line has them; "" to ask for nothing
	pid          int    // of the process whose map is to be written; 0 to ask about none
}

// idAnswer is what the program would decide, with the function that decides it.
type idAnswer struct {
	request  idmap.Request
	facts    idmap.Facts
	decision idmap.Decision
	why      verdict.Verdict // why not, where granted is false: the first obstacle
	granted  bool
	others   []verdict.Verdict // what else is in the way, once what is before it is not
	source   string            // who says which ids are granted
	owned    []ownedIDs        // where nothing is asked for: the ranges of the user, at most mostOwned
	slips    slips.Slips       // lines that mean the user and are of no use
	seen     bool              // false: what the process shows to its user cannot be seen by who asks
}

// ownedIDs is a range of a user.
type ownedIDs struct {
	idmap.Row
	withheld string // why it is not mapped all the same, "" if it is
}

// mostOwned bounds the ranges in an answer.
const mostOwned = 10_000

// inspectIDs answers a question. It changes nothing and needs no privilege but to see what the process shows to its user;
// what no privilege may be missing for is read as the caller.
func inspectIDs(q idQuestion) idAnswer {
	a := idAnswer{seen: true, granted: true, request: idmap.Request{Kind: q.kind}}
	machine := source.Supposed(privilege.Reporter())
	if err := a.identify(machine, q.name); err != nil {
		a.refuse(err, nil)
		return a
	}
	machine = source.Supposed(privilege.Supposed(a.facts.User.UID)) // files decide about them
	var process *target.Process
	if q.pid != 0 {
		var err error
		if process, err = target.ByPID(q.pid); err != nil {
			a.refuse(whynot.NotOpened(idmap.Target{PID: q.pid, FD: -1}, err), nil)
		} else {
			defer process.Close()
			a.facts.Owner.UID, a.facts.Owner.GID = process.Owner()
		}
	}
	mine := a.facts.Owner.UID == a.facts.User.UID
	if q.lower == "" {
		a.list(machine, process)
	} else {
		a.ask(machine, q, process)
	}
	if process != nil && mine {
		a.foresee(process)
	}
	return a
}

// identify finds the user with a login name, or the first one with a user id, as a caller with their primary group, and a
// process of theirs.
func (a *idAnswer) identify(machine source.Machine, name string) error {
	named, err := hostcheck.Named(account.Unprivileged(account.Trusted(privilege.Reporter())), name)
	if err != nil {
		return &noUser{err}
	}
	a.facts.User, err = machine.User(named.ID, named.Primary)
	a.facts.Owner = idmap.Owner{UID: a.facts.User.UID, GID: a.facts.User.GID}
	return err
}

// noUser says that a question is about nobody.
type noUser struct{ error }

// verdict is the same in words. It is no answer of the programs, and has no name there.
func (e *noUser) verdict() verdict.Verdict {
	var unknown *account.UnknownError
	if errors.As(e.error, &unknown) {
		return verdict.Verdict{Refused: true, Headline: "there is no such user", Advice: e.Error()}
	}
	return verdict.Verdict{Headline: "the user cannot be looked up", Advice: e.Error()}
}

// looks is what reasons are found with: the rights are those of whoever asks.
func (a *idAnswer) looks(process *target.Process) whynot.Looks {
	return whynot.Looks{
		Kind: a.request.Kind, Request: a.request, Facts: a.facts, Process: process, Standing: privilege.Supposed(a.facts.User.UID), Allowed: true,
	}
}

// refuse makes err the answer, or one more obstacle.
func (a *idAnswer) refuse(err error, process *target.Process) {
	var nobody *noUser
	if errors.As(err, &nobody) {
		a.obstruct(nobody.verdict())
	} else {
		a.obstruct(whynot.Explain(err, a.looks(process)))
	}
}

// obstruct takes an obstacle in.
func (a *idAnswer) obstruct(v verdict.Verdict) {
	if a.granted {
		a.granted, a.why = false, v
	} else {
		a.others = append(a.others, v)
	}
}

// ask decides on the ids that are asked for.
func (a *idAnswer) ask(machine source.Machine, q idQuestion, process *target.Process) {
	a.request = idmap.Parse(q.kind, []string{"0", q.lower, q.count})
	a.decision = machine.Decide(a.request, &a.facts)
	if a.facts.Grants != nil && a.facts.Grants.Err == nil {
		a.source = a.facts.Grants.Source
	}
	if !a.decision.Granted {
		a.refuse(a.decision.Why, process)
		a.goOn(machine, process)
	}
	if a.request.Wrong != nil {
		return
	}
	if asked := a.facts.Grants; asked != nil && !asked.SSSD && a.source != "" {
		a.slips = a.looks(process).Slips()
	}
}

// mostOthers bounds the obstacles that are looked for.
const mostOthers = 16

// goOn looks for what else is in the way, once what is before it is not.
func (a *idAnswer) goOn(machine source.Machine, process *target.Process) {
	facts, why := a.facts, a.decision.Why
	for range mostOthers {
		if !obstacle.PastIDs(a.request, &facts, why) {
			return
		}
		d := machine.Decide(a.request, &facts)
		if d.Granted {
			return
		}
		why = d.Why
		looks := a.looks(process)
		looks.Facts = facts
		a.others = append(a.others, whynot.Explain(why, looks))
	}
}

// list lists the ranges of the user, of whom the process has to be.
func (a *idAnswer) list(machine source.Machine, process *target.Process) {
	var foreign *idmap.Foreign
	if nothing := idmap.Decide(a.request, a.facts); errors.As(nothing.Why, &foreign) {
		a.refuse(foreign, process)
	}
	grants := machine.Grants(a.request.Kind, a.facts.User, nil)
	a.source = grants.Source
	var why error
	switch {
	case grants.Err != nil:
		why = grants.Err
	case grants.SSSD:
		for _, row := range grants.Owned {
			a.own(machine, idmap.Row{Range: row.Range})
		}
	case grants.Source != "":
		why = a.listFile(machine)
	}
	if why != nil {
		a.refuse(why, process)
	}
}

// listFile lists the ranges that the file has for the user.
func (a *idAnswer) listFile(machine source.Machine) error {
	user := a.facts.User
	file, err := trusted.Open(a.source, privilege.Supposed(user.UID))
	if err == nil {
		defer file.Close()
		err = subid.List(file, subid.OwnerOf(user.UID, user.Names...), func(row idmap.Row) { a.own(machine, row) })
	}
	if err != nil {
		return &source.NoAnswer{Why: source.GrantsUnreadable, Source: a.source, Err: err}
	}
	a.slips = a.looks(nil).Slips()
	return nil
}

// own adds a range, and says whether it may be mapped.
func (a *idAnswer) own(machine source.Machine, row idmap.Row) {
	if len(a.owned) >= mostOwned {
		return
	}
	facts := a.facts
	facts.Grants = &idmap.Grants{Source: a.source, Granted: idmap.SetOf(row.Range)}
	request := idmap.Request{Kind: a.request.Kind, Asked: []idmap.Mapping{{Upper: row.Range, Lower: row.Range}}}
	owned := ownedIDs{Row: row}
	if d := machine.Decide(request, &facts); !d.Granted {
		owned.withheld = whynot.Explain(d.Why, a.looks(nil)).Line()
	}
	a.facts.Forbidden = facts.Forbidden // read once
	a.owned = append(a.owned, owned)
}
