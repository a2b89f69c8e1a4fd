package rtnl

import (
	"golang.org/x/sys/unix"
)

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
