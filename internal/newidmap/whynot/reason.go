package whynot

import (
	"errors"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/text/verdict"
)

// NoStart says that the caller's environment could not be emptied.
type NoStart struct{ Err error }

// NoRights says that what this process may do could not be changed.
type NoRights struct{ Err error }

// FileClosed says that a file of the process could not be opened: its map, or setgroups.
type FileClosed struct {
	File string
	Err  error
}

// NotDenied says that setgroups(2) could not be taken from the namespace.
type NotDenied struct{ Err error }

// NotWritten says that the map was not written, or would not have been.
type NotWritten struct {
	Mapped bool // it has a line already
	Err    error
}

// NoReply says that the service was asked, and what became of it is not known; or that it had too much to do for this caller.
type NoReply struct {
	Busy bool
	Err  error
}

// NotServed says why the service does nothing for somebody, whatever they ask for.
type NotServed struct{ Err error }

// Answered is what the service said.
type Answered struct{ verdict.Verdict }

// noProcess says that the process that the caller named could not be opened.
type noProcess struct {
	named idmap.Target
	err   *target.Error
}

// NotOpened is the reason why the named process could not be opened.
func NotOpened(named idmap.Target, err error) error {
	var cause *target.Error
	if errors.As(err, &cause) {
		return &noProcess{named, cause}
	}
	return &NoRights{err}
}

// What the story meets. Those about the map are found when the cause is looked for; see the files with the words.
const (
	environment    verdict.ID = "environment"
	noCapabilities verdict.ID = "no-capabilities"
	stepRefused    verdict.ID = "step-refused"
	notDumpable    verdict.ID = "not-dumpable"
	ranSetuid      verdict.ID = "ran-setuid"
	procGroup      verdict.ID = "proc-gid"
	filesClosed    verdict.ID = "files-closed"
	procHides      verdict.ID = "proc-hides-files"
	procReadOnly   verdict.ID = "proc-read-only"
	noUserNS       verdict.ID = "no-user-namespaces"
	openRefused    verdict.ID = "open-refused"
	setgroupsStay  verdict.ID = "setgroups-kept"
	sameNamespace  verdict.ID = "same-namespace"
	alreadyMapped  verdict.ID = "already-mapped"
	notChild       verdict.ID = "not-a-child"
	otherMaker     verdict.ID = "other-maker"
	noPrivilege    verdict.ID = "no-privilege"
	noSetfcap      verdict.ID = "no-setfcap"
	outside        verdict.ID = "outside-namespace"
	mapRefused     verdict.ID = "map-refused"
	writeRefused   verdict.ID = "write-refused"
	noGrantsFile   verdict.ID = "grants-missing"
	grantsDistrust verdict.ID = "grants-untrusted"
	serviceSilent  verdict.ID = "service-silent"
	serviceBusy    verdict.ID = "service-busy"
	peerUnmapped   verdict.ID = "peer-unmapped"
	peerElsewhere  verdict.ID = "peer-elsewhere"
	peerUnknown    verdict.ID = "peer-unknown"
)

// processIDs are the names of the causes for which a process cannot be opened.
var processIDs = [...]verdict.ID{
	target.Unknown: "process-closed", target.Gone: "process-gone", target.Hidden: "process-hidden", target.NoProc: "no-proc",
	target.NotOpen: "fd-not-open", target.NotInherited: "fd-not-passed", target.NotDirectory: "fd-not-process", target.OtherFS: "fd-other-proc",
	target.NotProcess: "fd-not-process", target.OutsidePidNS: "process-elsewhere", target.OldKernel: "old-kernel",
}

// ID is environment.
func (*NoStart) ID() verdict.ID  { return environment }
func (e *NoStart) Error() string { return string(e.ID()) }

// Unwrap returns the cause.
func (e *NoStart) Unwrap() error { return e.Err }

// ID tells which right.
func (e *NoRights) ID() verdict.ID {
	var step *privilege.StepError
	if errors.As(e.Err, &step) && !step.OfCapabilities() {
		return stepRefused
	}
	return noCapabilities
}
func (e *NoRights) Error() string { return string(e.ID()) }

// Unwrap returns the cause.
func (e *NoRights) Unwrap() error { return e.Err }

// ID is openRefused, until somebody looks.
func (*FileClosed) ID() verdict.ID  { return openRefused }
func (e *FileClosed) Error() string { return string(e.ID()) }

// Unwrap returns the cause.
func (e *FileClosed) Unwrap() error { return e.Err }

// ID is setgroupsStay.
func (*NotDenied) ID() verdict.ID  { return setgroupsStay }
func (e *NotDenied) Error() string { return string(e.ID()) }

// Unwrap returns the cause.
func (e *NotDenied) Unwrap() error { return e.Err }

// ID is writeRefused, until somebody looks.
func (*NotWritten) ID() verdict.ID  { return writeRefused }
func (e *NotWritten) Error() string { return string(e.ID()) }

// Unwrap returns the cause.
func (e *NotWritten) Unwrap() error { return e.Err }

// ID tells the causes apart.
func (e *noProcess) ID() verdict.ID { return processIDs[e.err.Cause] }
func (e *noProcess) Error() string  { return string(e.ID()) }

// Unwrap returns the cause.
func (e *noProcess) Unwrap() error { return e.err }

// ID tells whether the service was heard at all.
func (e *NoReply) ID() verdict.ID {
	if e.Busy {
		return serviceBusy
	}
	return serviceSilent
}
func (e *NoReply) Error() string { return string(e.ID()) }

// Unwrap returns the cause.
func (e *NoReply) Unwrap() error { return e.Err }

// ID tells what is wrong with the peer.
func (e *NotServed) ID() verdict.ID {
	var fault *privilege.PeerError
	if !errors.As(e.Err, &fault) {
		return (&NoRights{e.Err}).ID()
	}
	switch fault.Why {
	case privilege.PeerUnmapped:
		return peerUnmapped
	case privilege.PeerElsewhere:
		return peerElsewhere
	case privilege.PeerUnknown, privilege.PeerGone:
	}
	return peerUnknown
}
func (e *NotServed) Error() string { return string(e.ID()) }

// Unwrap returns the cause.
func (e *NotServed) Unwrap() error { return e.Err }

// ID is the service's.
func (e *Answered) ID() verdict.ID { return e.Verdict.ID }
func (e *Answered) Error() string  { return string(e.ID()) }
