package entry

import (
	"io"

	"golang.org/x/sys/unix"
)

// Closed reports whether the caller left a descriptor of 0 to 2 closed. The runtime has opened /dev/null there, so that no
// file of the program's gets that number; it takes every answer, which nobody gets. It is not known where the entry point
// did not run.
func Closed(fd int) bool { return fd >= 0 && fd < 3 && found.Closed>>fd&1 != 0 }

// Output is w, which writes to the descriptor fd; or what fails, as w would, where the caller left that one closed.
func Output(w io.Writer, fd int) io.Writer {
	if Closed(fd) {
		return closed{}
	}
	return w
}

// closed is a descriptor that is not open.
type closed struct{}

// Write fails.
func (closed) Write([]byte) (int, error) { return 0, unix.EBADF }
