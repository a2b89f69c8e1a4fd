package privilege

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Confine gives up, for the rest of the program, every capability that is not in keep: on all threads, so that Do comes
// back to keep and no more. On this thread, which is the one that executes programs, it also empties the bounding set but
// for keep and sets no_new_privs (prctl(2)), so that no program that is executed gets more; and the kernel is asked not
// to prefer this process when memory runs out (oom_score_adj, proc(5)), which the caller may have arranged.
//
// It returns the missing part of need if the program was not given all of it, and then has changed nothing.
func (c Caller) Confine(need, keep Set) (missing Set, err error) {
	if missing = need &^ c.permitted; missing != 0 {
		return missing, nil
	}
	adjustOOM()
	if err := limitBounding(keep); err != nil {
		return 0, err
	}
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return 0, err
	}
	return 0, capset(keep & c.permitted)
}

// limitBounding drops what is not in keep from this thread's bounding set. The kernel answers EINVAL behind its last
// capability, and EPERM where CAP_SETPCAP itself is out of bounds: then somebody has limited the set already.
func limitBounding(keep Set) error {
	for n := range uint(64) {
		if keep.Has(Of(n)) {
			continue
		}
		err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(n), 0, 0, 0)
		switch {
		case errors.Is(err, unix.EINVAL), errors.Is(err, unix.EPERM):
			return nil
		case err != nil:
			return err
		}
	}
	return nil
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
