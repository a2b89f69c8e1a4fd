package target

import "golang.org/x/sys/unix"

// Cause says what is wrong with a reference to a process.
type Cause int

// The causes. Those from NotOpen to NotProcess are about a descriptor, and mean that the command line is wrong.
const (
	Unknown      Cause = iota // the error number is all that is known
	Gone                      // no process has this pid, or the process has ended since
	Hidden                    // the process exists and /proc does not show it to the caller
	NoProc                    // no procfs is mounted on /proc
	NotOpen                   // the descriptor is not open
	NotInherited              // the descriptor was opened by this program
	NotDirectory              // the descriptor is neither a directory nor a pidfd
	OtherFS                   // the directory is not on the procfs that is mounted on /proc
	NotProcess                // the directory is on that procfs and is not /proc/PID
	OutsidePidNS              // the process of the pidfd has no pid on this /proc
	OldKernel                 // this kernel cannot tell what the descriptor is
)

var texts = [...]string{
	Unknown:      "it cannot be opened",
	Gone:         "there is no such process",
	Hidden:       "the process is hidden",
	NoProc:       "no procfs is mounted on /proc",
	NotOpen:      "the descriptor is not open",
	NotInherited: "the descriptor was not passed by the caller",
	NotDirectory: "the descriptor is neither a directory nor a pidfd",
	OtherFS:      "the directory is not on the procfs of /proc",
	NotProcess:   "the directory is not that of a process",
	OutsidePidNS: "the process is not visible on /proc",
	OldKernel:    "the kernel is too old",
}

// Error is a process that could not be opened.
type Error struct {
	Cause Cause
	Errno unix.Errno // what the deciding system call returned; 0 where a comparison decided
}

// Error names the cause.
func (e *Error) Error() string { return texts[e.Cause] }

// Unwrap returns the error number, or nil.
func (e *Error) Unwrap() error {
	if e.Errno == 0 {
		return nil
	}
	return e.Errno
}

// Descriptor reports whether the cause is the descriptor that was passed and not the process behind it.
func (e *Error) Descriptor() bool { return e.Cause >= NotOpen && e.Cause <= NotProcess }

// failure wraps the error of a system call.
func failure(cause Cause, err error) *Error {
	errno, _ := err.(unix.Errno)
	return &Error{cause, errno}
}
