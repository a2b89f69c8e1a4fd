package rtnl

import (
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

// readAtOnce bytes hold some 6000 names: as long as one read has all of them, none is missed because others vanish at the same time.
const readAtOnce = 1 << 18

// Names returns the names of all interfaces of this thread's network namespace.
func Names() ([]string, error) {
	fd, err := unix.Open(ipv4Folder, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer func() { _ = unix.Close(fd) }()
	var names []string
	buffer := make([]byte, readAtOnce)
	for {
		n, err := unix.ReadDirent(fd, buffer)
		if n <= 0 || err != nil {
			return names, err
		}
		_, _, names = unix.ParseDirent(buffer[:n], -1, names)
	}
}
