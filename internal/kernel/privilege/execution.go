package privilege

import "golang.org/x/sys/unix"

// stack is the size of a program's stack, in bytes: what Linux gives where nobody chose another. An endless one changes
// where the kernel puts libraries, a small one kills.
const stack = 8 << 20

// PrepareExecution takes from a program that is executed next what the caller chose and Begin needs not change for
// itself: the limit of the stack, where it may be raised, and the execution domain (personality(2)): with UNAME26 uname(2)
// says that Linux is older than what a C library runs on, and one that the kernel did not reset, since nothing was gained
// by executing, would put all memory where it can be foreseen. It also sets no_new_privs (prctl(2)) on this thread, so
// that no setuid program that it executes gains anything.
func PrepareExecution() error {
	setLimit(unix.RLIMIT_STACK, stack)
	_, _, _ = unix.RawSyscall(unix.SYS_PERSONALITY, personalityLinux, 0, 0)
	return noMoreByExecuting()
}

// personalityLinux is PER_LINUX without any flag, personality(2).
const personalityLinux = 0

// Raised reports whether this thread has rights that the user who ran the program may not have: other effective or saved
// ids than real ones, or capabilities without being root.
func Raised() (bool, error) {
	ruid, euid, suid := unix.Getresuid()
	rgid, egid, sgid := unix.Getresgid()
	if ruid != euid || euid != suid || rgid != egid || egid != sgid {
		return true, nil
	}
	now, err := capget()
	return now.permitted() != 0 && ruid != 0, err
}
