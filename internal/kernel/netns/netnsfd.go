// Package netns holds a network namespace that a caller may change.
//
// It promises that the namespace it hands out was opened with the caller's rights, belongs to a user namespace that the
// caller owns, and is not the one that this program runs in; and that it is the descriptor of that very namespace which
// is used afterwards, whatever becomes of the process or the path that it was reached by.
package netns

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
)

// Namespace is a checked network namespace.
type Namespace struct{ fd int }

// FD is its descriptor, for the life of the program.
func (n *Namespace) FD() int { return n.fd }

// Found is what a caller calls a network namespace, open, and not checked.
type Found struct{ fd int }

// FD is its descriptor, for the life of the program.
func (f Found) FD() int { return f.fd }

// Check judges what was found, and closes it unless it passes. Errors are *Error.
func (f Found) Check(c privilege.Caller) (*Namespace, error) {
	if err := Judge(c.UID(), f.fd); err != nil {
		closeFD(f.fd)
		return nil, err
	}
	return &Namespace{f.fd}, nil
}

// Reason says why a namespace is refused.
type Reason int

// The reasons.
const (
	Unreachable Reason = iota // it does not exist, or the caller may not open it: the two are not told apart (CVE-2018-6556)
	Gone                      // no process has this pid
	NotNetwork                // it is not a network namespace
	Host                      // it is the namespace that the program runs in
	NotOwned                  // no user namespace that it belongs to is the caller's
)

// Error is a namespace that is refused.
type Error struct {
	Reason Reason
	Err    error // of the deciding system call, or nil
}

// Error names the reason.
func (e *Error) Error() string {
	return [...]string{
		"it does not exist, or you may not open it",
		"there is no such process",
		"it is not a network namespace",
		"it is the namespace of the host",
		"you do not own it",
	}[e.Reason]
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// OfProcess opens the network namespace of a process. Errors are *Error.
func OfProcess(c privilege.Caller, pid int) (Found, error) {
	return open(c, false, func() (int, error) {
		process, err := target.ByPID(pid)
		return ofTarget(process, err)
	})
}

// OfDescriptor opens the network namespace that the caller passed as descriptor fd: the namespace itself, a pidfd, or
// the directory /proc/PID. Errors are *Error.
//
// From here on no program that this one executes inherits fd.
func OfDescriptor(c privilege.Caller, fd int) (Found, error) {
	defer unix.CloseOnExec(fd)
	return open(c, true, func() (int, error) {
		if isNamespace(fd) && inherited(fd) {
			return unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
		}
		process, err := target.ByDescriptor(fd)
		return ofTarget(process, err)
	})
}

// OfPath opens the network namespace at an absolute path. Errors are *Error.
//
// The path is the caller's: O_PATH finds what is there without opening it, so that no FIFO blocks and no device notices,
// and what is not a namespace is refused before it is opened.
func OfPath(c privilege.Caller, path string) (Found, error) {
	found := -1
	err := waits(c, !ofProc(path), func() (err error) {
		found, err = unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
		if err == nil && !isNamespace(found) {
			closeFD(found)
			return &Error{Reason: NotNetwork}
		}
		return err
	})
	var other *Error
	switch {
	case errors.As(err, &other):
		return Found{}, other
	case err != nil:
		return Found{}, &Error{Unreachable, err}
	}
	defer closeFD(found)
	fd, err := unix.Open("/proc/self/fd/"+strconv.Itoa(found), unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return Found{}, &Error{Unreachable, err}
	}
	return Found{fd}, nil
}

// waits runs f with the caller's rights. Where f may wait for the caller, at a file system of theirs or a directory that
// they keep locked, the process counts as theirs during that time; it holds nothing.
func waits(c privilege.Caller, may bool, f func() error) error {
	if !may {
		return c.Do(f)
	}
	return c.Exposed(func() error { return c.Do(f) })
}

// ofProc reports whether a path is /proc/PID/ns/NAME or /proc/PID/fd/NUMBER, as callers give nearly always: no directory on
// the way is a user's.
func ofProc(path string) bool {
	parts := strings.Split(path, "/")
	return len(parts) == 5 && parts[0] == "" && parts[1] == "proc" && (parts[3] == "ns" || parts[3] == "fd")
}

// open runs f with the caller's rights; named says that it is about a descriptor of the caller's.
func open(c privilege.Caller, named bool, f func() (int, error)) (Found, error) {
	fd := -1
	err := waits(c, named, func() (err error) {
		fd, err = f()
		return err
	})
	var missing *target.Error
	switch {
	case errors.As(err, &missing) && missing.Cause == target.Gone, errors.Is(err, unix.ESRCH):
		return Found{}, &Error{Gone, err}
	case err != nil:
		return Found{}, &Error{Unreachable, err}
	}
	return Found{fd}, nil
}

// ofTarget opens the network namespace of an open process and closes the process.
func ofTarget(process *target.Process, err error) (int, error) {
	if err != nil {
		return -1, err
	}
	defer process.Close()
	fd, err := process.OpenNamespace("net")
	if errors.Is(err, unix.ENOENT) && process.Gone() {
		return -1, unix.ESRCH
	}
	return fd, err
}

// Judge returns nil if uid may change the namespace that is open as fd, or an *Error.
func Judge(uid uint32, fd int) error {
	if kind, err := unix.IoctlRetInt(fd, unix.NS_GET_NSTYPE); err != nil || kind != unix.CLONE_NEWNET {
		return &Error{NotNetwork, err}
	}
	host, err := isHost(fd)
	switch {
	case err != nil:
		return &Error{Unreachable, err}
	case host:
		return &Error{Reason: Host}
	case !owns(uid, fd):
		return &Error{Reason: NotOwned}
	}
	return nil
}

// isNamespace reports whether fd is a file of nsfs; O_PATH descriptors can be asked too.
func isNamespace(fd int) bool {
	var fs unix.Statfs_t
	return unix.Fstatfs(fd, &fs) == nil && fs.Type == unix.NSFS_MAGIC
}

// inherited reports whether the caller passed fd: what passes execve(2) has no FD_CLOEXEC.
func inherited(fd int) bool {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	return err == nil && flags&unix.FD_CLOEXEC == 0
}

// own is the network namespace of this thread.
const own = "/proc/thread-self/ns/net"

// isHost reports whether fd is the namespace of this thread.
func isHost(fd int) (bool, error) {
	var theirs, ours unix.Stat_t
	if err := unix.Fstat(fd, &theirs); err != nil {
		return false, err
	}
	if err := unix.Stat(own, &ours); err != nil {
		return false, err
	}
	return theirs.Dev == ours.Dev && theirs.Ino == ours.Ino, nil
}

// Administered reports whether the user namespace of this program owns the network namespace that it runs in: if it does
// not, no capability of the program counts there.
func Administered() (bool, error) {
	fd, err := unix.Open(own, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false, err
	}
	defer closeFD(fd)
	owner, err := unix.IoctlRetInt(fd, unix.NS_GET_USERNS)
	if errors.Is(err, unix.EPERM) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	closeFD(owner)
	return true, nil
}

// deepest is how many user namespaces the kernel nests at most, user_namespaces(7).
const deepest = 33

// owns reports whether uid owns the user namespace that the namespace belongs to, or one above it: the owner of a
// user namespace has all capabilities in it and in what is below (user_namespaces(7), ioctl_ns(2), Linux 4.11).
//
// The walk up ends at the program's own user namespace, for whose parent the kernel answers EPERM: what belongs to that
// one belongs to the host, and to root alone.
func owns(uid uint32, fd int) bool {
	ns, err := unix.IoctlRetInt(fd, unix.NS_GET_USERNS)
	for range deepest {
		if err != nil {
			return false
		}
		owner, owned := unix.IoctlGetUint32(ns, unix.NS_GET_OWNER_UID)
		parent, above := unix.IoctlRetInt(ns, unix.NS_GET_PARENT)
		closeFD(ns)
		if above != nil {
			return uid == 0
		}
		if owned == nil && owner == uid {
			closeFD(parent)
			return true
		}
		ns, err = parent, nil
	}
	return false
}

func closeFD(fd int) { _ = unix.Close(fd) }
