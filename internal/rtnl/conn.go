// Package rtnl is the only one that speaks rtnetlink(7): it makes, describes and deletes network interfaces.
//
// It promises that a pair of interfaces comes into being whole, with its names, addresses, MTU, namespace and bridge, in
// one message, and that each question and each change is one round trip on one socket. It trusts the kernel's replies.
package rtnl

import (
	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// patience is how long, in seconds, a reply of the kernel may take. It answers when it has its lock.
const patience = 10

// Conn is a netlink socket in the network namespace in which the program was started.
type Conn struct {
	sockets map[int]*nl.SocketHandle
}

// Dial opens the socket.
func Dial() (*Conn, error) {
	socket, err := nl.Subscribe(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	if err := socket.SetReceiveTimeout(&unix.Timeval{Sec: patience}); err != nil {
		return nil, err
	}
	return &Conn{map[int]*nl.SocketHandle{unix.NETLINK_ROUTE: {Socket: socket}}}, nil
}

// request prepares a message on the connection's socket.
func (c *Conn) request(kind, flags int, parts ...nl.NetlinkRequestData) *nl.NetlinkRequest {
	r := nl.NewNetlinkRequest(kind, flags)
	r.Sockets = c.sockets
	for _, p := range parts {
		r.AddData(p)
	}
	return r
}

// change sends a message that the kernel acknowledges.
func (c *Conn) change(kind, flags int, parts ...nl.NetlinkRequestData) error {
	_, err := c.request(kind, flags|unix.NLM_F_ACK, parts...).Execute(unix.NETLINK_ROUTE, 0)
	return err
}

// ask sends a message that the kernel answers with one of kind reply.
func (c *Conn) ask(kind int, reply uint16, parts ...nl.NetlinkRequestData) ([]byte, error) {
	messages, err := c.request(kind, 0, parts...).Execute(unix.NETLINK_ROUTE, reply)
	if err != nil {
		return nil, err
	}
	if len(messages) != 1 {
		return nil, unix.EBADMSG
	}
	return messages[0], nil
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
