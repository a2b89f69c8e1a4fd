package rtnl

import (
	"encoding/binary"
	"errors"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// Addresses are the addresses of an interface, in the order of the kernel.
type Addresses struct {
	IPv4 [][4]byte
	IPv6 [][16]byte
}

// Addresses returns the addresses that the interface with an index has now.
func (c *Conn) Addresses(index int) (Addresses, error) {
	var all Addresses
	var bad error
	err := c.dump(unix.RTM_GETADDR, unix.RTM_NEWADDR, func(body []byte) { bad = errors.Join(bad, all.take(body, index)) },
		anyAddress{})
	return all, errors.Join(err, bad)
}

// take takes note of an RTM_NEWADDR message about an interface: its family and index of struct ifaddrmsg, and the address,
// which is IFA_LOCAL where the other end of a link has one too.
func (a *Addresses) take(message []byte, index int) error {
	if len(message) < unix.SizeofIfAddrmsg {
		return unix.EBADMSG
	}
	if int(binary.NativeEndian.Uint32(message[4:8])) != index {
		return nil
	}
	var address, local []byte
	err := each(message[unix.SizeofIfAddrmsg:], func(kind uint16, value []byte) error {
		switch kind {
		case unix.IFA_ADDRESS:
			address = value
		case unix.IFA_LOCAL:
			local = value
		}
		return nil
	})
	if local != nil {
		address = local
	}
	switch {
	case err != nil:
		return err
	case message[0] == unix.AF_INET && len(address) == 4:
		a.IPv4 = with(a.IPv4, [4]byte(address))
	case message[0] == unix.AF_INET6 && len(address) == 16:
		a.IPv6 = with(a.IPv6, [16]byte(address))
	}
	return nil
}

// with adds an address to those that were seen: a message may come twice.
func with[T comparable](all []T, address T) []T {
	if slices.Contains(all, address) {
		return all
	}
	return append(all, address)
}

// anyAddress is the fixed part of a question for addresses, struct ifaddrmsg of rtnetlink(7), of all families.
type anyAddress struct{}

// Len is the length of the part in bytes.
func (anyAddress) Len() int { return unix.SizeofIfAddrmsg }

// Serialize is the part as the kernel reads it.
func (anyAddress) Serialize() []byte { return make([]byte, unix.SizeofIfAddrmsg) }

// SetAddress gives an interface an Ethernet address, for good: a bridge of Linux does not take those of its ports any more.
func (c *Conn) SetAddress(index int, mac [6]byte) error {
	return c.change(unix.RTM_SETLINK, 0, header(unix.AF_UNSPEC, index), nl.NewRtAttr(unix.IFLA_ADDRESS, mac[:]))
}
