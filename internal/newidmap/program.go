// Package newidmap is the program newuidmap and the program newgidmap: one, with the parameter idmap.Kind.
//
// It promises that a map is written only for a process of the caller's, and maps only ids that the administrator
// granted to the caller, or the caller's own id. It trusts the kernel's answer about who the caller is, the files that
// only root can have written (package trusted), and the checks that the kernel itself makes on a map.
package newidmap

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/text/verdict"
)

// program is what does not depend on the caller.
type program struct {
	kind      idmap.Kind
	accounts  func(privilege.Caller) account.Directory
	loginDefs string // path of login.defs(5)
	grants    string // path of subuid(5) or subgid(5)
	sources   func(privilege.Caller) source.Machine
	forbidden string             // path of forbidden-host-ids(5)
	standing  privilege.Standing // of the caller, once known
	open      func(path string) (file, error)
}

// Run is the program; arguments are those of the process, its name first. It returns the exit status: 0 if the map was
// written, 1 if not. It prints once, at the end.
func Run(kind idmap.Kind, arguments []string) int {
	if err := entry.Clean(arguments); err != nil {
		return finish(privilege.Caller{}, unix.Stderr, verdict.Text(kind.Program(), "", err), 1)
	}
	arguments = arguments[min(1, len(arguments)):] // execve(2) can pass no argument at all
	if text := inform(kind, arguments); text != nil {
		return finish(privilege.Caller{}, unix.Stdout, text, 0)
	}
	d := installed(kind).run(arguments)
	if d.Err != nil {
		d.Why = whynot.Explain(d.Err, kind)
		d.record() // a grant has its record already: act
	}
	return finish(d.Caller, unix.Stderr, d.text(), d.status())
}

// installed is the program as it is installed.
func installed(kind idmap.Kind) program {
	p := program{kind: kind, loginDefs: paths.LoginDefs(), grants: paths.Subuid(), forbidden: paths.Forbidden()}
	if kind == idmap.GID {
		p.grants = paths.Subgid()
	}
	return p
}

// of is the program for a caller of that standing.
func (p program) of(standing privilege.Standing) program {
	p.standing, p.open = standing, openTrusted(standing)
	p.accounts = func(caller privilege.Caller) account.Directory { return account.For(caller, standing) }
	p.sources = func(caller privilege.Caller) source.Machine { return source.For(caller, standing) }
	return p
}

// run is the story of the privilege, in the order of the checks that callers know.
func (p program) run(arguments []string) Decision {
	d := Decision{Kind: p.kind, Arguments: arguments}

	// Identify: the real ids, before anything is changed. From here on the caller cannot signal or starve the program.
	caller, err := privilege.Begin(own(p.kind))
	if err != nil {
		return d.fail(noPrivilege(p.kind, err))
	}
	d.Caller, d.UID, d.GID = caller, caller.UID(), caller.GID()
	d.Err = p.of(caller.Standing(needed(p.kind, nil))).attempt(caller, arguments, &d)
	return d
}

// attempt goes on where run has identified the caller. It fills d in as facts become known.
func (p program) attempt(caller privilege.Caller, arguments []string, d *Decision) error {
	// The process is opened with the caller's rights, once; everything after acts on the descriptor.
	process, err := p.openTarget(caller, arguments, d)
	if err != nil {
		return err
	}
	defer process.Close()
	user, err := p.identify(caller)
	if err != nil {
		return err
	}
	d.Names = user.names
	if err := p.checkOwner(caller, user, process); err != nil {
		return err
	}

	// Parse, and decide. The effective user id is root's in a setuid install, to read the file of grants.
	if d.Asked, err = idmap.ParseMappings(arguments[1:]); err != nil {
		return err
	}
	if err := p.decide(caller, user, d); err != nil {
		return err
	}

	// Narrow: from here on the caller's own user id and what the map needs. There is no way back.
	if err := caller.Narrow(kept(p.kind, d.Asked)); err != nil {
		return noPrivilege(p.kind, err)
	}
	return act(caller, process, d)
}

// own are the program's own capabilities, which the entry point has left.
func own(kind idmap.Kind) privilege.Set {
	if kind == idmap.GID {
		return entry.Newgidmap
	}
	return entry.Newuidmap
}

// kept are the capabilities that are left while the map is written: what it needs, and CAP_AUDIT_WRITE for the record.
func kept(kind idmap.Kind, asked []idmap.Mapping) privilege.Set {
	return needed(kind, asked) | privilege.Of(audit.Capability)
}

// needed is the capability without which the kernel refuses the map: CAP_SETUID or CAP_SETGID, and CAP_SETFCAP where
// root's id is mapped (since Linux 5.12: files with capabilities of the namespace's root would be the real root's).
func needed(kind idmap.Kind, asked []idmap.Mapping) privilege.Set {
	switch {
	case kind == idmap.GID:
		return privilege.Of(unix.CAP_SETGID)
	case idmap.MapsRoot(asked):
		return privilege.Of(unix.CAP_SETUID, unix.CAP_SETFCAP)
	}
	return privilege.Of(unix.CAP_SETUID)
}
