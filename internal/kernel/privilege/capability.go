package privilege

import (
	"cmp"

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

// sets are the effective, permitted and inheritable capabilities of a thread, as capget(2) and capset(2) have them: those
// below 32, and those above.
type sets [2]unix.CapUserData

// capget reads the sets of this thread, over what no thread can have.
func capget() (sets, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	s := sets{{Permitted: ^uint32(0)}, {Permitted: ^uint32(0)}}
	err := unix.Capget(&header, &s[0])
	return s, err
}

// permitted is the permitted set.
func (s sets) permitted() Set { return Set(s[0].Permitted) | Set(s[1].Permitted)<<32 }

// within is s without what is not in own.
func (s sets) within(own Set) sets {
	for i := range s {
		word := uint32(own >> (32 * i))
		s[i].Effective, s[i].Permitted, s[i].Inheritable = s[i].Effective&word, s[i].Permitted&word, s[i].Inheritable&word
	}
	return s
}

// set makes s the sets of this thread, and looks whether they are.
func (s sets) set() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	err := unix.Capset(&header, &s[0])
	if s.areSet() {
		return nil
	}
	return setCaps.failed(cmp.Or(err, error(unix.EPERM)))
}

// areSet reports whether s are the sets of this thread.
func (s sets) areSet() bool {
	now, err := capget()
	return err == nil && now == s
}

// Narrow is the last step before a map is written. The effective user id of this thread becomes the caller's, so that the
// kernel sees the owner of the user namespace at work (user_namespaces(7)) and CAP_SYS_ADMIN is not needed. Permitted and
// effective become what both keep and the program's own permitted set hold, and inheritable becomes empty; not even a
// program that this thread executes as root could get more. There is no way back to a capability. Real and saved user ids
// stay 0 where they are, against the caller's signals.
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
	return exactly(keep & c.permitted).set()
}

// exactly are sets of which the permitted and the effective one are set, and the inheritable one is empty.
func exactly(set Set) sets {
	low, high := uint32(set), uint32(set>>32)
	return sets{{Effective: low, Permitted: low}, {Effective: high, Permitted: high}}
}

// effective makes set the effective capabilities of this thread, as far as they are permitted, which stay. Where the
// caller's securebits say that a change of ids leaves them as they are (SECBIT_NO_SETUID_FIXUP, capabilities(7)) it does
// what the kernel does otherwise.
func effective(set Set) error {
	now, err := capget()
	if err != nil {
		return readCaps.failed(err)
	}
	now[0].Effective, now[1].Effective = uint32(set)&now[0].Permitted, uint32(set>>32)&now[1].Permitted
	return now.set()
}
