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
	if err != nil {
		return "", err
	}
	return c.nameOf(request, index)
}

// nameOf is NameOf with a request that may have been used before.
func (c *Conn) nameOf(request *unix.Ifreq, index int) (string, error) {
	if index <= 0 {
		return "", nil
	}
	request.SetUint32(uint32(index))
	err := unix.IoctlIfreq(c.fd, unix.SIOCGIFNAME, request)
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

// dump asks for all there is of a kind, and passes the body of each message to f. Where something did not fit, or something
// came or went in the middle of it, all is asked for again, and f sees some messages twice.
//
// Errors: EMSGSIZE for a message that is longer than any should be; EAGAIN if the kernel never had the time to tell all.
func (c *Conn) dump(kind int, reply uint16, f func(body []byte), parts ...nl.NetlinkRequestData) error {
	return c.repeat(func() (dumped, error) { return c.dumpOnce(kind, reply, f, parts) })
}

// dumped is what is known of an answer of many messages.
type dumped struct {
	most        int  // length of the longest datagram
	interrupted bool // NLM_F_DUMP_INTR: something may be missing
	done        bool // the last message was there
}

// mostDumps is how often all is asked for: who makes and deletes interfaces all the time is not waited for.
const mostDumps = 16

// repeat asks until an answer is whole.
func (c *Conn) repeat(once func() (dumped, error)) error {
	for range mostDumps {
		got, err := once()
		switch {
		case err != nil:
			return err
		case got.most > longest:
			return unix.EMSGSIZE
		case got.most > len(c.room):
			c.room = make([]byte, got.most)
		case !got.interrupted:
			return nil
		}
	}
	return unix.EAGAIN
}

// dumpOnce asks once, and reads to the end. A datagram that was cut is left out.
func (c *Conn) dumpOnce(kind int, reply uint16, f func(body []byte), parts []nl.NetlinkRequestData) (dumped, error) {
	var all dumped
	sequence, err := c.send(kind, unix.NLM_F_DUMP, parts)
	if err != nil {
		return all, err
	}
	for !all.done {
		datagram, length, err := c.receiveAll()
		if err != nil {
			return all, err
		}
		all.most = max(all.most, length)
		if length > len(datagram) {
			continue
		}
		if err := all.eachMessage(datagram, sequence, reply, f); err != nil {
			return all, err
		}
	}
	return all, nil
}

// eachMessage passes the messages of a datagram that bear a number to f, and takes note of what they say of the whole.
func (all *dumped) eachMessage(datagram []byte, sequence uint32, reply uint16, f func(body []byte)) error {
	for len(datagram) > 0 && !all.done {
		message, err := whole(datagram)
		if err != nil {
			return err
		}
		if binary.NativeEndian.Uint32(message[8:]) == sequence {
			if err := all.take(message, reply, f); err != nil {
				return err
			}
		}
		aligned := (len(message) + unix.NLMSG_ALIGNTO - 1) &^ (unix.NLMSG_ALIGNTO - 1)
		datagram = datagram[min(aligned, len(datagram)):]
	}
	return nil
}

// take passes a message to f if it is of the kind that was asked for. An error is the last message.
func (all *dumped) take(message []byte, reply uint16, f func(body []byte)) error {
	all.interrupted = all.interrupted || binary.NativeEndian.Uint16(message[6:])&unix.NLM_F_DUMP_INTR != 0
	switch binary.NativeEndian.Uint16(message[4:]) {
	case unix.NLMSG_DONE:
		all.done = true
	case reply:
		f(message[unix.SizeofNlMsghdr:])
	default:
		all.done = true
		_, err := content(message)
		return err
	}
	return nil
}
