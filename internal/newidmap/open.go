package newidmap

import (
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/newidmap/whynot"
)

// open opens the process that the first argument names, with the caller's rights: what /proc hides from the caller stays
// hidden. Of the descriptors that the caller passed only the named one is left open.
func (r *run) open() (err error) {
	if r.named, err = idmap.ParseTarget(r.arguments); err != nil {
		return err
	}
	if err := privilege.CloseInherited(r.named.FD); err != nil {
		return &whynot.NoRights{Err: err}
	}
	look := func() error { return r.caller.Do(r.hold) }
	if r.named.FD >= 0 {
		// What was passed may be of a file system that never answers: the process counts as the caller's while it waits.
		err = r.caller.Exposed(look)
	} else {
		err = look()
	}
	if err != nil {
		return whynot.NotOpened(r.named, err)
	}
	return nil
}

// hold opens the process by the one of its two names that was given.
func (r *run) hold() (err error) {
	if r.named.FD >= 0 {
		r.process, err = target.ByDescriptor(r.named.FD)
	} else {
		r.process, err = target.ByPID(r.named.PID)
	}
	return err
}
