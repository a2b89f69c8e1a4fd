package rtnl

import (
	"encoding/binary"
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The library writes messages; they are sent and received here. Its own socket is one of the runtime's poller (epoll and
// eventfd, in a program that has neither), and keeps 64 KiB on the stack for each answer (docs/evidence/startup.md).

// patience is how long, in seconds, an answer of the kernel may take. It answers when it has its lock.
const patience = 10

// usual is the room for one datagram, in bytes, and longest what it may grow to. Whoever rules over a network namespace
// gives an interface as many alternative names as fit one attribute, 64 KiB (on kernels before 6.6 more, which then lie
// about the length): the description of one interface may be that long, and no longer.
const (
	usual   = 16 * 1024
	longest = 256 * 1024
)

// Conn is a netlink socket in the network namespace in which the program was started. There is one question at a time.
type Conn struct {
	fd   int
	room []byte // for a datagram, or the ports of a bridge
}

// Dial opens the socket. Errors are those of the system calls.
func Dial() (*Conn, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: patience}),
		unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &Conn{fd, make([]byte, usual)}, nil
}

// answer is what the kernel says: a message of a kind (RTM_*), or that it was done, which is the zero value.
type answer struct {
	kind uint16
	body []byte // valid until the next question
}

// do sends a message of a kind (RTM_*) and flags (NLM_F_*), and waits for the answer to it. That something was done has to
// be asked for by NLM_F_ACK. A question whose answer does not fit is asked again, with room for it.
//
// Errors: the kernel's errno; EAGAIN if it did not answer in time; EBADMSG for a malformed answer; EMSGSIZE for one
// that is longer than any should be.
func (c *Conn) do(kind, flags int, parts ...nl.NetlinkRequestData) (answer, error) {
	for {
		sequence, err := c.send(kind, flags, parts)
		if err != nil {
			return answer{}, err
		}
		message, length, err := c.await(sequence)
		switch {
		case err != nil:
			return answer{}, err
		case length <= len(c.room):
			return content(message)
		case length > longest, kind%kindsOfOne != get:
			return answer{}, unix.EMSGSIZE
		}
		c.room = make([]byte, length)
	}
}

// Of each group of four kinds of messages, RTM_NEW*, DEL*, GET*, SET*, the third asks and changes nothing.
const (
	kindsOfOne = 4
	get        = 2
)

// send sends a message, and returns the number that its answers bear.
func (c *Conn) send(kind, flags int, parts []nl.NetlinkRequestData) (uint32, error) {
	question := nl.NewNetlinkRequest(kind, flags)
	for _, p := range parts {
		question.AddData(p)
	}
	return question.Seq, unix.Sendto(c.fd, question.Serialize(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// await waits for an answer that bears a number, and returns as much of its datagram as there is room for, from its first
// message on, and the length of the whole.
func (c *Conn) await(sequence uint32) (message []byte, length int, err error) {
	for {
		message, length, err = c.receive()
		if err != nil || binary.NativeEndian.Uint32(message[8:]) == sequence {
			return message, length, err
		}
	}
}

// receive waits for one datagram of the kernel's, and returns the message in it, and the length of the datagram; where
// that is longer than the room the message is cut. What others sent is passed over: to be sent to, it is enough to have a
// port.
func (c *Conn) receive() (message []byte, length int, err error) {
	datagram, length, err := c.receiveAll()
	if err != nil || length > len(datagram) {
		return datagram, length, err
	}
	message, err = whole(datagram)
	return message, length, err
}

// receiveAll is receive for a datagram with more than one message.
func (c *Conn) receiveAll() (datagram []byte, length int, err error) {
	for {
		n, from, err := unix.Recvfrom(c.fd, c.room, unix.MSG_TRUNC)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if sender, ok := from.(*unix.SockaddrNetlink); ok && sender.Pid == nl.PidKernel {
			return c.room[:min(n, len(c.room))], n, nil
		}
	}
}

// whole returns the first message of a datagram, or EBADMSG if it does not lie within it.
func whole(datagram []byte) ([]byte, error) {
	if len(datagram) < unix.SizeofNlMsghdr {
		return nil, unix.EBADMSG
	}
	length := binary.NativeEndian.Uint32(datagram)
	if length < unix.SizeofNlMsghdr || uint64(length) > uint64(len(datagram)) {
		return nil, unix.EBADMSG
	}
	return datagram[:length], nil
}

// content is what a message says. In an error a negative number is an errno, and 0 that it was done (netlink(7)).
func content(message []byte) (answer, error) {
	kind, body := binary.NativeEndian.Uint16(message[4:]), message[unix.SizeofNlMsghdr:]
	switch kind {
	case unix.NLMSG_ERROR:
		if len(body) < 4 {
			return answer{}, unix.EBADMSG
		}
		number := int32(binary.NativeEndian.Uint32(body))
		switch {
		case number == 0:
			return answer{}, nil
		case number < 0:
			return answer{}, unix.Errno(-number)
		}
		return answer{}, unix.EBADMSG
	case unix.NLMSG_DONE, unix.NLMSG_NOOP, unix.NLMSG_OVERRUN:
		return answer{}, unix.EBADMSG
	}
	return answer{kind, body}, nil
}
