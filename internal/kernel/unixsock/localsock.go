// Package unixsock asks a daemon of this machine a question over its stream socket.
//
// It promises an answer or an error within the patience of the asker, however the daemon answers: slowly, byte by byte,
// not at all. It trusts who the kernel says listens (SO_PEERCRED, unix(7)), and speaks to nobody before that is known.
// The daemon's bytes are the business of the packages above, which bound what they allocate.
package unixsock

import (
	"bytes"
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"
)

// Daemon is one that listens on this machine.
type Daemon struct {
	Path     string                // of its socket, absolute
	Patience time.Duration         // for the whole of Ask, or of several: see Together
	Trusted  func(uid uint32) bool // who may listen besides root; nil: nobody
	end      time.Time             // of patience for several Asks; zero: each has its own
}

// Together is the daemon for several Asks, with one patience for all of them, which begins now.
func (d Daemon) Together() Daemon {
	d.end = time.Now().Add(d.Patience)
	return d
}

// Ask connects and calls talk with the connection. Where the daemon went away in the middle, as one does that is
// restarted (EPIPE, ECONNRESET), it asks once more; never after a timeout.
//
// Errors: *Error, and those of talk.
func (d Daemon) Ask(talk func(*Conn) error) error {
	end := d.end
	if end.IsZero() {
		end = time.Now().Add(d.Patience)
	}
	err := d.once(end, talk)
	if errors.Is(err, unix.EPIPE) || errors.Is(err, unix.ECONNRESET) {
		err = d.once(end, talk)
	}
	return err
}

// Once connects and calls talk with the connection, and never again. Errors as of Ask.
func (d Daemon) Once(talk func(*Conn) error) error { return d.once(time.Now().Add(d.Patience), talk) }

func (d Daemon) once(end time.Time, talk func(*Conn) error) error {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return &Error{Daemon: d, Err: err}
	}
	defer unix.Close(fd)
	c := &Conn{daemon: d, fd: fd, end: end}
	if err := c.connect(); err != nil {
		return err
	}
	return talk(c)
}

// Conn is a connection to a trusted daemon.
type Conn struct {
	daemon Daemon
	fd     int
	end    time.Time // when patience ends
}

// connect connects, and sees who listens before a byte is sent. SO_SNDTIMEO bounds connect(2) too, which waits while
// the queue of the listener is full.
func (c *Conn) connect() error {
	if err := c.arm(unix.SO_SNDTIMEO); err != nil {
		return err
	}
	for {
		err := unix.Connect(c.fd, &unix.SockaddrUnix{Name: c.daemon.Path})
		if errors.Is(err, unix.EINTR) {
			if err := c.arm(unix.SO_SNDTIMEO); err != nil {
				return err
			}
			continue
		}
		if err != nil && !errors.Is(err, unix.EISCONN) {
			return c.failed(err)
		}
		return c.identify()
	}
}

// identify refuses a listener that is neither root nor trusted by the daemon's description. In a user namespace that
// does not contain root, root looks like uid 65534, and so does everybody else: not trusted.
func (c *Conn) identify() error {
	peer, err := unix.GetsockoptUcred(c.fd, unix.SOL_SOCKET, unix.SO_PEERCRED)
	switch {
	case err != nil:
		return c.failed(err)
	case peer.Uid == 0, c.daemon.Trusted != nil && c.daemon.Trusted(peer.Uid):
		return nil
	}
	return &Error{Daemon: c.daemon, Listener: peer.Uid, Err: ErrUntrusted}
}

// arm gives what is left of the patience to one kind of waiting: SO_RCVTIMEO or SO_SNDTIMEO, for which 0 means no limit.
func (c *Conn) arm(option int) error {
	left := time.Until(c.end)
	if left < time.Microsecond {
		return &Error{Daemon: c.daemon, Err: ErrTimeout}
	}
	wait := unix.NsecToTimeval(left.Nanoseconds())
	if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, option, &wait); err != nil {
		return c.failed(err)
	}
	return nil
}

// Send sends all of message.
func (c *Conn) Send(message []byte) error { return c.send(message, nil) }

// Pass sends all of message, and with its first byte a descriptor (SCM_RIGHTS, unix(7)), unless that is negative. A daemon that
// does not take descriptors yet (SO_PASSRIGHTS; EPERM) is given time to.
func (c *Conn) Pass(message []byte, descriptor int) error {
	var rights []byte
	if descriptor >= 0 {
		rights = unix.UnixRights(descriptor)
	}
	for end := time.Now().Add(yet); ; {
		err := c.send(message, rights)
		if !errors.Is(err, unix.EPERM) || time.Now().After(end) {
			return err
		}
		nap := unix.NsecToTimespec(int64(time.Millisecond))
		_ = unix.Nanosleep(&nap, nil)
	}
}

// yet is how long a daemon may take until it takes descriptors.
const yet = 5 * time.Second

func (c *Conn) send(message, control []byte) error {
	for len(message) > 0 {
		if err := c.arm(unix.SO_SNDTIMEO); err != nil {
			return err
		}
		n, err := unix.SendmsgN(c.fd, message, control, nil, unix.MSG_NOSIGNAL)
		if n > 0 {
			control = nil
		}
		if err != nil && !errors.Is(err, unix.EINTR) {
			return c.failed(err)
		}
		message = message[max(n, 0):]
	}
	return nil
}

// Read reads what has come, at least one byte, as io.Reader asks; io.EOF where the daemon closed the connection.
func (c *Conn) Read(buffer []byte) (int, error) {
	for {
		if err := c.arm(unix.SO_RCVTIMEO); err != nil {
			return 0, err
		}
		n, err := unix.Read(c.fd, buffer)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, c.failed(err)
		case n == 0 && len(buffer) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}

// Fill reads until buffer is full.
func (c *Conn) Fill(buffer []byte) error {
	_, err := io.ReadFull(c, buffer)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Daemon: c.daemon, Err: ErrClosed}
	}
	return err
}

// message reads up to the NUL that ends a message of Varlink, of at most longest bytes, and returns it without.
func (c *Conn) message(longest int) ([]byte, error) {
	message := make([]byte, 0, longest+1)
	for len(message) < cap(message) {
		n, err := c.Read(message[len(message):cap(message)])
		switch {
		case errors.Is(err, io.EOF):
			return nil, c.Closed()
		case err != nil:
			return nil, err
		}
		message = message[:len(message)+n]
		if end := bytes.IndexByte(message, 0); end >= 0 {
			return message[:end], nil
		}
	}
	return nil, c.Malformed("it is too long")
}

// Exchange sends a message of Varlink, with a descriptor unless that is negative, and passes the one that answers it, of at
// most longest bytes and without its NUL, to understand; it never asks again. sent reports whether the daemon may have got the
// message. Errors: *Error, ErrMalformed where understand fails.
func (d Daemon) Exchange(message []byte, descriptor, longest int, understand func(reply []byte) error) (sent bool, err error) {
	err = d.Once(func(c *Conn) error {
		// Who is refused unheard finds the connection closed, and the answer waiting all the same.
		unsent := c.Pass(message, descriptor)
		if errors.Is(unsent, unix.EPERM) { // it takes no descriptors
			return unsent
		}
		sent = true
		reply, err := c.message(longest)
		if err != nil {
			return errors.Join(unsent, err)
		}
		if err := understand(reply); err != nil {
			return c.Malformed(err.Error())
		}
		return nil
	})
	return sent, err
}

// Skip reads n bytes and forgets them.
func (c *Conn) Skip(n uint64) error {
	var scrap [4096]byte
	for n > 0 {
		part := scrap[:min(n, uint64(len(scrap)))]
		if err := c.Fill(part); err != nil {
			return err
		}
		n -= uint64(len(part))
	}
	return nil
}

// Malformed is the error of an answer that is not one; what says why, in few words.
func (c *Conn) Malformed(what string) error {
	return &Error{Daemon: c.daemon, Detail: what, Err: ErrMalformed}
}

// Closed is the error of a connection that ended before the answer did.
func (c *Conn) Closed() error { return &Error{Daemon: c.daemon, Err: ErrClosed} }
