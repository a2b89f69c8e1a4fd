package newidmap

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/verdict"
)

// decide judges what was asked for, and fills in d with the reasons. An error is a refusal or the lack of an answer; the
// causes of either are looked for after all privilege but that of writing a record is gone.
func (p program) decide(caller privilege.Caller, u user, d *Decision) error {
	found, err := p.find(caller, u, d)
	if err == nil {
		return p.explained(u, d, p.judge(u, found, d), func() bool { return caller.Narrow(privilege.Of(audit.Capability)) == nil })
	}
	link := ""
	if caller.Narrow(privilege.Of(audit.Capability)) == nil {
		link = linkOf(p.grants)
	}
	if failed := noSource(u, err); failed != nil {
		return failed
	}
	return noGrants(p.grants, u, err, link)
}

// judge is the decision itself.
func (p program) judge(u user, found subid.Found, d *Decision) error {
	answer := idmap.Authorise(d.Asked, p.own(u), found.Granted)
	d.Rules, d.Granted = answer.Rules(), found.Used
	if !answer.Allowed() {
		return &NotGranted{Kind: p.kind, User: u.String(), Asked: answer, Source: d.Source, File: p.grants, Found: found}
	}
	if err := p.checkForbidden(u, d.Asked); err != nil {
		return err
	}
	d.DenyGroup = p.kind == idmap.GID && (!answer.UsesGrant() || p.grantsForbiddenOwn(u, d))
	return idmap.CheckKernelLimits(p.kind, d.Asked)
}

// own is the id of u that needs no grant.
func (p program) own(u user) idmap.ID {
	if p.kind == idmap.GID {
		return idmap.ID(u.gid)
	}
	return idmap.ID(u.uid)
}

// find looks for grants of what was asked for. The own id needs none, so the file is not read for it alone, and may be
// missing; except that a group of the caller's that is also granted to him leaves setgroups(2) allowed. To learn that
// the file is read, and where that fails the answer is the strict one: not granted.
func (p program) find(caller privilege.Caller, u user, d *Decision) (subid.Found, error) {
	var wanted []idmap.Range
	onlyOwn := true
	for _, m := range d.Asked {
		own := m.Own(p.own(u))
		onlyOwn = onlyOwn && own
		if p.kind == idmap.GID || !own {
			wanted = append(wanted, m.Lower)
		}
	}
	if len(wanted) == 0 {
		return subid.Found{}, nil
	}
	found, err := p.ask(caller, u, wanted, d)
	if err != nil && onlyOwn {
		d.Source = ""
		return subid.Found{}, nil
	}
	return found, err
}

// ask asks the source that this machine has for grants, and no other.
func (p program) ask(caller privilege.Caller, u user, wanted []idmap.Range, d *Decision) (subid.Found, error) {
	machine := p.sources(caller)
	source, err := machine.Choose(p.grants)
	if err != nil {
		return subid.Found{}, err
	}
	d.Notes = source.Notes
	switch {
	case source.SSSD:
		d.Source = source.Name
		answer, err := machine.Of(u.uid, p.kind)
		if err != nil {
			return subid.Found{}, &sourceError{source.Name, err}
		}
		return answer.Within(wanted), nil
	case !p.used(u):
		return subid.Found{}, nil
	}
	d.Source = p.grants
	return p.scan(u, wanted)
}

// used reports whether the file is used at all, SUB_UID_COUNT and SUB_GID_COUNT in login.defs(5).
func (p program) used(u user) bool {
	if p.kind == idmap.GID {
		return u.defs.UseSubgid
	}
	return u.defs.UseSubuid
}

// scan reads the file for u's grants.
func (p program) scan(u user, wanted []idmap.Range) (subid.Found, error) {
	file, err := p.open(p.grants)
	if err != nil {
		return subid.Found{}, err
	}
	defer file.Close()
	return subid.Scan(file, subid.OwnerOf(u.uid, u.names...), wanted)
}

// linkOf returns what the symbolic link path contains if it is one, "" if it is none.
func linkOf(path string) string {
	buffer := make([]byte, unix.PathMax)
	n, err := unix.Readlink(path, buffer)
	if err != nil {
		return ""
	}
	return string(buffer[:n])
}

// noGrants is the failure to read the file of the grants; link is what path contains if it is a symbolic link.
func noGrants(path string, u user, err error, link string) error {
	var untrusted *trusted.UntrustedError
	advice := "it cannot be read, so nothing in it is granted: " + reason(err)
	switch {
	case errors.As(err, &untrusted):
		advice = untrusted.Error() + ": it decides who may use which ids, so " + untrusted.Remedy()
	case errors.Is(err, unix.ENOENT) && link != "":
		advice = path + " is a symbolic link to " + link + ", and nothing is there: restore that file or replace the link"
	case errors.Is(err, unix.ENOENT):
		advice = "the file does not exist, so nothing is granted to " + u.String() + ": the administrator creates it with a line " +
			u.names[0] + ":START:COUNT"
	case errors.Is(err, unix.EACCES):
		advice = "the file is not readable: make it mode 644, or install this program setuid root; with file capabilities it reads as you"
	}
	return &verdict.Failure{Headline: "cannot open " + path + ": " + strerror(err), Advice: advice, Err: err}
}
