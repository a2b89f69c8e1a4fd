package nl

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// Socket is a socket of NETLINK_ROUTE in the network namespace in which it was opened. There is one question at a time.
type Socket struct {
	fd     int
	number uint32 // of the last question
	answer []byte // room for a datagram
}

// longest is the room for one datagram. The kernel makes none that is longer for what is asked here: the description of
// one interface (a page, with statistics left out and all its names), or an error with the question in it.
const longest = 16 * 1024

// Open opens a socket on which a wait ends after so many seconds.
func Open(seconds int64) (*Socket, error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_ROUTE)
	if err != nil {
		return nil, err
	}
	err = errors.Join(
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Sec: seconds}),
		unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}))
	if err != nil {
		_ = unix.Close(fd)
		return nil, err
	}
	return &Socket{fd: fd, answer: make([]byte, longest)}, nil
}

// Do sends a message of the given kind (RTM_*) and flags (NLM_F_*), and returns the body of the answer, valid until the
// next call; nil where the answer is that it was done, which has to be asked for by NLM_F_ACK. Of several answers it is
// the first; the next question passes the others over.
//
// Errors: the kernel's errno; EAGAIN if it did not answer in time; EBADMSG for an answer that is none.
func (s *Socket) Do(kind, flags int, parts ...Part) ([]byte, error) {
	s.number++
	message := Message(kind, flags|unix.NLM_F_REQUEST, s.number, parts...)
	if err := unix.Sendto(s.fd, message, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	for {
		answer, err := s.receive()
		if err != nil {
			return nil, err
		}
		if binary.NativeEndian.Uint32(answer[8:]) == s.number {
			return content(answer)
		}
	}
}

// receive waits for one datagram of the kernel's. What others sent is passed over: to be sent to, it is enough to have a
// number. It has one whole message.
func (s *Socket) receive() ([]byte, error) {
	for {
		n, from, err := unix.Recvfrom(s.fd, s.answer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if sender, ok := from.(*unix.SockaddrNetlink); !ok || sender.Pid != 0 {
			continue
		}
		return whole(s.answer[:n])
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

// content is what a message says: its body, or the error in it. A negative number is an errno, 0 that it was done.
func content(message []byte) ([]byte, error) {
	body := message[unix.SizeofNlMsghdr:]
	switch binary.NativeEndian.Uint16(message[4:]) {
	case unix.NLMSG_ERROR:
		if len(body) < 4 {
			return nil, unix.EBADMSG
		}
		switch number := int32(binary.NativeEndian.Uint32(body)); {
		case number == 0:
			return nil, nil
		case number < 0:
			return nil, unix.Errno(-number)
		}
		return nil, unix.EBADMSG
	case unix.NLMSG_DONE, unix.NLMSG_NOOP, unix.NLMSG_OVERRUN:
		return nil, unix.EBADMSG
	}
	return body, nil
}

// Kind is that of the last answer: RTM_NEWLINK and the like.
func (s *Socket) Kind() uint16 { return binary.NativeEndian.Uint16(s.answer[4:]) }
