package privilege

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// Set is a set of capabilities, bit n standing for capability n of capabilities(7).
type Set uint64

// Of returns the set of the given capabilities (unix.CAP_*).
func Of(capabilities ...uint) Set {
	var s Set
	for _, c := range capabilities {
		s |= 1 << c
	}
	return s
}

// Has reports whether all of other is in s.
func (s Set) Has(other Set) bool { return s&other == other }

// Unbounded returns those of set that are not in the bounding set, which no function here changes.
func Unbounded(set Set) Set {
	var out Set
	for c := range uint(64) {
		if !set.Has(Of(c)) {
			continue
		}
		if value, err := unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(c), 0, 0, 0); err == nil && value == 0 {
			out |= Of(c)
		}
	}
	return out
}

// permittedNow returns this thread's permitted set, capget(2).
func permittedNow() (Set, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return 0, err
	}
	return Set(data[0].Permitted) | Set(data[1].Permitted)<<32, nil
}

// Narrow is the last step before a map is written. The effective user id of this thread becomes the caller's, so that the
// kernel sees the owner of the user namespace at work (user_namespaces(7)) and CAP_SYS_ADMIN is not needed. On all threads
// permitted and effective become what both keep and the program's own permitted set hold, and inheritable becomes empty;
// not even a program that this thread executes as root could get more. There is no way back to a capability. Real and saved user ids stay 0 where they are, against the caller's signals.
//
// Where the program was given none of keep it keeps nothing, and the kernel is left to refuse what follows.
func (c Caller) Narrow(keep Set) error {
	if c.raised {
		if err := noMoreByExecuting(); err != nil {
			return err
		}
		if err := c.lower(); err != nil {
			return err
		}
	}
	return setCaps.failed(capset(keep & c.permitted))
}

// effective makes set the effective capabilities of this thread, and of no other; the permitted ones stay. Where the
// caller's securebits say that a change of ids leaves them as they are (SECBIT_NO_SETUID_FIXUP, capabilities(7)) it does
// what the kernel does otherwise.
func effective(set Set) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return readCaps.failed(err)
	}
	data[0].Effective, data[1].Effective = uint32(set)&data[0].Permitted, uint32(set>>32)&data[1].Permitted
	return setCaps.failed(unix.Capset(&header, &data[0]))
}

// capset makes set the permitted and the effective capabilities of all threads: unix.Capset would change one thread and
// leave everything to the others. This is the only use of unsafe; the kernel copies both structures before it returns.
func capset(set Set) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	low, high := uint32(set), uint32(set>>32)
	data := [2]unix.CapUserData{{Effective: low, Permitted: low}, {Effective: high, Permitted: high}}
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET,
		uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&data[0])), 0)
	if errno != 0 && !keeps(set) {
		return errno
	}
	return nil
}

// keeps reports whether this thread, and so every thread of a program that has not changed them, has the capabilities of
// set and no others already.
func keeps(set Set) bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	low := unix.CapUserData{Effective: uint32(set), Permitted: uint32(set)}
	high := unix.CapUserData{Effective: uint32(set >> 32), Permitted: uint32(set >> 32)}
	return unix.Capget(&header, &data[0]) == nil && data == [2]unix.CapUserData{low, high}
}
