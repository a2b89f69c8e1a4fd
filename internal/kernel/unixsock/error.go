package unixsock

import (
	"errors"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Error says why a daemon gave no answer.
type Error struct {
	Daemon   Daemon
	Listener uint32 // the user id that listens, where that is the reason
	Detail   string // what is wrong with a malformed answer
	Err      error  // one of the following, or an error number
}

// What is wrong with a daemon that listens.
var (
	ErrUntrusted = errors.New("the listener is not trusted")
	ErrTimeout   = errors.New("no answer in time")
	ErrClosed    = errors.New("the connection was closed without an answer")
	ErrMalformed = errors.New("the answer is malformed")
)

// NotRunning reports whether nobody listens: there is no socket, or one that a daemon left behind.
func (e *Error) NotRunning() bool {
	return errors.Is(e.Err, unix.ENOENT) || errors.Is(e.Err, unix.ENOTDIR) || errors.Is(e.Err, unix.ECONNREFUSED)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Error names the socket and the cause.
func (e *Error) Error() string { return e.Daemon.Path + ": " + e.cause() }

func (e *Error) cause() string {
	switch {
	case errors.Is(e.Err, unix.ENOENT), errors.Is(e.Err, unix.ENOTDIR):
		return "no socket"
	case errors.Is(e.Err, unix.ECONNREFUSED):
		return "connection refused"
	case errors.Is(e.Err, ErrTimeout):
		return "no answer within " + strconv.Itoa(int(e.Daemon.Patience/time.Second)) + " seconds"
	case errors.Is(e.Err, ErrUntrusted):
		return "the listener runs as uid " + strconv.FormatUint(uint64(e.Listener), 10) + ", which is not trusted"
	case e.Detail != "":
		return e.Err.Error() + ": " + e.Detail
	}
	return e.Err.Error()
}

// failed is the error of a system call. The kernel says EAGAIN when a wait came to its end.
func (c *Conn) failed(err error) error {
	if errors.Is(err, unix.EAGAIN) {
		err = ErrTimeout
	}
	return &Error{Daemon: c.daemon, Err: err}
}
