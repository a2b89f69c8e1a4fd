package privilege

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Standing is what somebody could do in this user namespace without the program: whether the kernel would give that one
// what the program decides about. Files that decide are believed accordingly, see package trusted. The zero value stands
// for somebody who could do nothing.
type Standing struct {
	of        of
	uid       uint32
	permitted Set
	need      Set
}

// of tells the kinds of Standing apart.
type of int

const (
	nobody   of = iota
	reporter    // who runs a program that decides nothing
	supposed    // somebody whom a report is about
	caller
)

// Reporter is the standing of who runs a program without privilege: what it says is worth as much as what its user says.
func Reporter() Standing { return Standing{of: reporter} }

// Supposed is the standing of the user uid after login, for a report.
func Supposed(uid uint32) Standing { return Standing{of: supposed, uid: uid} }

// Standing is the caller's, as to the capabilities that the program uses. Of a peer none of the proofs of Holds can be had.
func (c Caller) Standing(need Set) Standing {
	if c.peer {
		return Standing{}
	}
	return Standing{caller, c.uid, c.permitted, need}
}

// Holds reports whether the caller had the needed capabilities over this user namespace before execve(2). It is asked
// before ids or securebits are changed, which Begin does not do to what it looks at, and costs nothing until then.
//
// There is no way to ask for a capability of the past. There are three proofs:
//
// The real user id is 0 in this namespace: execve(2) has just given all that is in the bounding set for that alone
// (capabilities(7), "Capabilities and execution of programs by root"), as it would have with any other program; unless
// SECBIT_NOROOT is set, under which root's id is worth nothing.
//
// The capability is ambient: an ambient capability was permitted before, and a setuid bit or a file capability would have
// cleared the set.
//
// The caller made this namespace: see made.
func (s Standing) Holds() bool {
	switch {
	case s.of == reporter:
		return true
	case s.of == supposed:
		return s.uid == 0
	case s.of == nobody || !s.permitted.Has(s.need):
		return false
	}
	return s.rootHere() || s.ambient() || s.made()
}

// noRoot is SECBIT_NOROOT of capabilities(7).
const noRoot = 1 << 0

func (s Standing) rootHere() bool {
	bits := look(unix.PR_GET_SECUREBITS)
	return s.uid == 0 && bits >= 0 && bits&noRoot == 0
}

func (s Standing) ambient() bool {
	for c := range uint(64) {
		if !s.need.Has(Of(c)) {
			continue
		}
		set, err := unix.PrctlRetInt(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_IS_SET, uintptr(c), 0, 0)
		if err != nil || set != 1 {
			return false
		}
	}
	return s.need != 0
}

// made reports whether the caller made this user namespace, and is confined by nothing else: the namespace of mounts
// belongs to a user namespace above. The maker of a user namespace has every capability over it from outside
// (user_namespaces(7)), and with the files of the mounts outside, one's own login among them, there is a way outside
// (util-linux#3120: file capabilities below unshare -Uc --map-subids). In a container, which has mounts of its own, a
// process with the maker's id may be locked up, and is nobody in particular.
//
// The kernel shows the owner of a namespace by the overflow user id where that one has no id here, and so may the caller
// be (proc_sys_kernel(5)): two of those may be two.
func (s Standing) made() bool {
	namespace, err := unix.Open("/proc/self/ns/user", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(namespace)
	owner, err := unix.IoctlGetUint32(namespace, unix.NS_GET_OWNER_UID)
	return err == nil && owner == s.uid && owner != overflow() && mountsAreAbove()
}

// mountsAreAbove reports whether the namespace of mounts belongs to a user namespace above this one, for which the kernel
// answers EPERM, ioctl_ns(2).
func mountsAreAbove() bool {
	mounts, err := unix.Open("/proc/self/ns/mnt", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer unix.Close(mounts)
	owner, err := unix.IoctlRetInt(mounts, unix.NS_GET_USERNS)
	if err == nil {
		_ = unix.Close(owner)
	}
	return errors.Is(err, unix.EPERM)
}
