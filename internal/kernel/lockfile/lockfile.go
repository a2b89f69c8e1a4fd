// Package lockfile opens files that only root can have written, and locks bytes of them.
//
// It promises that no lock is waited for: one that cannot be had at once is somebody else's, who may be frozen. And that
// nothing is used that others could have written.
package lockfile

import (
	"errors"
	"io"
	"strconv"

	"golang.org/x/sys/unix"
)

// Kinds of locks, fcntl(2).
const (
	Exclusive = int16(unix.F_WRLCK)
	Shared    = int16(unix.F_RDLCK)
	None      = int16(unix.F_UNLCK)
)

// Try takes, changes or gives back (None) a lock on length bytes of fd from start, whether the file has them or not,
// and reports whether it could. It never waits: the holder may be a process that its user has frozen.
//
// The lock is one of the open file description ("Open file description locks", fcntl(2), Linux 3.15): it goes when the
// process ends, however it ends, and it needs no process id to be looked at, which another pid namespace would not have.
func Try(fd int, kind int16, start, length int64) (bool, error) {
	lock := unix.Flock_t{Type: kind, Whence: unix.SEEK_SET, Start: start, Len: length}
	err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_SETLK, &lock)
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) {
		return false, nil
	}
	return err == nil, err
}

// Locked reports whether somebody else holds a lock on those bytes.
func Locked(fd int, start, length int64) (bool, error) {
	lock := unix.Flock_t{Type: Exclusive, Whence: unix.SEEK_SET, Start: start, Len: length}
	err := unix.FcntlFlock(uintptr(fd), unix.F_OFD_GETLK, &lock)
	return lock.Type != None, err
}

// Error says which file or directory something could not be done with.
type Error struct {
	Path string
	Err  error
}

// Error names the path and the cause.
func (e *Error) Error() string { return e.Path + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// About is err with the path that it is about; nil if there is no error.
func About(path string, err error) error {
	if err == nil {
		return nil
	}
	return &Error{path, err}
}

// UnsafeError says that a directory or file could have been written by somebody other than root.
type UnsafeError struct{ Path, Reason string }

// Error names the path and the reason.
func (e *UnsafeError) Error() string { return e.Path + " " + e.Reason }

// Open opens a file in a directory, or with O_DIRECTORY a directory, and makes it with a mode if it is missing and the mode is
// not 0. What is there is opened and never made again: to make a name takes the lock of the directory exclusively before it is
// looked up, and a user can hold that lock of each directory that they can read for as long as they like (docs/process.md).
//
// The file belongs to owner (root, but in tests) and nobody else may write to it. Errors: *UnsafeError, *Error.
func Open(dir int, name, path string, flags int, mode, owner uint32) (int, unix.Stat_t, error) {
	flags |= unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(dir, name, flags, 0)
	if mode == 0 || !errors.Is(err, unix.ENOENT) {
		return check(fd, path, owner, err)
	}
	if flags&unix.O_DIRECTORY == 0 {
		fd, err = unix.Openat(dir, name, flags|unix.O_CREAT, mode)
	} else if err = unix.Mkdirat(dir, name, mode); err == nil || errors.Is(err, unix.EEXIST) {
		fd, err = unix.Openat(dir, name, flags, 0)
	}
	return check(fd, path, owner, err)
}

// check refuses what somebody other than the owner has or may write to.
func check(fd int, path string, owner uint32, err error) (int, unix.Stat_t, error) {
	var stat unix.Stat_t
	if err == nil {
		err = unix.Fstat(fd, &stat)
	}
	switch {
	case err != nil:
		err = About(path, err)
	case stat.Uid != owner:
		err = &UnsafeError{path, "is owned by uid " + strconv.FormatUint(uint64(stat.Uid), 10) + ", not by root"}
	case stat.Mode&(unix.S_IWGRP|unix.S_IWOTH) != 0:
		err = &UnsafeError{path, "is writable by group or others"}
	}
	if err != nil {
		Close(fd)
		return -1, stat, err
	}
	return fd, stat, nil
}

// Close closes a descriptor, if it is one. Nothing is buffered in one, so no error would change anything.
func Close(fd int) {
	if fd >= 0 {
		_ = unix.Close(fd)
	}
}

// ReadAt reads up to a whole buffer from an offset. Where the file ends before that, so does what is returned.
func ReadAt(fd int, buffer []byte, at int64) ([]byte, error) {
	n, err := unix.Pread(fd, buffer, at)
	for errors.Is(err, unix.EINTR) {
		n, err = unix.Pread(fd, buffer, at)
	}
	return buffer[:max(n, 0)], err
}

// WriteAt writes text at an offset, or fails: with the limits raised, only a full file system cuts a write.
func WriteAt(fd int, text []byte, at int64) error {
	n, err := unix.Pwrite(fd, text, at)
	return whole(n, text, err)
}

// Append writes text at the end of a file that was opened with O_APPEND, or fails.
func Append(fd int, text []byte) error {
	n, err := unix.Write(fd, text)
	return whole(n, text, err)
}

func whole(n int, text []byte, err error) error {
	if err == nil && n != len(text) {
		return io.ErrShortWrite
	}
	return err
}
