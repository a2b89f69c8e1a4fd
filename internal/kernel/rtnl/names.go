package rtnl

import (
	"bytes"
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/ifname"
)

// The kernel shows a directory for every interface of the thread's network namespace here. Unlike the ioctls it never loads
// a module for a name that does not exist, unlike a dump it takes no lock of the network stack and costs half a
// microsecond a name, and unlike /sys/class/net it does not show the namespace of whoever mounted it.
const (
	ipv4Folder = "/proc/sys/net/ipv4/conf"
	ipv6Folder = "/proc/sys/net/ipv6/conf"
)

// Exists reports whether an interface called name lives in this thread's network namespace.
func Exists(name string) (bool, error) {
	if !ifname.Possible(name) {
		return false, nil
	}
	err := unix.Faccessat(unix.AT_FDCWD, ipv4Folder+"/"+name, unix.F_OK, 0)
	if errors.Is(err, unix.ENOENT) {
		return false, present(ipv4Folder)
	}
	return err == nil, err
}

// present makes sure that the directory in which an interface was not found exists.
func present(directory string) error { return unix.Faccessat(unix.AT_FDCWD, directory, unix.F_OK, 0) }

// What one read of the directory asks for, in bytes: of the names of some 100 interfaces, or else of some 6000; and the room
// that one more name would have taken: struct linux_dirent64 of getdents64(2) with a name of 15 bytes, aligned.
const (
	fewAtOnce  = 4 << 10
	manyAtOnce = 1 << 18
	oneName    = 40
)

// Names returns the names of the interfaces of this thread's network namespace that begin with prefix. As long as one read
// has all names, none is missed because others vanish at the same time. The kernel counts from the beginning for each read:
// where a short one may not have had all, it begins anew with a long one.
func Names(prefix string) ([]string, error) {
	fd, err := unix.Open(ipv4Folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	var few [fewAtOnce]byte
	n, err := unix.ReadDirent(fd, few[:])
	if err != nil || n <= fewAtOnce-oneName {
		return appendNames(nil, few[:max(n, 0)], prefix), err
	}
	if _, err := unix.Seek(fd, 0, unix.SEEK_SET); err != nil {
		return nil, err
	}
	return namesIn(fd, make([]byte, manyAtOnce), prefix)
}

// namesIn reads a directory from where it is.
func namesIn(fd int, buffer []byte, prefix string) (names []string, err error) {
	for {
		n, err := unix.ReadDirent(fd, buffer)
		if n <= 0 || err != nil {
			return names, err
		}
		names = appendNames(names, buffer[:n], prefix)
	}
}

// appendNames appends those of the names in directory entries (struct linux_dirent64, getdents64(2)) that begin with
// prefix. To make a string of each name costs more than to read them.
func appendNames(names []string, entries []byte, prefix string) []string {
	const length, name = 16, 19 // offsets
	for len(entries) > name {
		size := int(binary.NativeEndian.Uint16(entries[length:]))
		if size <= name || size > len(entries) {
			break
		}
		text, _, _ := bytes.Cut(entries[name:size], []byte{0})
		if len(text) >= len(prefix) && string(text[:len(prefix)]) == prefix && string(text) != "." && string(text) != ".." {
			names = append(names, string(text))
		}
		entries = entries[size:]
	}
	return names
}
