package rtnl

import (
	"encoding/binary"
	"errors"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// The library writes messages; they are sent and received here. Its own socket is one of the runtime's poller (epoll and
// eventfd, in a program that has neither), and keeps 64 KiB on the stack for each answer (docs/startup.md).

// patience is how long, in seconds, an answer of the kernel may take. It answers when it has its lock.
const patience = 10

// longest is the room for one datagram, in bytes. The kernel makes none that is longer for what is asked here: the
// description of one interface with all its names, or an error with the question in it. One that is cut is refused.
const longest = 16 * 1024

// Conn is a netlink socket in the network namespace in which the program was started. There is one question at a time.
type Conn struct {
	fd   int
	room []byte // for a datagram
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
	return &Conn{fd, make([]byte, longest)}, nil
}

// answer is what the kernel says: a message of a kind (RTM_*), or that it was done, which is the zero value.
type answer struct {
	kind uint16
	body []byte // valid until the next question
}

// do sends a message of a kind (RTM_*) and flags (NLM_F_*), and waits for the answer to it. That something was done has to
// be asked for by NLM_F_ACK.
//
// Errors: the kernel's errno; EAGAIN if it did not answer in time; EBADMSG for an answer that is none.
func (c *Conn) do(kind, flags int, parts ...nl.NetlinkRequestData) (answer, error) {
	question := nl.NewNetlinkRequest(kind, flags)
	for _, p := range parts {
		question.AddData(p)
	}
	if err := unix.Sendto(c.fd, question.Serialize(), 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return answer{}, err
	}
	for {
		message, err := c.receive()
		if err != nil {
			return answer{}, err
		}
		if binary.NativeEndian.Uint32(message[8:]) == question.Seq {
			return content(message)
		}
	}
}

// receive waits for one datagram of the kernel's, and returns the message in it. What others sent is passed over: to be
// sent to, it is enough to have a port.
func (c *Conn) receive() ([]byte, error) {
	for {
		n, from, err := unix.Recvfrom(c.fd, c.room, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if sender, ok := from.(*unix.SockaddrNetlink); ok && sender.Pid == nl.PidKernel {
			return whole(c.room[:n])
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
