package trusted

import (
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

// ReopenError says that a file was found, and that there is no /proc to open it through.
type ReopenError struct {
	Path string
	Err  error // of open(2) on /proc/self/fd
}

// Error names the file and the cause. It has no Unwrap: ENOENT would be taken to mean that the file does not exist.
func (e *ReopenError) Error() string {
	return "cannot open " + e.Path + " through /proc/self/fd: " + e.Err.Error()
}

// OpenFound is Open for a path that others have a hand in, such as a directory of a user's in PATH. Open's O_NONBLOCK
// keeps a FIFO from blocking, but the writer at its other end is woken, and a device does whatever it does when it is
// opened: rewind a tape, start a watchdog, hang up. Nothing but what Open would accept is opened here.
//
// Errors: as Open, and *ReopenError.
func OpenFound(path string) (*File, error) {
	held, err := find(path)
	if err != nil {
		return nil, err
	}
	defer held.Close()
	if err := held.check(path, privilege.Reporter()); err != nil {
		return nil, err
	}
	file, err := held.reopened(path)
	if err != nil {
		return nil, err
	}
	if err := file.check(path, privilege.Reporter()); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// find holds what path leads to without opening it: O_PATH, open(2).
func find(path string) (*File, error) {
	fd, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	return &File{fd: fd, held: true}, nil
}

// reopened opens what is held, by its link in /proc, which leads to the held file and to no name.
func (f *File) reopened(path string) (*File, error) {
	link := "/proc/self/fd/" + strconv.Itoa(f.fd)
	fd, err := unix.Open(link, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	switch err {
	case nil:
	case unix.ENOENT, unix.ENOTDIR:
		return nil, &ReopenError{path, err}
	default:
		return nil, err
	}
	opened := &File{fd: fd}
	if err := opened.look(); err != nil {
		opened.Close()
		return nil, err
	}
	if opened.stat.dev != f.stat.dev || opened.stat.ino != f.stat.ino { // something else is mounted on /proc
		opened.Close()
		return nil, &ReopenError{path, unix.ESTALE}
	}
	return opened, nil
}
