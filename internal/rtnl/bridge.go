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

// Knows reports whether the forwarding table of a bridge has an entry for an address (Linux 5.0). The address of each
// port has one as long as it is a port.
func (c *Conn) Knows(bridge int, mac [6]byte) (bool, error) {
	_, err := c.ask(unix.RTM_GETNEIGH, unix.RTM_NEWNEIGH, neighbour{unix.AF_BRIDGE},
		nl.NewRtAttr(unix.NDA_LLADDR, mac[:]), number(unix.NDA_MASTER, uint32(bridge)))
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	return err == nil, err
}

// NamespaceID returns the id by which this namespace knows the one that is open as fd, or NoNamespace if it has none.
func (c *Conn) NamespaceID(fd int) (int, error) {
	// struct rtgenmsg is one byte, and attributes begin at the next multiple of four.
	reply, err := c.ask(unix.RTM_GETNSID, unix.RTM_NEWNSID, general{}, number(unix.NETNSA_FD, uint32(fd)))
	if err != nil {
		return NoNamespace, err
	}
	attributes, err := nl.ParseRouteAttr(reply[min(len(reply), general{}.Len()):])
	if err != nil {
		return NoNamespace, err
	}
	for _, a := range attributes {
		if a.Attr.Type == unix.NETNSA_NSID && len(a.Value) >= 4 {
			return int(int32(binary.NativeEndian.Uint32(a.Value))), nil
		}
	}
	return NoNamespace, nil
}

// general is struct rtgenmsg with its padding, of family AF_UNSPEC.
type general struct{}

// Len is the length of the part in bytes.
func (general) Len() int { return unix.NLMSG_ALIGNTO }

// Serialize is the part as the kernel reads it.
func (general) Serialize() []byte { return make([]byte, unix.NLMSG_ALIGNTO) }
