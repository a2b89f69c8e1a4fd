//go:build system

package maps

import (
	"fmt"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// The ways in which a target is made.

func bobs(*world) (*harness.Target, error) { return harness.Hold(bob, "unshare", "-U", "cat") }

func nothing(*world) (*harness.Target, error) { return nil, nil }

// ownedBy returns a target of the given owner in a new user namespace.
func ownedBy(owner harness.Owner) func(*world) (*harness.Target, error) {
	return func(*world) (*harness.Target, error) { return harness.Hold(owner, "unshare", "-U", "cat") }
}

// running returns a target of the caller that runs argv.
func running(argv ...string) func(*world) (*harness.Target, error) {
	return func(w *world) (*harness.Target, error) { return harness.Hold(w.caller, argv...) }
}

// gone ends the target before the program starts.
func gone(w *world) error {
	w.target.Release()
	return nil
}

// dead kills the target and leaves it a zombie.
func dead(w *world) error {
	if err := unix.Kill(w.target.PID, unix.SIGKILL); err != nil {
		return fmt.Errorf("kill the target: %w", err)
	}
	return unix.Waitid(unix.P_PID, w.target.PID, nil, unix.WEXITED|unix.WNOWAIT, nil)
}

// mapped writes the caller's ids into the target's maps, as root.
func mapped(w *world) error {
	if err := w.target.Write("uid_map", fmt.Sprintf("0 %d 1", w.caller.UID)); err != nil {
		return err
	}
	return w.target.Write("gid_map", fmt.Sprintf("0 %d 1", w.caller.GID))
}

// denied forbids setgroups in the target.
func denied(w *world) error { return w.target.Write("setgroups", "deny") }
