package nicview

import (
	"errors"

	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	held "userns-helpers/internal/kernel/netns"
)

// WouldRefuse says why lxc-user-nic would refuse the network namespace of process pid to a caller who is uid: an
// *held.Error, or nil. It looks with the rights of whoever asks: where these do not suffice the reason is Unreachable.
func WouldRefuse(uid uint32, pid int) error {
	namespace, err := netns.GetFromPid(pid)
	switch {
	case err == nil:
		defer func() { _ = namespace.Close() }()
		return held.Judge(uid, int(namespace))
	case errors.Is(unix.Kill(pid, 0), unix.ESRCH):
		return &held.Error{Reason: held.Gone, Err: err}
	}
	return &held.Error{Reason: held.Unreachable, Err: err}
}
