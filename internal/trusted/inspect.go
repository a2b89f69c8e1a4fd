package trusted

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Inspect opens path for a program that reports and grants nothing: a regular file that Open refuses is open all the
// same, and distrust says why it is refused. What is not a regular file is not opened: see OpenFound.
//
// Errors: *UntrustedError for what is not a regular file; *ReopenError; the errno of open(2) or fstat(2).
func Inspect(path string) (file *File, distrust *UntrustedError, err error) {
	held, err := find(path)
	if err != nil {
		return nil, nil, err
	}
	defer held.Close()
	err = held.check(path)
	regular := held.stat.Mode&unix.S_IFMT == unix.S_IFREG
	if err != nil && !(errors.As(err, &distrust) && regular) {
		return nil, nil, err
	}
	file, err = held.reopened(path)
	if err != nil {
		return nil, nil, err
	}
	return file, distrust, nil
}
