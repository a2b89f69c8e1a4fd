// Package dhcphosts hands addresses to dnsmasq(8), by files in the directory of its --dhcp-hostsdir: one for each address,
// whose name is the address.
//
// dnsmasq reads a new file at once, and remembers what it has read until it gets SIGHUP, which nothing here sends. The
// directory is root's, and has the group of dnsmasq and nobody else's rights: whoever can read a directory can hold its
// lock for as long as they like (docs/process.md), and a file would wait for that. It has the setgid bit, which gives files
// their group. It is made beforehand, by tmpfiles.d(5), and never here.
package dhcphosts

import (
	"encoding/hex"
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
)

// Host is what dnsmasq is told.
type Host struct {
	MAC     netquota.MAC
	Address netip.Addr
	Name    string // that its DNS gives the address; a label, see Name
	Lease   int    // the longest, in seconds
}

// Line is the line for a host: its hardware address counts, whatever it says that it is (id:*).
func (h Host) Line() string {
	var mac []string
	for _, octet := range h.MAC {
		mac = append(mac, hex.EncodeToString([]byte{octet}))
	}
	return strings.Join(mac, ":") + ",id:*," + h.Address.String() + "," + h.Name + "," + strconv.Itoa(h.Lease) + "\n"
}

// longestLabel is that of a name in the DNS (RFC 1035, 2.3.4).
const longestLabel = 63

// Name is the name of a user's container in the DNS: what can be in a label of the container's own name, and the user id, which
// keeps it from being the name of another user's container, or of a machine.
func Name(container string, uid uint32) string {
	end := "-" + strconv.FormatUint(uint64(uid), 10)
	label := []byte(strings.ToLower(container))
	for i, c := range label {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			label[i] = '-'
		}
	}
	start := strings.Trim(string(label[:min(len(label), longestLabel-len(end))]), "-")
	if start == "" {
		start = "nic"
	}
	return start + end
}

// Put writes the file of a host, unless there is one that says the same. Errors: ENOENT where there is no directory;
// *lockfile.UnsafeError where others could read it, or dnsmasq could not; those of the system calls.
func Put(directory string, h Host) error { return put(directory, h, 0) }

func put(directory string, h Host, owner uint32) error {
	fd, stat, err := lockfile.Open(unix.AT_FDCWD, directory, directory, unix.O_RDONLY|unix.O_DIRECTORY, 0, owner)
	if err != nil {
		return err
	}
	defer lockfile.Close(fd)
	switch {
	case stat.Mode&unix.S_IRWXO != 0:
		return &lockfile.UnsafeError{Path: directory, Reason: "can be read by everybody"}
	case stat.Mode&unix.S_ISGID == 0:
		return &lockfile.UnsafeError{Path: directory, Reason: "has no setgid bit, which gives files the group of dnsmasq"}
	}
	name, line := h.Address.String(), []byte(h.Line())
	if says(fd, name, line) {
		return nil
	}
	return lockfile.About(directory+"/"+name, replace(fd, name, line))
}

// says reports whether a file has a text.
func says(directory int, name string, text []byte) bool {
	fd, err := unix.Openat(directory, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return false
	}
	defer lockfile.Close(fd)
	has, err := lockfile.ReadAt(fd, make([]byte, len(text)+1), 0)
	return err == nil && string(has) == string(text)
}

// replace writes a file under a name that dnsmasq passes over, and gives it its own: half a file is never read. Only one process
// has an address at a time; what one that was killed has left is written over.
func replace(directory int, name string, text []byte) error {
	hidden := "." + name
	fd, err := unix.Openat(directory, hidden, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o640)
	if err != nil {
		return err
	}
	err = errors.Join(lockfile.WriteAt(fd, text, 0), unix.Close(fd))
	if err == nil {
		err = unix.Renameat(directory, hidden, directory, name)
	}
	return err
}
