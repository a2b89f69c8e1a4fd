// Package asked says in words what becomes of asking userns-helperd(8), for the programs that ask it. It decides nothing.
package asked

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/unixsock"
)

// Door says why the service was not asked, after a sentence that says why the program has no privilege, with what separates the
// two. err is why, and cause that in the program's words; socket is the service's, and act what it would do. It is empty where
// nobody thought of asking.
func Door(err error, cause, socket, act string) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ECONNREFUSED):
		return "; or have the administrator enable the service that needs no setuid bit (userns-helperd(8)): nothing listens on " + socket
	case errors.Is(err, unixsock.ErrUntrusted):
		return "; and the service is not asked: whoever listens on " + socket + " is not root here, as in a user namespace that " +
			"does not contain root, from which no service could " + act
	}
	return "; and the service (userns-helperd(8)) cannot be asked: " + cause
}

// What the service says to those whom it does not serve, and what a program says of it that has too much to do.
const (
	Unmapped  = "your user or group ID may be one that its user namespace does not contain: it looks like nobody's, 65534, whom it never serves"
	Elsewhere = "you are in another PID namespace than the service, as in a container, where your user ID may be somebody else's: " +
		"call the program outside, or have the administrator allow it (userns-helperd --pid-namespaces)"
	Unknown = "the kernel does not say who you are: "
	TooMany = "it has had as many calls of yours as it takes for 5 seconds: wait for others that you started, or end them"
)
