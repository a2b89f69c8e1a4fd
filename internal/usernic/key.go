package usernic

import (
	"errors"
	"path"
	"strconv"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic/whynot"
)

// key is what stable addresses depend on and only root can read. All else that they are computed from is public: without it
// anybody could search at leisure (2^40) for a container's name whose address is a neighbour's, and take that over while
// the neighbour is down.
type key [32]byte

// errNoKey says that a file is not a key: it has another length, or somebody other than root could have read or written it.
var errNoKey = errors.New("not 32 bytes that root alone can read")

// secret is the key that the terms need, zero where they need none.
func (t terms) secret() (key, error) {
	if !t.StableMAC && !t.AddressGuard {
		return key{}, nil
	}
	return stableKey()
}

// stableKey is the host's key, made by the first who needs it. It is kept over restarts of the machine; where that cannot
// be, as where /var is read-only or full, one that lasts until the next is among the slots. Where either is there, none
// is made: that would take the lock of a directory, which a user may hold.
func stableKey() (key, error) {
	kept, unkept := paths.MACKey(), paths.Slots()+"/"+path.Base(paths.MACKey())
	k, err := readKey(kept, 0)
	if err == nil {
		return k, nil
	}
	if k, err := readKey(unkept, 0); err == nil {
		return k, nil
	}
	if k, err = keyAt(kept, 0); err == nil {
		return k, nil
	}
	k, also := keyAt(unkept, 0)
	if also != nil {
		return key{}, failed(whynot.ReadKey, errors.Join(err, also))
	}
	return k, nil
}

// keyAt reads a key of an owner, or makes it if there is none.
func keyAt(name string, owner uint32) (key, error) {
	k, err := readKey(name, owner)
	if !errors.Is(err, unix.ENOENT) {
		return k, err
	}
	if err := makeKey(name, owner); err != nil && !errors.Is(err, unix.EEXIST) {
		return key{}, err
	}
	return readKey(name, owner)
}

// readKey reads a key that only its owner can have read or written. Errors: errNoKey, those of the system calls.
func readKey(name string, owner uint32) (key, error) {
	fd, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK|unix.O_NOFOLLOW, 0)
	if err != nil {
		return key{}, err
	}
	defer func() { _ = unix.Close(fd) }()
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return key{}, err
	}
	if !IsKey(&stat, owner) {
		return key{}, errNoKey
	}
	var k key
	n, err := unix.Read(fd, k[:])
	if n != len(k) {
		return key{}, errors.Join(err, errNoKey)
	}
	return k, nil
}

// IsKey reports whether a file can be a key of an owner.
func IsKey(stat *unix.Stat_t, owner uint32) bool {
	const others = unix.S_IRWXG | unix.S_IRWXO
	return stat.Uid == owner && stat.Mode&others == 0 && stat.Mode&unix.S_IFMT == unix.S_IFREG && stat.Size == int64(len(key{}))
}

// makeKey makes a key and its directory. The file has no name before all of it is on the disk, and only one can get the name:
// half a key is never read, and two who make one at once agree. Errors: EEXIST if another one was first.
func makeKey(name string, owner uint32) error {
	folder, err := openKeyDirectory(path.Dir(name), owner)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(folder) }()
	fd, err := unix.Openat(folder, ".", unix.O_TMPFILE|unix.O_WRONLY|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = unix.Close(fd) }()
	var k key
	if _, err := unix.Getrandom(k[:], 0); err != nil {
		return err
	}
	if n, err := unix.Write(fd, k[:]); n != len(k) {
		return errors.Join(err, unix.ENOSPC)
	}
	if err := unix.Fsync(fd); err != nil {
		return err
	}
	return unix.Linkat(unix.AT_FDCWD, "/proc/self/fd/"+strconv.Itoa(fd), folder, path.Base(name), unix.AT_SYMLINK_FOLLOW)
}

// openKeyDirectory opens the directory of a key, which nobody but root writes to, and makes it if it is missing.
func openKeyDirectory(name string, owner uint32) (int, error) {
	flags := unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Open(name, flags, 0)
	if errors.Is(err, unix.ENOENT) {
		if err := unix.Mkdir(name, 0o700); err != nil && !errors.Is(err, unix.EEXIST) {
			return -1, err
		}
		fd, err = unix.Open(name, flags, 0)
	}
	if err != nil {
		return -1, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil || stat.Uid != owner || stat.Mode&(unix.S_IWGRP|unix.S_IWOTH) != 0 {
		_ = unix.Close(fd)
		return -1, errors.Join(err, unix.EPERM)
	}
	return fd, nil
}
