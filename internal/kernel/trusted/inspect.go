package trusted

import (
	"errors"

	"userns-helpers/internal/kernel/privilege"
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
	if err := held.check(path, privilege.Standing{}); errors.As(err, &distrust) && distrust.Fault == NotRegular {
		return nil, nil, err
	}
	file, err = held.reopened(path)
	if err != nil {
		return nil, nil, err
	}
	distrust = nil
	if err := file.check(path, privilege.Standing{}); err != nil && !errors.As(err, &distrust) {
		file.Close()
		return nil, nil, err
	}
	return file, distrust, nil
}
