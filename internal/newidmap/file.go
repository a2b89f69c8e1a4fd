package newidmap

import (
	"errors"
	"io"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
)

// file is an open file that may be relied on.
type file interface {
	io.Reader
	Close()
}

// openTrusted opens files that only root can have written, of being who they decide for.
func openTrusted(of privilege.Standing) func(path string) (file, error) {
	return func(path string) (file, error) {
		f, err := trusted.Open(path, of)
		if err != nil {
			return nil, err
		}
		return f, nil
	}
}

// reason is the text of an error with an error number spelled as strerror(3) does.
func reason(err error) string {
	if errno, ok := err.(unix.Errno); ok {
		return strerror(errno)
	}
	return err.Error()
}

// strerror is the text of an error as C programs print it: Go's own texts of error numbers are the same words with a
// small first letter. A file that is not trusted is an operation that is not permitted.
func strerror(err error) string {
	var errno unix.Errno
	if !errors.As(err, &errno) {
		errno = unix.EPERM
	}
	text := errno.Error()
	return strings.ToUpper(text[:1]) + text[1:]
}
