package whynot

import (
	"errors"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
)

func decimal(id uint32) string { return strconv.FormatUint(uint64(id), 10) }

// Who names a user: "alice (uid 1000)".
func Who(u idmap.User) string {
	return strings.Join(u.Names, ", ") + " (uid " + decimal(u.UID) + ")"
}

// causeText is the text of an error, with an error number spelled as strerror(3) does.
func causeText(err error) string {
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

// notAllowed is what the original says of a range.
func notAllowed(kind idmap.Kind, m idmap.Mapping) string {
	return string(append(m.Append([]byte(kind.Word()+" range ")), " not allowed"...))
}
