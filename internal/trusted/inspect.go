package trusted

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/privilege"
)

// Inspect opens path for a program that reports and grants nothing: a regular file that Open refuses is open all the
// same, and distrust says why it is refused.
//
// Errors: *UntrustedError for what is not a regular file, which is not read; the errno of open(2) or fstat(2).
func Inspect(path string) (file *File, distrust *UntrustedError, err error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, nil, err
	}
	f := &File{fd: fd}
	err = f.check(path, privilege.Standing{})
	if errors.As(err, &distrust) && f.stat.Mode&unix.S_IFMT == unix.S_IFREG {
		return f, distrust, nil
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, nil, nil
}
