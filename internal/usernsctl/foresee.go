package usernsctl

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/newidmap"
	"userns-helpers/internal/newidmap/whynot"
)

// foresee finds what the kernel would say of a write to the map of a process by the user, as far as whoever asks can see.
// The reason is looked for as newidmap does after a write that was refused; where there is none to see, none is foreseen.
func (a *idAnswer) foresee(process *target.Process) {
	name := a.request.Kind.MapFile()
	if file, seen := process.FileOwner(name); seen && file != a.facts.User.UID {
		a.refuse(&whynot.FileClosed{File: name, Err: unix.EACCES}, process)
		return
	}
	refused := &whynot.NotWritten{Err: unix.EPERM}
	refused.Mapped, a.seen = mapped(process, name)
	if a.seen = a.seen && (refused.Mapped || isVisible(process)); !a.seen {
		return
	}
	if v := whynot.Explain(refused, a.looks(process)); v.ID != refused.ID() {
		a.obstruct(v)
	}
}

// mapped reports whether a map of a process has a line; seen is false if that cannot be seen.
func mapped(process *target.Process, name string) (has, seen bool) {
	fd, err := process.OpenFile(name, unix.O_RDONLY)
	if err != nil {
		return false, false
	}
	defer unix.Close(fd)
	return newidmap.Mapped(fd), true
}

// isVisible reports whether whoever asks may look at the user namespace of a process.
func isVisible(process *target.Process) bool {
	fd, err := process.OpenNamespace("user")
	if err != nil {
		return false
	}
	defer unix.Close(fd)
	_, err = unix.IoctlGetUint32(fd, unix.NS_GET_OWNER_UID)
	return err == nil
}
