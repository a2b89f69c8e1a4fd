package privilege

import (
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// takeHere does on all threads what the entry point does on the first, where it did not run. The Go runtime reaches its
// threads by a real-time signal each, which counts against RLIMIT_SIGPENDING: a caller who left no room for them, where the
// limit cannot be raised, waits until RLIMIT_CPU ends their call. Nothing is held by then.
func (c *Caller) takeHere(own Set) error {
	setLimit(unix.RLIMIT_SIGPENDING, unix.RLIM_INFINITY)
	if c.becomesRoot() {
		if err := unix.Setresuid(0, 0, 0); err != nil && !isRoot() {
			return takeUser.failed(err)
		}
	}
	now, err := capget()
	if err != nil {
		return readCaps.failed(err)
	}
	return setCaps.failed(now.within(own).everywhere())
}

// isRoot reports whether real, effective and saved user id of this thread are 0.
func isRoot() bool {
	ruid, euid, suid := unix.Getresuid()
	return ruid == 0 && euid == 0 && suid == 0
}

// everywhere makes s the sets of all threads. The kernel copies both structures before it
// returns.
func (s sets) everywhere() error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&s[0])), 0)
	if errno != 0 && !s.areSet() {
		return errno
	}
	return nil
}
