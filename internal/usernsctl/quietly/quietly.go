// Package quietly opens files that others have a hand in, for a program that reports and grants nothing.
//
// It promises that nobody notices: nothing but a regular file is opened. Open's O_NONBLOCK in package trusted keeps a FIFO
// from blocking, but the writer at its other end is woken, and a device does whatever it does when it is opened: rewind a
// tape, start a watchdog, hang up. What package trusted would refuse it says.
package quietly

import (
	"errors"
	"io"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
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

// Open opens the regular file at path, whoever wrote it; distrust says why trusted.Open refuses it to somebody of no
// standing.
//
// Errors: *trusted.UntrustedError for what is not a regular file; *ReopenError; the errno of open(2) or fstat(2).
func Open(path string) (file *File, distrust *trusted.UntrustedError, err error) {
	return open(path, privilege.Standing{}, func(fault trusted.Fault) bool { return fault == trusted.NotRegular })
}

// OpenTrusted opens what trusted.Open opens for who reports, and nothing else: a file that a user wrote may be on a file
// system of that user's. Errors: as Open, and all of trusted.Open.
func OpenTrusted(path string) (*File, error) {
	// What is only held has no list of access to be read: that is judged when the file is open.
	file, distrust, err := open(path, privilege.Reporter(), func(fault trusted.Fault) bool { return fault != trusted.Listed })
	if distrust != nil {
		_ = file.Close()
		return nil, distrust
	}
	return file, err
}

// open judges what path leads to, opens it unless refused says that for such a fault it must not be, and judges it once
// more.
func open(path string, of privilege.Standing, refused func(trusted.Fault) bool) (*File, *trusted.UntrustedError, error) {
	held, err := unix.Open(path, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, nil, err
	}
	defer unix.Close(held)
	distrust, err := judge(held, path, of)
	switch {
	case err != nil:
		return nil, nil, err
	case distrust != nil && refused(distrust.Fault):
		return nil, nil, distrust
	}
	file, err := reopened(held, path)
	if err != nil {
		return nil, nil, err
	}
	distrust, err = judge(file.fd, path, of)
	if err != nil {
		_ = file.Close()
		return nil, nil, err
	}
	return file, distrust, nil
}

// judge is what trusted.Open would say of an open file.
func judge(fd int, path string, of privilege.Standing) (distrust *trusted.UntrustedError, err error) {
	err = trusted.Judge(fd, path, of)
	if errors.As(err, &distrust) {
		err = nil
	}
	return distrust, err
}

// reopened opens what is held, by its link in /proc, which leads to the held file and to no name.
func reopened(held int, path string) (*File, error) {
	link := "/proc/self/fd/" + strconv.Itoa(held)
	fd, err := unix.Open(link, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	switch err {
	case nil:
	case unix.ENOENT, unix.ENOTDIR:
		return nil, &ReopenError{path, err}
	default:
		return nil, err
	}
	file := &File{fd: fd}
	var stat unix.Stat_t
	err = errors.Join(unix.Fstat(fd, &file.stat), unix.Fstat(held, &stat))
	if err == nil && (file.stat.Dev != stat.Dev || file.stat.Ino != stat.Ino) { // something else is mounted on /proc
		err = &ReopenError{path, unix.ESTALE}
	}
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return file, nil
}

// File is an open file.
type File struct {
	fd   int
	stat unix.Stat_t
}

// GroupWritable reports whether its group may write the file.
func (f *File) GroupWritable() bool { return f.stat.Mode&unix.S_IWGRP != 0 }

// Read reads as io.Reader asks.
func (f *File) Read(buffer []byte) (int, error) { return trusted.Descriptor(f.fd).Read(buffer) }

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

// Close closes the file.
func (f *File) Close() error { return unix.Close(f.fd) }
