package shadow

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/trusted"
)

// File is a file as it was read.
type File struct {
	Path   string
	Text   []byte
	Absent bool // there is none: it is made

	stat  unix.Stat_t
	label []byte // security.selinux
}

// LongestFile bounds what is read of a file, in bytes: some two million lines.
const LongestFile = 64 << 20

// The files that are not rewritten.
var (
	// ErrLink means that the file is a symbolic link, which the suite refuses too: a rename would replace the link.
	ErrLink error = fault("is a symbolic link")
	// ErrKind means that it is not a regular file.
	ErrKind error = fault("is not a regular file")
	// ErrLarge means that it has more than LongestFile bytes.
	ErrLarge error = fault("is larger than 64 MiB")
)

// fault is why a file is not rewritten.
type fault string

// Error is the reason, without the file.
func (f fault) Error() string { return string(f) }

// Read reads a file to rewrite it. Errors: ErrLink, ErrKind, ErrLarge, those of the system calls.
func Read(path string) (File, error) {
	f := File{Path: path}
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	switch {
	case errors.Is(err, unix.ENOENT):
		f.Absent, f.stat.Mode = true, usualMode
		f.stat.Uid, f.stat.Gid = uint32(unix.Geteuid()), uint32(unix.Getegid())
		return f, nil
	case errors.Is(err, unix.ELOOP):
		return f, ErrLink
	case err != nil:
		return f, err
	}
	defer unix.Close(fd)
	if err := unix.Fstat(fd, &f.stat); err != nil {
		return f, err
	}
	if f.stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return f, ErrKind
	}
	if f.label, err = labelOf(fd); err != nil {
		return f, err
	}
	f.Text, err = io.ReadAll(io.LimitReader(trusted.Descriptor(fd), LongestFile+1))
	if err == nil && len(f.Text) > LongestFile {
		err = ErrLarge
	}
	return f, err
}

// usualMode is the mode of a file that is made.
const usualMode = 0o644

// label is the attribute that holds the context of SELinux.
const label = "security.selinux"

// labelOf is the SELinux context of an open file, nil if it has none.
func labelOf(fd int) ([]byte, error) {
	value := make([]byte, 4096) // SELinux's own limit: a page
	n, err := unix.Fgetxattr(fd, label, value)
	switch {
	case errors.Is(err, unix.ENODATA), errors.Is(err, unix.ENOTSUP):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return bytes.Clone(value[:n]), nil
}

// write makes a file at path with text, and what else the file has: owner, mode, SELinux's context. A file of that name is
// what a process left that was killed.
func (f File) write(path string, text []byte) error {
	if err := unix.Unlink(path); err != nil && !errors.Is(err, unix.ENOENT) {
		return failed("remove", path, err)
	}
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if err != nil {
		return failed("make", path, err)
	}
	defer unix.Close(fd)
	if err := f.fill(fd, text); err != nil {
		_ = unix.Unlink(path)
		return failed("write", path, err)
	}
	return nil
}

// modes are the bits of a mode that the suite keeps.
const modes = 0o664

// fill writes an open file, down to the disk.
func (f File) fill(fd int, text []byte) error {
	if err := unix.Fchown(fd, int(f.stat.Uid), int(f.stat.Gid)); err != nil {
		return err
	}
	if f.label != nil {
		if err := unix.Fsetxattr(fd, label, f.label, 0); err != nil {
			return err
		}
	}
	if err := writeAll(fd, text); err != nil {
		return err
	}
	if err := unix.Fchmod(fd, f.stat.Mode&modes); err != nil {
		return err
	}
	return unix.Fsync(fd)
}

// writeAll writes all of text.
func writeAll(fd int, text []byte) error {
	for len(text) > 0 {
		n, err := unix.Write(fd, text)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n == 0:
			return io.ErrShortWrite
		}
		text = text[max(n, 0):]
	}
	return nil
}
