package rtnl

import (
	"encoding/binary"
	"errors"
	"net/netip"
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

// Networks returns the addresses of IPv4 that the interface with an index has now, each with the length of its network.
func (c *Conn) Networks(index int) ([]netip.Prefix, error) {
	var all []netip.Prefix
	var bad error
	err := c.dump(unix.RTM_GETADDR, unix.RTM_NEWADDR, func(body []byte) {
		address, err := addressOf(body, index)
		if bad = errors.Join(bad, err); len(address) == 4 {
			all = with(all, netip.PrefixFrom(netip.AddrFrom4([4]byte(address)), int(body[1])))
		}
	}, anyAddress{})
	return all, errors.Join(err, bad)
}

// take takes note of an RTM_NEWADDR message about an interface.
func (a *Addresses) take(message []byte, index int) error {
	address, err := addressOf(message, index)
	switch len(address) {
	case 4:
		a.IPv4 = with(a.IPv4, [4]byte(address))
	case 16:
		a.IPv6 = with(a.IPv6, [16]byte(address))
	}
	return err
}

// addressOf is the address in an RTM_NEWADDR message, if that is about an interface: its family and index are in struct
// ifaddrmsg, and it is IFA_LOCAL where the other end of a link has one too.
func addressOf(message []byte, index int) ([]byte, error) {
	if len(message) < unix.SizeofIfAddrmsg {
		return nil, unix.EBADMSG
	}
	if int(binary.NativeEndian.Uint32(message[4:8])) != index {
		return nil, nil
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
	if err != nil || message[0] == unix.AF_INET && len(address) != 4 || message[0] == unix.AF_INET6 && len(address) != 16 {
		return nil, err
	}
	return address, nil
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
