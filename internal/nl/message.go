// Package nl writes the messages of netlink(7) and carries them to the kernel and back.
//
// It promises that a message is one datagram, that an answer belongs to the question (its sequence number, and a sender
// that is the kernel), that a wait has an end, and that memory does not grow with what is answered. It trusts the kernel.
package nl

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Part is a part of a message as the kernel reads it.
type Part interface {
	Len() int // in bytes, without what fills it up
	Serialize() []byte
}

// usual is room for most messages, in bytes: memory that does not have to grow.
const usual = 512

// Message returns a message of the given kind (RTM_*), flags (NLM_F_*) and sequence number: struct nlmsghdr, then parts.
func Message(kind, flags int, number uint32, parts ...Part) []byte {
	message := join(make([]byte, unix.SizeofNlMsghdr, usual), parts)
	binary.NativeEndian.PutUint32(message[0:], uint32(len(message)))
	binary.NativeEndian.PutUint16(message[4:], uint16(kind))
	binary.NativeEndian.PutUint16(message[6:], uint16(flags))
	binary.NativeEndian.PutUint32(message[8:], number)
	return message
}

// KindMask takes the flags (NLA_F_NESTED, NLA_F_NET_BYTEORDER) off the kind of an attribute.
const KindMask = 0xffff &^ (unix.NLA_F_NESTED | unix.NLA_F_NET_BYTEORDER)

// Attribute is an attribute: kind and value, which is bytes, or other attributes.
type Attribute struct {
	kind  int
	value []byte
	parts []Part
}

// NewAttribute returns an attribute of a kind; value is nil where attributes follow in it.
func NewAttribute(kind int, value []byte) *Attribute { return &Attribute{kind: kind, value: value} }

// Add puts an attribute into a, and returns it.
func (a *Attribute) Add(kind int, value []byte) *Attribute {
	child := NewAttribute(kind, value)
	a.Put(child)
	return child
}

// Put puts a part into a.
func (a *Attribute) Put(part Part) { a.parts = append(a.parts, part) }

// Len is the length in bytes of head and value.
func (a *Attribute) Len() int {
	length := unix.SizeofRtAttr + len(a.value)
	for _, part := range a.parts {
		length += aligned(part.Len())
	}
	return length
}

// Serialize returns head and value: struct rtattr of rtnetlink(7).
func (a *Attribute) Serialize() []byte {
	text := binary.NativeEndian.AppendUint16(nil, uint16(a.Len()))
	text = binary.NativeEndian.AppendUint16(text, uint16(a.kind))
	return join(append(text, a.value...), a.parts)
}

// join appends parts to text, each filled up to a multiple of four.
func join(text []byte, parts []Part) []byte {
	for _, part := range parts {
		text = append(text, part.Serialize()...)
		text = append(text, make([]byte, aligned(part.Len())-part.Len())...)
	}
	return text
}

// aligned is the next multiple of four, NLMSG_ALIGN and RTA_ALIGN.
func aligned(length int) int { return (length + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1) }
