package rtnl

import (
	"encoding/binary"
	"strings"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// each passes kind and value of every attribute in a part of a message to f, until f fails. Errors: unix.EBADMSG for an
// attribute that does not lie within the part, or f's. What is shorter than the head of an attribute is padding.
//
// The library's parser panics on a last attribute that lacks its padding.
func each(part []byte, f func(kind uint16, value []byte) error) error {
	for len(part) >= unix.SizeofRtAttr {
		length := int(binary.NativeEndian.Uint16(part[0:2]))
		if length < unix.SizeofRtAttr || length > len(part) {
			return unix.EBADMSG
		}
		kind := binary.NativeEndian.Uint16(part[2:4]) & nl.NLA_TYPE_MASK
		if err := f(kind, part[unix.SizeofRtAttr:length]); err != nil {
			return err
		}
		aligned := (length + unix.RTA_ALIGNTO - 1) &^ (unix.RTA_ALIGNTO - 1)
		part = part[min(aligned, len(part)):]
	}
	return nil
}

// cString is a string attribute without its NUL.
func cString(value []byte) string {
	s, _, _ := strings.Cut(string(value), "\x00")
	return s
}

// integer is a 32 bit attribute.
func integer(value []byte) (int, error) {
	if len(value) < 4 {
		return 0, unix.EBADMSG
	}
	return int(int32(binary.NativeEndian.Uint32(value))), nil
}

// integer16 is a 16 bit attribute.
func integer16(value []byte) (uint16, error) {
	if len(value) < 2 {
		return 0, unix.EBADMSG
	}
	return binary.NativeEndian.Uint16(value), nil
}

// boolean is an 8 bit attribute that is 0 or not.
func boolean(value []byte) (bool, error) {
	if len(value) < 1 {
		return false, unix.EBADMSG
	}
	return value[0] != 0, nil
}
