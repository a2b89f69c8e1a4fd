// Package rtnl is the only one that speaks rtnetlink(7): it makes, describes and deletes network interfaces.
//
// It promises that a pair of interfaces comes into being whole, with its names, addresses, MTU, namespace and bridge, in
// one message, and that each question and each change is one round trip on one socket. It trusts the kernel's replies.
package rtnl

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// change sends a message that the kernel acknowledges.
func (c *Conn) change(kind, flags int, parts ...nl.NetlinkRequestData) error {
	_, err := c.do(kind, flags|unix.NLM_F_ACK, parts...)
	return err
}

// ask sends a message that the kernel answers with one of kind reply, whose body is valid until the next message.
func (c *Conn) ask(kind int, reply uint16, parts ...nl.NetlinkRequestData) ([]byte, error) {
	answer, err := c.do(kind, 0, parts...)
	if err == nil && answer.kind != reply {
		return nil, unix.EBADMSG
	}
	return answer.body, err
}

// header is the fixed part of a message about the interface with the given index.
func header(family, index int) *nl.IfInfomsg {
	h := nl.NewIfInfomsg(family)
	h.Index = int32(index)
	return h
}

// called is the attribute for the name of an interface.
func called(name string) *nl.RtAttr { return nl.NewRtAttr(unix.IFLA_IFNAME, nl.ZeroTerminated(name)) }

// number is a 32 bit attribute.
func number(kind int, n uint32) *nl.RtAttr { return nl.NewRtAttr(kind, nl.Uint32Attr(n)) }
