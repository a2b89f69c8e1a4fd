package netns

import (
	"golang.org/x/sys/unix"
)

// Received takes a descriptor that a peer sent for a network namespace, if it is one of the kernel's files for namespaces. Errors
// are *Error.
//
// It may be anything, also a file of a file system that lets its callers wait: not even fstatfs(2) is called before it is known that
// it cannot. Its name would not tell: a namespace that is bound to a path shows that (proc_pid_fd(5)). The number of its file
// system does, which the kernel has in memory, and which no mount that users can make changes.
func Received(fd int) (Found, error) {
	var theirs, ours unix.Statx_t
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &theirs)
	if err != nil {
		return Found{}, &Error{NotNetwork, err}
	}
	if err := unix.Statx(unix.AT_FDCWD, own, unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &ours); err != nil {
		return Found{}, &Error{Unreachable, err}
	}
	if theirs.Dev_major != ours.Dev_major || theirs.Dev_minor != ours.Dev_minor {
		return Found{}, &Error{Reason: NotNetwork}
	}
	return Found{fd}, nil
}

// Abroad reports whether the socket at the other end of a connection, of AF_UNIX, was made in another network namespace than this
// thread is in. The kernel makes the end that is accepted in that of the socket that connects (unix_stream_connect() in
// net/unix/af_unix.c), and tells it (SIOCGSKNS, socket(7)) to whoever has CAP_NET_ADMIN over it.
//
// So it is the namespace in which the peer could have used the network when it made the socket, whatever its process is or has
// become since.
func Abroad(connection int) (bool, error) {
	theirs, err := unix.IoctlRetInt(connection, unix.SIOCGSKNS)
	if err != nil {
		return false, err
	}
	defer closeFD(theirs)
	here, err := isHost(theirs)
	return !here, err
}
