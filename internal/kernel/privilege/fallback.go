package privilege

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/raw"
)

// takeHere does on all threads what the entry point does on the first, where it did not run. The Go runtime reaches its
// threads by a real-time signal each, which counts against RLIMIT_SIGPENDING: a caller who left no room for them, where the
// limit cannot be raised, waits until RLIMIT_CPU ends their call. Nothing is held by then.
func (c *Caller) takeHere(own Set) error {
	setLimit(unix.RLIMIT_SIGPENDING, unix.RLIM_INFINITY)
	if c.becomesRoot() {
		if err := unix.Setresuid(0, 0, 0); err != nil && !isRoot() {
			return takeUser.failed(err)
		}
	}
	now, err := capget()
	if err != nil {
		return readCaps.failed(err)
	}
	return setCaps.failed(now.within(own).everywhere())
}

// isRoot reports whether real, effective and saved user id of this thread are 0.
func isRoot() bool {
	ruid, euid, suid := unix.Getresuid()
	return ruid == 0 && euid == 0 && suid == 0
}

// everywhere makes s the sets of all threads.
func (s sets) everywhere() error {
	all := [2]unix.CapUserData(s)
	if err := raw.CapsetAll(&all); err != nil && !s.areSet() {
		return err
	}
	return nil
}
