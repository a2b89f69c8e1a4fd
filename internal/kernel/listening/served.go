package listening

import (
	"bytes"
	"errors"
	"time"

	"golang.org/x/sys/unix"
)

// Served is a connection whose peer is served by this process, which nothing else waits for.
type Served struct {
	fd         int
	end        time.Time // when patience ends
	rest       []byte    // what was read behind a message
	descriptor int       // that came, -1 if none did
	many       bool      // more than one came
}

// ErrLate says that a message was not whole in time.
var ErrLate = errors.New("no whole message in time")

// ErrLong says that a message was longer than it may be.
var ErrLong = errors.New("the message is too long")

// ErrGone says that the peer sends nothing more.
var ErrGone = errors.New("the connection was closed")

// Serve serves connection; messages have to come within patience, all of them together.
func Serve(connection int, patience time.Duration) *Served {
	return &Served{fd: connection, end: time.Now().Add(patience), descriptor: -1}
}

// Receive reads up to the next NUL, which ends a message of at most longest bytes. Errors: ErrLate, ErrLong, ErrGone, those
// of recvmsg(2).
func (s *Served) Receive(longest int) ([]byte, error) {
	message := s.rest
	s.rest = nil
	part := make([]byte, 16<<10)
	for {
		if end := bytes.IndexByte(message, 0); end >= 0 && end <= longest {
			s.rest = message[end+1:]
			return message[:end], nil
		}
		if len(message) > longest {
			return nil, ErrLong
		}
		n, err := s.read(part)
		if err != nil {
			return nil, err
		}
		message = append(message, part[:n]...)
	}
}

// read reads what has come, and keeps the descriptor that came with it.
func (s *Served) read(buffer []byte) (int, error) {
	// Room for one descriptor, to the byte: the kernel takes no second one out of a message, and says that it has cut it.
	control := make([]byte, unix.CmsgLen(4))
	for {
		left := time.Until(s.end)
		if left < time.Microsecond {
			return 0, ErrLate
		}
		wait := unix.NsecToTimeval(left.Nanoseconds())
		if err := unix.SetsockoptTimeval(s.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &wait); err != nil {
			return 0, err
		}
		n, controls, flags, _, err := unix.Recvmsg(s.fd, buffer, control, unix.MSG_CMSG_CLOEXEC)
		s.take(control[:max(controls, 0)], flags)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.EAGAIN):
			return 0, ErrLate
		case err != nil:
			return 0, err
		case n == 0:
			return 0, ErrGone
		}
		return n, nil
	}
}

// take keeps a descriptor that came. It is not touched.
func (s *Served) take(control []byte, flags int) {
	s.many = s.many || flags&unix.MSG_CTRUNC != 0
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		s.many = s.many || len(control) > 0
		return
	}
	for i := range messages {
		descriptors, err := unix.ParseUnixRights(&messages[i])
		if err != nil || len(descriptors) == 0 {
			continue
		}
		s.many = s.many || s.descriptor >= 0 || len(descriptors) > 1
		s.descriptor = descriptors[0]
	}
}

// Descriptor is the one that came; false where none did, or more than one.
func (s *Served) Descriptor() (int, bool) { return s.descriptor, s.descriptor >= 0 && !s.many }

// Reply sends text without waiting. It is false where the peer does not take all of it.
func (s *Served) Reply(text []byte) bool {
	n, err := unix.SendmsgN(s.fd, text, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	return err == nil && n == len(text)
}

// Done ends the connection. What nobody has read of it, descriptors too, is left to whoever closes it last.
func (s *Served) Done() { _ = unix.Shutdown(s.fd, unix.SHUT_RDWR) }
