package rtnl

import (
	"encoding/binary"
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// NameOf is the name that the interface with an index has at present, "" if there is none. It takes no lock of the network
// stack (SIOCGIFNAME, netdevice(7)).
func (c *Conn) NameOf(index int) (string, error) {
	request, err := unix.NewIfreq("")
	if err != nil || index <= 0 {
		return "", err
	}
	request.SetUint32(uint32(index))
	err = unix.IoctlIfreq(c.fd, unix.SIOCGIFNAME, request)
	if errors.Is(err, unix.ENODEV) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return request.Name(), nil
}

// Search passes each interface of this namespace to f, until f says that it is the one. It takes time that grows with
// their number. An interface that cannot be described is passed over.
func (c *Conn) Search(f func(Device) bool) (Device, bool, error) {
	var found Device
	is := false
	err := c.dump(unix.RTM_GETLINK, unix.RTM_NEWLINK, func(body []byte) {
		if d, err := parseDevice(body); err == nil && !is && f(d) {
			found, is = d, true
		}
	}, header(unix.AF_UNSPEC, 0), short())
	return found, is, err
}

// dump asks for all there is of a kind, and passes the body of each message to f. Where something did not fit all is asked
// for again, with room for it, and f sees some messages twice.
func (c *Conn) dump(kind int, reply uint16, f func(body []byte), parts ...nl.NetlinkRequestData) error {
	for {
		most, err := c.dumpOnce(kind, reply, f, parts)
		if err != nil || most <= len(c.room) {
			return err
		}
		if most > longest {
			return unix.EMSGSIZE
		}
		c.room = make([]byte, most)
	}
}

// dumpOnce asks once, reads to the end, and returns the length of the longest datagram. One that was cut is left out.
func (c *Conn) dumpOnce(kind int, reply uint16, f func(body []byte), parts []nl.NetlinkRequestData) (most int, err error) {
	sequence, err := c.send(kind, unix.NLM_F_DUMP, parts)
	if err != nil {
		return 0, err
	}
	for {
		datagram, length, err := c.receiveAll()
		if err != nil {
			return most, err
		}
		most = max(most, length)
		if length > len(datagram) {
			continue
		}
		done, err := eachMessage(datagram, sequence, reply, f)
		if done || err != nil {
			return most, err
		}
	}
}

// eachMessage passes the messages of a datagram that bear a number to f, and reports whether the last of all was there.
func eachMessage(datagram []byte, sequence uint32, reply uint16, f func(body []byte)) (done bool, err error) {
	for len(datagram) > 0 {
		message, err := whole(datagram)
		if err != nil {
			return false, err
		}
		kind := binary.NativeEndian.Uint16(message[4:])
		switch {
		case binary.NativeEndian.Uint32(message[8:]) != sequence:
		case kind == unix.NLMSG_DONE:
			return true, nil
		case kind == reply:
			f(message[unix.SizeofNlMsghdr:])
		default:
			_, err := content(message)
			return true, err
		}
		aligned := (len(message) + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1)
		datagram = datagram[min(aligned, len(datagram)):]
	}
	return false, nil
}
