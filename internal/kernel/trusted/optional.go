package trusted

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

// OpenOptional is Open for a file that need not exist; nil if it does not. A symbolic link that leads nowhere is a file
// that should exist, and an error: unix.ENOENT. An absent file costs one failed open(2).
func OpenOptional(path string, of privilege.Standing) (*File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_NOFOLLOW, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		return nil, nil
	case errors.Is(err, unix.ELOOP): // the last part is a symbolic link, open(2)
		return Open(path, of)
	case err != nil:
		return nil, err
	}
	return checked(fd, path, of)
}
