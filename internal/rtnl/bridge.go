package rtnl

import (
	"encoding/binary"
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// neighbour is the fixed part of a message about an entry of a bridge's table, struct ndmsg of rtnetlink(7).
type neighbour struct{ family uint8 }

// Len is the length of the part in bytes.
func (n neighbour) Len() int { return unix.SizeofNdMsg }

// Serialize is the part as the kernel reads it.
func (n neighbour) Serialize() []byte {
	b := make([]byte, unix.SizeofNdMsg)
	b[0] = n.family
	return b
}

// HasPort reports whether an address is that of a port of a bridge. As long as it is a port, the bridge's forwarding
// table has a permanent entry for it (Linux 5.0). What the bridge has learned does not count: a container can send frames
// from any address, and would take it from others.
func (c *Conn) HasPort(bridge int, mac [6]byte) (bool, error) {
	reply, err := c.ask(unix.RTM_GETNEIGH, unix.RTM_NEWNEIGH, neighbour{unix.AF_BRIDGE},
		nl.NewRtAttr(unix.NDA_LLADDR, mac[:]), number(unix.NDA_MASTER, uint32(bridge)))
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return isPermanent(reply)
}

// isPermanent reports whether a message is about an entry that the bridge has not learned: ndm_state of struct ndmsg.
func isPermanent(message []byte) (bool, error) {
	if len(message) < unix.SizeofNdMsg {
		return false, unix.EBADMSG
	}
	return binary.NativeEndian.Uint16(message[8:10])&unix.NUD_PERMANENT != 0, nil
}

// NamespaceID returns the id by which this namespace knows the one that is open as fd, or NoNamespace if it has none.
func (c *Conn) NamespaceID(fd int) (int, error) {
	// struct rtgenmsg is one byte, and attributes begin at the next multiple of four.
	reply, err := c.ask(unix.RTM_GETNSID, unix.RTM_NEWNSID, general{}, number(unix.NETNSA_FD, uint32(fd)))
	if err != nil {
		return NoNamespace, err
	}
	id := NoNamespace
	err = each(reply[min(len(reply), general{}.Len()):], func(kind uint16, value []byte) (err error) {
		if kind == unix.NETNSA_NSID {
			id, err = integer(value)
		}
		return err
	})
	return id, err
}

// general is struct rtgenmsg with its padding, of family AF_UNSPEC.
type general struct{}

// Len is the length of the part in bytes.
func (general) Len() int { return unix.NLMSG_ALIGNTO }

// Serialize is the part as the kernel reads it.
func (general) Serialize() []byte { return make([]byte, unix.NLMSG_ALIGNTO) }
