package netns

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/target"
)

// WouldRefuse says why OfProcess would refuse the network namespace of process pid to a caller who is uid: an *Error, or
// nil. It looks with the rights of the calling thread, which may be others than that caller's: where these do not
// suffice the reason is Unreachable.
func WouldRefuse(uid uint32, pid int) error {
	process, err := target.ByPID(pid)
	fd, err := ofTarget(process, err)
	var missing *target.Error
	switch {
	case errors.As(err, &missing) && missing.Cause == target.Gone, errors.Is(err, unix.ESRCH):
		return &Error{Gone, err}
	case err != nil:
		return &Error{Unreachable, err}
	}
	defer closeFD(fd)
	return judge(uid, fd)
}
