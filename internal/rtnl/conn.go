// Package rtnl is the only one that speaks rtnetlink(7): it makes, describes and deletes network interfaces.
//
// It promises that a pair of interfaces comes into being whole, with its names, addresses, MTU, namespace and bridge, in
// one message, and that each question and each change is one round trip on one socket. It trusts the kernel's replies.
package rtnl

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/nl"
)

// patience is how long, in seconds, a reply of the kernel may take. It answers when it has its lock.
const patience = 10

// Conn is a netlink socket in the network namespace in which the program was started.
type Conn struct {
	socket *nl.Socket
}

// Dial opens the socket.
func Dial() (*Conn, error) {
	socket, err := nl.Open(patience)
	return &Conn{socket}, err
}

// change sends a message that the kernel acknowledges.
func (c *Conn) change(kind, flags int, parts ...nl.Part) error {
	_, err := c.socket.Do(kind, flags|unix.NLM_F_ACK, parts...)
	return err
}

// ask sends a message that the kernel answers with one of kind reply. The answer is valid until the next message.
func (c *Conn) ask(kind int, reply uint16, parts ...nl.Part) ([]byte, error) {
	body, err := c.socket.Do(kind, 0, parts...)
	if err == nil && c.socket.Kind() != reply {
		return nil, unix.EBADMSG
	}
	return body, err
}

// header is the fixed part of a message about the interface with the given index.
func header(family, index int) *nl.IfInfomsg {
	h := nl.NewIfInfomsg(family)
	h.Index = int32(index)
	return h
}

// text is a string attribute, with its NUL.
func text(kind int, s string) *nl.Attribute { return nl.NewAttribute(kind, nl.CString(s)) }

// number is a 32 bit attribute.
func number(kind int, n uint32) *nl.Attribute { return nl.NewAttribute(kind, nl.Uint32(n)) }
