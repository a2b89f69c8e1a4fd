package rtnl

import (
	"encoding/binary"
	"errors"
	"path"
	"strconv"

	"golang.org/x/sys/unix"
)

// NamespaceID returns the id by which this namespace knows the one that is open as fd, or NoNamespace if it has none.
func (c *Conn) NamespaceID(fd int) (int, error) {
	// struct rtgenmsg is one byte, and attributes begin at the next multiple of four.
	reply, err := c.ask(unix.RTM_GETNSID, unix.RTM_NEWNSID, general{}, number(unix.NETNSA_FD, uint32(fd)))
	if err != nil {
		return NoNamespace, err
	}
	return parseNamespace(reply)
}

// parseNamespace is the id in an RTM_NEWNSID message.
func parseNamespace(message []byte) (int, error) {
	id := NoNamespace
	err := each(message[min(len(message), general{}.Len()):], func(kind uint16, value []byte) (err error) {
		if kind == unix.NETNSA_NSID {
			id, err = integer(value)
		}
		return err
	})
	return id, err
}

// An id names a namespace as long as that exists, and the kernel, which gives the lowest that is free, gives it to the next
// one after that. One that is given here is random, out of the upper half, and so names one namespace for good: where it
// is not known any more, that namespace is gone.
const lowestGiven = 1 << 30

// IsGiven reports whether an id is one that GiveID gave.
func IsGiven(nsid int) bool { return nsid >= lowestGiven }

// GiveID gives the namespace that is open as fd an id by which this namespace knows it, unless it has one, and returns that
// (RTM_NEWNSID, Linux 4.0). Nothing is locked that interfaces are made or looked up under.
func (c *Conn) GiveID(fd int) (int, error) {
	var random [4]byte
	if _, err := unix.Getrandom(random[:], 0); err != nil {
		return NoNamespace, err
	}
	id := lowestGiven | int(binary.NativeEndian.Uint32(random[:])%(lowestGiven-1))
	err := c.change(unix.RTM_NEWNSID, 0, general{}, number(unix.NETNSA_FD, uint32(fd)), number(unix.NETNSA_NSID, uint32(id)))
	if err == nil {
		return id, nil
	}
	return c.NamespaceID(fd)
}

// Gone reports whether no namespace has an id, or the one that has it is being destroyed (Linux 5.0; without, the answer
// is no).
func (c *Conn) Gone(nsid int) (bool, error) {
	_, err := c.ask(unix.RTM_GETNSID, unix.RTM_NEWNSID, general{}, number(unix.NETNSA_NSID, uint32(nsid)))
	switch {
	case errors.Is(err, unix.ENOENT):
		return true, nil
	case errors.Is(err, unix.EINVAL):
		return false, nil
	}
	return false, err
}

// Namespaces are the ids by which this namespace knows others.
func (c *Conn) Namespaces() ([]int, error) {
	var all []int
	err := c.dump(unix.RTM_GETNSID, unix.RTM_NEWNSID, func(body []byte) {
		if id, err := parseNamespace(body); err == nil && id != NoNamespace {
			all = append(all, id)
		}
	}, general{})
	return all, err
}

// firstOnly is a setting that the kernel shows in the machine's first network namespace and in no other: net_core_table,
// registered for init_net alone. No number says as much on all kernels: that of the first namespace's file is fixed only
// since Linux 6.18.
const firstOnly = "/proc/sys/net/core/netdev_max_backlog"

// Here tells which network namespace this is: whether it is the machine's first, and a name for it. SO_NETNS_COOKIE (Linux
// 5.14) is a number that no other ever has as long as the machine runs; before that, the number of its file, which another
// one may have later, is the best there is.
func (c *Conn) Here() (first bool, name string, err error) {
	if first, err = isFirst(); err != nil {
		return false, "", err
	}
	cookie, err := unix.GetsockoptUint64(c.fd, unix.SOL_SOCKET, unix.SO_NETNS_COOKIE)
	if err == nil {
		return first, "netns.c" + strconv.FormatUint(cookie, 10), nil
	}
	var stat unix.Stat_t
	err = unix.Stat("/proc/thread-self/ns/net", &stat)
	return first, "netns.i" + strconv.FormatUint(stat.Ino, 10), err
}

// isFirst reports whether this is the machine's first network namespace. That the setting is missing says no only where
// the others are there: they may be hidden, and two books of one namespace would double its quotas.
func isFirst() (bool, error) {
	err := unix.Faccessat(unix.AT_FDCWD, firstOnly, unix.F_OK, 0)
	if err == nil || !errors.Is(err, unix.ENOENT) {
		return err == nil, err
	}
	return false, unix.Faccessat(unix.AT_FDCWD, path.Dir(firstOnly), unix.F_OK, 0)
}

// general is struct rtgenmsg with its padding, of family AF_UNSPEC.
type general struct{}

// Len is the length of the part in bytes.
func (general) Len() int { return unix.NLMSG_ALIGNTO }

// Serialize is the part as the kernel reads it.
func (general) Serialize() []byte { return make([]byte, unix.NLMSG_ALIGNTO) }
