package privilege

import "golang.org/x/sys/unix"

// Exposed runs f as a process that counts as the caller's, for what may wait as long as the caller likes: the real user id
// of this thread is the caller's while f runs. So RLIMIT_NPROC counts it as one of theirs (the kernel counts threads by their
// real user id), and they may signal it. It must not hold anything that others wait for, nor do anything in f that must not
// be cut short.
//
// The effective and saved user ids, and the capabilities, stay what they are, and with them what keeps the caller out of
// this process's memory. Capabilities go when the last of the three ids leaves 0, and the kernel sets dumpable back when
// the *effective* id changes (commit_creds() in kernel/cred.c), which would open the memory of all threads; ptrace(2) asks
// for all three ids (__ptrace_may_access()), of which the saved one stays 0.
//
// Returns f's error. A thread that cannot get its id back ends the process with status 1.
func (c Caller) Exposed(f func() error) error {
	if !c.raised || realUser(c.uid) != nil {
		return f()
	}
	defer func() {
		if realUser(0) != nil {
			unix.Exit(1)
		}
	}()
	return f()
}

// realUser sets the real user id of this thread, and of no other.
func realUser(uid uint32) error {
	if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(uid), same, same); errno != 0 {
		return errno
	}
	return nil
}
