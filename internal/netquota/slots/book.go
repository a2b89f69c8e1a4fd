package slots

import (
	"errors"
	"path"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// Book is the ledger and the slots.
//
// A allotment with a quota of n has n slots, and an interface lives in a slot: to make one is to take a slot that is free.
// A slot is free when nobody holds its lock and the interface named in it does not live, or stands in a lower slot too.
// Whoever takes it locks it, looks again, writes the name, and only then makes the interface. So:
//
//   - there are never more than n, since there are n slots, and an interface is made by who holds the lock of its slot;
//   - a process that dies loses its lock, and the slot tells what it was about to make: nothing (free again), or an
//     interface that is not complete (removed by the next to come);
//   - nobody waits: a lock is tried, and a slot whose lock is held by a process that was frozen is one that is taken.
//
// Interfaces that are in no slot, made by LXC's helper or before the slots were lost, are put into slots first.
type Book struct {
	ledger string
	slots  string // path of the folder, for messages
	folder int
	claims int
	owner  uint32 // of all files: root; tests are run by others
	pause  int64  // between two looks, in nanoseconds; tests do not wait
	now    func() uint64
	looks  int // that are left to this process
}

// UnsafeError says that a folder or file of the book could have been written by somebody other than root.
type UnsafeError struct{ Path, Reason string }

// Error names the path and the reason.
func (e *UnsafeError) Error() string { return e.Path + " " + e.Reason }

// Open opens the book whose ledger and slots are at the given absolute paths, and makes what is missing: the ledger's
// directory with mode 0755, the directory of the slots with mode 0700.
//
// What is there is opened and never made again. To make a name, mkdir(2) and open(2) with O_CREAT take the lock of the
// directory exclusively before they look whether the name is there; and a user can hold that lock of each directory that
// they can read, for ever (docs/process.md, "Locks of the kernel").
//
// Errors: *UnsafeError, or those of the system calls. It is called with umask 022 and effective ids 0.
func Open(ledger, slots string) (*Book, error) { return openOwned(ledger, slots, 0) }

// openOwned opens the book of an owner.
func openOwned(ledger, slots string, owner uint32) (*Book, error) {
	b := &Book{ledger: ledger, slots: slots, owner: owner, pause: pause, looks: looks, now: sinceBoot}
	parent, err := b.openFolder(unix.AT_FDCWD, path.Dir(ledger), 0o755)
	if err != nil {
		return nil, err
	}
	closeFile(parent)
	if b.folder, err = b.openFolder(unix.AT_FDCWD, slots, 0o700); err != nil {
		return nil, err
	}
	b.claims, err = b.openFile("claims")
	return b, err
}

// openFolder opens a directory in another one that only the owner can write to, and makes it if it is missing.
func (b *Book) openFolder(parent int, name string, mode uint32) (int, error) {
	const flags = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(parent, name, flags, 0)
	if errors.Is(err, unix.ENOENT) {
		if err := unix.Mkdirat(parent, name, mode); err != nil && !errors.Is(err, unix.EEXIST) {
			return -1, about(name, err)
		}
		fd, err = unix.Openat(parent, name, flags, 0)
	}
	if err != nil {
		return -1, about(name, err)
	}
	return fd, b.check(fd, name)
}

// openFile opens a file in the directory of the slots, and makes it if it is missing.
func (b *Book) openFile(name string) (int, error) {
	path := b.slots + "/" + name
	fd, err := openOrMake(b.folder, name, unix.O_RDWR|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return -1, about(path, err)
	}
	return fd, b.check(fd, path)
}

// openOrMake opens a file, and makes it if it is missing.
func openOrMake(folder int, name string, flags int, mode uint32) (int, error) {
	fd, err := unix.Openat(folder, name, flags, 0)
	if errors.Is(err, unix.ENOENT) {
		return unix.Openat(folder, name, flags|unix.O_CREAT, mode)
	}
	return fd, err
}

// check refuses what somebody other than the owner has or may write to.
func (b *Book) check(fd int, name string) error {
	_, err := b.stat(fd, name)
	return err
}

// stat is fstat(2) of what check lets pass.
func (b *Book) stat(fd int, name string) (stat unix.Stat_t, err error) {
	if err := unix.Fstat(fd, &stat); err != nil {
		return stat, about(name, err)
	}
	switch {
	case stat.Uid != b.owner:
		return stat, &UnsafeError{name, "is owned by uid " + strconv.FormatUint(uint64(stat.Uid), 10) + ", not by root"}
	case stat.Mode&(unix.S_IWGRP|unix.S_IWOTH) != 0:
		return stat, &UnsafeError{name, "is writable by group or others"}
	}
	return stat, nil
}

// open opens the slots of a allotment, without reading them.
func (b *Book) open(allotment netquota.Allotment) (*slots, error) {
	fd, err := b.openFile(fileName(allotment))
	return &slots{fd: fd, path: b.slots + "/" + fileName(allotment), allotment: allotment}, err
}
