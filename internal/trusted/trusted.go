// Package trusted opens the files that decide what a user may do.
//
// It promises that what is read was written by root: the file that was opened, not the name, is checked. A symbolic
// link is followed, since whoever can place one in /etc is root already (the original refuses links, shadow#1253).
package trusted

import (
	"errors"
	"io"
	"strconv"

	"golang.org/x/sys/unix"
)

// UntrustedError says why a file that exists was not read.
type UntrustedError struct {
	Path   string
	Reason string // "is not a regular file", "is owned by uid 1000, not by root", "is writable by group or others"
}

// Error names the file and the reason.
func (e *UntrustedError) Error() string { return e.Path + " " + e.Reason }

// File is an open file that only root could have written. The zero value is not usable.
type File struct {
	fd   int
	stat unix.Stat_t
}

// Open opens path for reading and checks the open file: regular, owned by root, not writable by group or others.
//
// Errors: *UntrustedError, or the errno of open(2) or fstat(2). O_NONBLOCK keeps a FIFO from blocking before it can be
// refused.
func Open(path string) (*File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	return checked(fd, path)
}

// checked is the file that is open as fd, if only root can have written it.
func checked(fd int, path string) (*File, error) {
	f := &File{fd: fd}
	if err := f.check(path); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// check refuses what somebody other than root may have written.
func (f *File) check(path string) error {
	if err := unix.Fstat(f.fd, &f.stat); err != nil {
		return err
	}
	switch {
	case f.stat.Mode&unix.S_IFMT != unix.S_IFREG:
		return &UntrustedError{path, "is not a regular file"}
	case f.stat.Uid != 0:
		return &UntrustedError{path, "is owned by uid " + strconv.FormatUint(uint64(f.stat.Uid), 10) + ", not by root"}
	case f.stat.Mode&(unix.S_IWGRP|unix.S_IWOTH) != 0:
		return &UntrustedError{path, "is writable by group or others"}
	}
	return nil
}

// Read reads as io.Reader asks.
func (f *File) Read(buffer []byte) (int, error) { return Descriptor(f.fd).Read(buffer) }

// Descriptor is an open file descriptor as an io.Reader: read(2) and nothing else, where os.File would start a poller.
type Descriptor int

// Read reads as io.Reader asks. Errors are io.EOF, and those of read(2) but for EINTR.
func (d Descriptor) Read(buffer []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), buffer)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(buffer) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// ReadAt reads as io.ReaderAt asks.
func (f *File) ReadAt(buffer []byte, offset int64) (int, error) {
	done := 0
	for done < len(buffer) {
		n, err := unix.Pread(f.fd, buffer[done:], offset+int64(done))
		if err != nil {
			return done, err
		}
		if n == 0 {
			return done, io.EOF
		}
		done += n
	}
	return done, nil
}

// Close closes the file. A failure to close what was only read changes nothing for the caller.
func (f *File) Close() { _ = unix.Close(f.fd) }
