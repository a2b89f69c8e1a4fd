package newidmap

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/verdict"
)

// Question is about what a program would do for somebody who calls it right after login.
type Question struct {
	Kind         idmap.Kind
	Name         string // login name, or user id in decimal
	Lower, Count string // the ids outside, as the command line has them; "" to ask for nothing
	PID          int    // of the process whose map is to be written; 0 to ask about none
}

// Answer is what the program would decide, with the code that decides it.
type Answer struct {
	Decision          // Err nil: it would do it; *verdict.Refusal: it would not; *verdict.Failure: it could not
	User     string   // "alice (uid 1000)"
	Own      idmap.ID // needs no grant
	Owned    []Owned  // the ranges of the user, at most mostOwned
	Known    bool     // false: what the process shows to its user cannot be seen by who asks
}

// Owned is a range of a user; Line is 0 where a directory grants it.
type Owned struct {
	subid.Grant
	Withheld error // why it is not mapped all the same, nil if it is
}

// mostOwned bounds the ranges in an answer.
const mostOwned = 10_000

// Inspect answers a question. It changes nothing and needs no privilege but to see what Question.PID shows to its user;
// what no privilege may be missing for is read as the caller.
func Inspect(q Question) Answer {
	p := installed(q.Kind)
	return p.reporting(privilege.Reporter()).inspect(q, func(u user) program { return p.reporting(privilege.Supposed(u.uid)) })
}

// reporting is the program for who only asks, and reads files as the program would for somebody of that standing.
func (p program) reporting(standing privilege.Standing) program {
	p.standing, p.open = standing, openTrusted(standing)
	files := account.Trusted(standing)
	p.accounts = func(privilege.Caller) account.Directory { return account.Unprivileged(files) }
	p.sources = func(privilege.Caller) source.Machine { return source.Unprivileged(files) }
	return p
}

// nobody stands for the caller whom a question is about: what Inspect reads it reads as itself.
func nobody() privilege.Caller { return privilege.Caller{} }

// inspect answers a question; to is the program to the user whom it is about.
func (p program) inspect(q Question, to func(user) program) Answer {
	a := Answer{Decision: Decision{Kind: p.kind, PID: q.PID}, Known: true}
	u, err := p.identifyNamed(q.Name)
	if err != nil {
		return a.fail(err)
	}
	p = to(u)
	a.UID, a.GID, a.Names, a.User, a.Own = u.uid, u.gid, u.names, u.String(), p.own(u)
	if q.PID != 0 {
		if err := p.inspectProcess(u, q.PID, &a); err != nil {
			return a.fail(err)
		}
	}
	if q.Lower == "" {
		return a.fail(p.inspectOwned(u, &a))
	}
	if a.Asked, err = idmap.ParseMappings([]string{"0", q.Lower, q.Count}); err != nil {
		return a.fail(err)
	}
	found, err := p.find(nobody(), u, &a.Decision)
	if err != nil {
		return a.fail(p.unanswered(u, err))
	}
	return a.fail(p.explained(u, &a.Decision, p.judge(u, found, &a.Decision), always))
}

// always says that the rights are those that they should be: Inspect has none but those of whoever asks.
func always() bool { return true }

// fail returns a with an error, or with nil.
func (a Answer) fail(err error) Answer {
	a.Err = err
	if err != nil {
		a.Why = whynot.Explain(err, a.Kind)
	}
	return a
}

// identifyNamed is identify for a caller with a login name, or the first one with a user id, and its primary group.
func (p program) identifyNamed(name string) (user, error) {
	directory := p.accounts(nobody())
	named, err := directory.Named(name)
	if err != nil {
		var unknown *account.UnknownError
		if errors.As(err, &unknown) {
			return user{}, &verdict.Refusal{Headline: "there is no such user", Advice: err.Error()}
		}
		return user{}, &verdict.Failure{Headline: "the user cannot be looked up", Advice: reason(err), Err: err}
	}
	return p.identifyAs(directory, named.ID, named.Primary)
}

// inspectOwned lists the ranges of u.
func (p program) inspectOwned(u user, a *Answer) error {
	machine := p.sources(nobody())
	source, err := machine.Choose(p.grants)
	if err != nil {
		return p.unanswered(u, err)
	}
	a.Source, a.Notes = source.Name, source.Notes
	if source.SSSD {
		answer, err := machine.Of(u.uid, p.kind)
		if err != nil {
			return p.unanswered(u, &sourceError{source.Name, err})
		}
		for _, ids := range answer.Ranges {
			p.addOwned(u, a, subid.Grant{Range: ids})
		}
		return nil
	}
	return p.inspectFile(u, a)
}

// unanswered is the lack of an answer about grants.
func (p program) unanswered(u user, err error) error {
	if failed := noSource(u, err); failed != nil {
		return failed
	}
	return noGrants(p.grants, u, err, linkOf(p.grants))
}

// inspectFile lists the ranges of u in the file.
func (p program) inspectFile(u user, a *Answer) error {
	if !p.used(u) {
		a.Source = ""
		return nil
	}
	file, err := p.open(p.grants)
	if err != nil {
		return p.unanswered(u, err)
	}
	defer file.Close()
	err = subid.List(file, subid.OwnerOf(u.uid, u.names...), func(g subid.Grant) {
		p.addOwned(u, a, g)
	})
	if err != nil {
		return noGrants(p.grants, u, err, "")
	}
	a.Slips = p.slips(u)
	return nil
}

// addOwned adds a range, and says whether it may be mapped.
func (p program) addOwned(u user, a *Answer, g subid.Grant) {
	if len(a.Owned) < mostOwned {
		a.Owned = append(a.Owned, Owned{g, p.checkForbidden(u, []idmap.Mapping{{Upper: g.Range, Lower: g.Range}})})
	}
}

// inspectProcess says what act and the checks in front of it would say of a process.
func (p program) inspectProcess(u user, pid int, a *Answer) error {
	process, err := target.ByPID(pid)
	if err != nil {
		return p.noTarget(idmap.Target{PID: pid, FD: -1}, err)
	}
	defer process.Close()
	var st owner
	st.uid, st.gid = process.Owner()
	if !owns(u, st) {
		return &verdict.Refusal{Headline: ownerHeadline(u, st), Advice: explainOwner(u, st, observeOwner(process))}
	}
	name := p.kind.MapFile()
	if file, known := process.FileOwner(name); known && file != u.uid {
		return &verdict.Failure{
			Headline: "open of " + name + " failed: " + strerror(unix.EACCES), Advice: explainOpen(unix.EACCES, process.Gone(), true), Err: unix.EACCES,
		}
	}
	return p.inspectNamespace(u, process, a)
}

// inspectNamespace says what the kernel would say of the namespace of a process.
func (p program) inspectNamespace(u user, process *target.Process, a *Answer) error {
	fd, err := process.OpenFile(p.kind.MapFile(), unix.O_RDONLY)
	if err != nil {
		a.Known = false
		return nil
	}
	defer unix.Close(fd)
	f := writeFacts{errno: unix.EPERM, written: written(fd), caller: u.uid, namespace: observeNamespace(process)}
	a.Known = f.written || f.namespace.known
	if !a.Known {
		return nil
	}
	advice := explainNamespace(p.kind, f)
	if advice == "" {
		return nil
	}
	return &verdict.Failure{
		Headline: "write to " + p.kind.MapFile() + " failed: " + strerror(unix.EPERM), Advice: advice, Err: unix.EPERM,
	}
}
