package newidmap

import (
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
)

// openTarget opens the process that the first argument names, with the caller's rights: what /proc hides from the
// caller stays hidden. Of the descriptors that the caller passed only the named one is left open.
func (p program) openTarget(caller privilege.Caller, arguments []string, d *Decision) (*target.Process, error) {
	if len(arguments) == 0 {
		return nil, &idmap.Malformed{Why: idmap.NoProcess}
	}
	named, err := idmap.ParseTarget(arguments[0])
	if err != nil {
		return nil, err
	}
	d.Target = named
	if err := privilege.CloseInherited(named.FD); err != nil {
		return nil, noPrivilege(p.kind, err)
	}
	var process *target.Process
	look := func() error {
		return caller.Do(func() (err error) {
			process, err = open(named)
			return err
		})
	}
	if named.FD >= 0 {
		// What was passed may be of a file system that never answers: the process counts as the caller's meanwhile.
		err = caller.Exposed(look)
	} else {
		err = look()
	}
	if err != nil {
		return nil, p.noTarget(named, err)
	}
	d.PID = process.PID()
	return process, nil
}

// open opens the process by the one of its two names that was given.
func open(named idmap.Target) (*target.Process, error) {
	if named.FD >= 0 {
		return target.ByDescriptor(named.FD)
	}
	return target.ByPID(named.PID)
}
