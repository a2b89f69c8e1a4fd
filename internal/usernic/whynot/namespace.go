package whynot

import (
	"strconv"

	"userns-helpers/internal/kernel/netns"
)

// reference is the namespace as the caller wrote it, but for leading zeros.
func (e *Namespace) reference() string {
	switch {
	case e.Path != "":
		return strconv.Quote(e.Path)
	case e.FD >= 0:
		return "descriptor " + decimal(e.FD)
	}
	return "process " + decimal(e.PID)
}

// advice says why it is refused.
func (e *Namespace) advice() string {
	switch e.Err.Reason {
	case netns.NotOwned:
		return "it belongs to a user namespace that uid " + decimal(e.UID) + " did not create: a container gets an interface " +
			"from the user who started it"
	case netns.Host:
		return e.Err.Error() + ": an interface can only be made for a container with a network namespace of its own (lxc.net.0.type = veth)"
	case netns.Gone:
		return e.Err.Error() + ": the container has ended"
	case netns.Unreachable, netns.NotNetwork:
	}
	return e.Err.Error()
}
