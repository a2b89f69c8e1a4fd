// Package trusted opens the files that decide what a user may do.
//
// It promises that what is read was written by root: the file that was opened, not the name, is checked. A symbolic
// link is followed, since whoever can place one in /etc is root already (the original refuses links, shadow#1253).
//
// In a user namespace without the host's root the owner of the host's files is shown as nobody, and so is every other
// user of the host. Such a file is believed only for somebody who could do without the program what it decides about
// (privilege.Standing): docs/threat-model.md has the attack that less would allow.
package trusted

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

// File is an open file that only root could have written. The zero value is not usable.
type File struct {
	fd   int
	stat status
}

// status is what counts of stat(2).
type status struct{ mode, uid, gid uint32 }

// Open opens path for reading and checks the open file: regular, owned by root, writable by nobody else; of is who it
// decides for.
//
// Errors: *UntrustedError, or the errno of open(2) or fstat(2). O_NONBLOCK keeps a FIFO from blocking before it can be
// refused.
func Open(path string, of privilege.Standing) (*File, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOCTTY, 0)
	if err != nil {
		return nil, err
	}
	return checked(fd, path, of)
}

// checked is the file that is open as fd, if only root can have written it.
func checked(fd int, path string, of privilege.Standing) (*File, error) {
	f := &File{fd: fd}
	if err := f.check(path, of); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// Judge is why Open would refuse the file that is open as fd: an *UntrustedError, the errno of fstat(2), or nil.
func Judge(fd int, path string, of privilege.Standing) error { return (&File{fd: fd}).check(path, of) }

// check refuses what somebody other than root may have written.
func (f *File) check(path string, of privilege.Standing) error {
	var stat unix.Stat_t
	if err := unix.Fstat(f.fd, &stat); err != nil {
		return err
	}
	f.stat = status{stat.Mode, stat.Uid, stat.Gid}
	if fault := f.fault(of); fault != 0 {
		return &UntrustedError{path, fault, f.stat.uid}
	}
	return nil
}

// fault is what is wrong with the file, 0 if nothing is. A file of root's that root's group may write is fine: images for
// random user ids have it so (chmod g=u), and who is in that group was put there. That a group may write says too that
// there may be a list of others who may, acl(5).
func (f *File) fault(of privilege.Standing) Fault {
	switch {
	case f.stat.mode&unix.S_IFMT != unix.S_IFREG:
		return NotRegular
	case f.stat.uid != 0:
		return f.foreign(of)
	case f.stat.mode&unix.S_IWOTH != 0, f.GroupWritable() && f.stat.gid != 0:
		return Writable
	case f.GroupWritable() && !onlyRootWrites(f.fd):
		return Listed
	}
	return 0
}

// foreign is what is wrong with a file that is not root's.
func (f *File) foreign(of privilege.Standing) Fault {
	switch privilege.Owner(f.fd, f.stat.uid) {
	case privilege.Inside:
		return OtherOwner
	case privilege.Unknown:
		return PerhapsUnmapped
	case privilege.Unmapped:
	}
	switch {
	case f.stat.mode&(unix.S_IWGRP|unix.S_IWOTH) != 0:
		return Writable
	case !of.Holds():
		return UnmappedOwner
	}
	return 0
}

// GroupWritable reports whether root's group may write the file too.
func (f *File) GroupWritable() bool { return f.stat.mode&unix.S_IWGRP != 0 }

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

// Close closes the file. A failure to close what was only read changes nothing for the caller.
func (f *File) Close() error { return unix.Close(f.fd) }
