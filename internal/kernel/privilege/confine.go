package privilege

import (
	"cmp"

	"golang.org/x/sys/unix"
)

// Confine gives up, on this thread and for the rest of the program, every capability that is not in keep, so that Do comes
// back to keep and no more. It also sees to it that no program that this thread executes gets more; and the kernel is asked not to prefer this process when memory runs out (oom_score_adj,
// proc(5)), which the caller may have arranged.
//
// It returns the missing part of need if the program was not given all of it, and then has changed nothing.
func (c Caller) Confine(need, keep Set) (missing Set, err error) {
	if missing = need &^ c.permitted; missing != 0 {
		return missing, nil
	}
	adjustOOM()
	if err := noMoreByExecuting(); err != nil {
		return 0, err
	}
	return 0, exactly(keep & c.permitted).set()
}

// noMoreByExecuting sets no_new_privs, prctl(2), on this thread and what it executes, for good: execve(2) then gives no
// capability that was not permitted before, not by a setuid bit, not by file capabilities, and not by user id 0 either
// (cap_bprm_creds_from_file() in security/commoncap.c). To empty the bounding set says no more than that, and takes a
// system call for each of some forty capabilities.
func noMoreByExecuting() error {
	err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
	if look(unix.PR_GET_NO_NEW_PRIVS) == 1 {
		return nil
	}
	return gainNothing.failed(cmp.Or(err, error(unix.EPERM)))
}

// look asks prctl(2) for a number of this thread or process; -1 if it does not say.
func look(option int) int {
	value, err := unix.PrctlRetInt(option, 0, 0, 0, 0)
	if err != nil {
		return -1
	}
	return value
}

// adjustOOM makes this process as likely a victim as any other. Where it may not, a kill costs the caller's own call.
func adjustOOM() {
	fd, err := unix.Open("/proc/self/oom_score_adj", unix.O_WRONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return
	}
	_, _ = unix.Write(fd, []byte("0"))
	_ = unix.Close(fd)
}
