// Package newidmap is the program newuidmap and the program newgidmap: one, with the parameter idmap.Kind.
//
// It promises that a map is written only for a process of the caller's, and maps only ids that the administrator
// granted to the caller, or the caller's own id. It trusts the kernel's answer about who the caller is, the files that
// only root can have written (package trusted), and the checks that the kernel itself makes on a map. Its words are
// whynot's.
package newidmap

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/audit"
	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/newidmap/whynot"
	"userns-helpers/internal/service/wire"
	"userns-helpers/internal/subid/source"
	"userns-helpers/internal/text/verdict"
)

// run is one run of the program, as far as it came. What was not reached is zero.
type run struct {
	kind      idmap.Kind
	arguments []string // without the program's name
	caller    privilege.Caller
	began     bool // the caller is kept from reaching this process
	named     idmap.Target
	process   *target.Process // open until the program ends
	request   idmap.Request
	facts     idmap.Facts
	decision  idmap.Decision
	lenient   bool // this kernel cannot take setgroups(2) from a namespace
	written   bool // the map

	service  error           // why the service was not asked; nil also where nobody thought of it
	answered *wire.Answer    // what the service said: its words, and its record
	peer     *privilege.Peer // for whom this process works, where it is the service's
}

// Run is the program; arguments are those of the process, its name first. It returns the exit status: 0 if the map was
// written, 1 if not. It prints once, at the end.
func Run(kind idmap.Kind, arguments []string) int {
	r := &run{kind: kind, caller: privilege.Early()}
	if err := entry.Clean(arguments); err != nil {
		return r.failed(whynot.Explain(&whynot.NoStart{Err: err}, r.looks()))
	}
	r.arguments = arguments[min(1, len(arguments)):] // execve(2) can pass no argument at all
	if text := inform(kind, r.arguments); text != nil {
		return r.say(unix.Stdout, text)
	}
	if err := r.tell(); !r.written {
		return r.failed(r.explained(err))
	}
	_ = r.say(unix.Stderr, r.remarks())
	return 0
}

// explained finds out why the map was not written, and records it.
func (r *run) explained(err error) verdict.Verdict {
	why := whynot.Explain(err, r.looks())
	if r.answered == nil {
		r.record().Ended(why)
	}
	return why
}

// tell is the story of the privilege, in the order of the checks that callers know. The error says why the map was not
// written, without a word.
func (r *run) tell() (err error) {
	// Identify: the real ids, before anything is changed. From here on callers cannot signal or starve the program.
	if r.caller, err = privilege.Begin(own(r.kind), privilege.InInit); err != nil {
		return &whynot.NoRights{Err: err}
	}
	r.began = true

	// The process is opened with the caller's rights, once; everything after acts on the descriptor.
	if err := r.open(); err != nil {
		return err
	}
	r.request = idmap.Parse(r.kind, r.arguments[1:])
	if r.powerless() {
		if answered, err := r.ask(); answered {
			return err
		}
	}
	return r.decide()
}

// decide is the story from where it is known who asks for what: the same in the program and in the service.
func (r *run) decide() (err error) {
	r.facts.Owner.UID, r.facts.Owner.GID = r.process.Owner()

	// Decide. The effective user id is root's in a setuid install, to read the files that say who may map what.
	machine := source.For(r.caller, r.standing())
	if r.facts.User, err = machine.User(r.caller.UID(), r.caller.GID()); err != nil {
		return err
	}
	if r.decision = machine.Decide(r.request, &r.facts); !r.decision.Granted {
		return r.decision.Why
	}

	// Narrow: from here on the caller's own user id and what the map needs. There is no way back.
	if err := r.caller.Narrow(needed(r.kind, r.request.Asked) | privilege.Of(audit.Capability)); err != nil {
		return &whynot.NoRights{Err: err}
	}
	return r.write()
}

// standing is the caller's, as to the capability that the program uses.
func (r *run) standing() privilege.Standing { return r.caller.Standing(needed(r.kind, nil)) }

// own are the program's own capabilities, which the entry point has left.
func own(kind idmap.Kind) privilege.Set {
	if kind == idmap.GID {
		return entry.Newgidmap
	}
	return entry.Newuidmap
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

// looks gives up all rights but that of writing a record, for good, and is what the reasons can be found with then.
func (r *run) looks() whynot.Looks {
	return whynot.Looks{
		Kind: r.kind, Request: r.request, Facts: r.facts, Process: r.process, Standing: r.standing(), Raised: r.caller.Raised(),
		Missing: needed(r.kind, r.request.Asked) &^ r.caller.Permitted(), Serves: r.peer != nil, Service: r.service,
		Allowed: r.began && r.caller.Narrow(privilege.Of(audit.Capability)) == nil,
	}
}

// failed prints why, and returns the exit status.
func (r *run) failed(why verdict.Verdict) int {
	_ = r.say(unix.Stderr, append(r.remarks(), why.Text(r.kind.Program(), r.kind.Usage())...))
	return 1
}
