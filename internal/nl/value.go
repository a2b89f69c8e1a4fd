package nl

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// Uint8 is a value of 8 bits.
func Uint8(n uint8) []byte { return []byte{n} }

// Uint16 is a value of 16 bits.
func Uint16(n uint16) []byte { return binary.NativeEndian.AppendUint16(nil, n) }

// Uint32 is a value of 32 bits.
func Uint32(n uint32) []byte { return binary.NativeEndian.AppendUint32(nil, n) }

// Uint64 is a value of 64 bits.
func Uint64(n uint64) []byte { return binary.NativeEndian.AppendUint64(nil, n) }

// CString is a string with its NUL.
func CString(s string) []byte { return append([]byte(s), 0) }

// Text is a string without a NUL.
func Text(s string) []byte { return []byte(s) }

// IfInfomsg is the fixed part of a message about an interface, struct ifinfomsg of rtnetlink(7).
type IfInfomsg struct {
	Family uint8
	Index  int32
	Flags  uint32
	Change uint32
}

// NewIfInfomsg returns the fixed part for a family, AF_UNSPEC or AF_BRIDGE.
func NewIfInfomsg(family int) *IfInfomsg { return &IfInfomsg{Family: uint8(family)} }

// NewIfInfomsgIn puts a fixed part into an attribute, as VethInfoPeer has one.
func NewIfInfomsgIn(parent *Attribute, family int) *IfInfomsg {
	m := NewIfInfomsg(family)
	parent.Put(m)
	return m
}

// Len is the length in bytes.
func (*IfInfomsg) Len() int { return unix.SizeofIfInfomsg }

// Serialize returns family, padding, type, index, flags and the mask of changes.
func (m *IfInfomsg) Serialize() []byte {
	text := append(make([]byte, 0, unix.SizeofIfInfomsg), m.Family, 0, 0, 0)
	text = binary.NativeEndian.AppendUint32(text, uint32(m.Index))
	text = binary.NativeEndian.AppendUint32(text, m.Flags)
	return binary.NativeEndian.AppendUint32(text, m.Change)
}

// Numbers of the kernel's headers that x/sys does not have: linux/veth.h, linux/pkt_sched.h.
const (
	VethInfoPeer  = 1
	TBFParameters = 1
	TBFRate64     = 4
	TBFBurst      = 6
	SizeofTcmsg   = 20
)
