package output

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// sink is where text goes.
type sink struct {
	fd  int
	way way
	own bool // fd is an open file of this program's, on what the caller passed
}

// way is how to write without waiting.
type way int

const (
	direct  way = iota // a regular file, or what is like one: there is no such way, and select(2) says nothing
	prompt             // fd does not block, and waiting is up to us
	hasty              // fd does not block, as its owner wants: what it does not take now is lost
	message            // a socket: MSG_DONTWAIT
	asking             // select(2) first, then no more than is taken at once
)

// atOnce is how much a pipe takes without waiting when select(2) says that it takes something, in bytes: PIPE_BUF, pipe(7).
const atOnce = 4096

// open finds the way for a descriptor of the caller's.
func (p *Printer) open(fd int) sink {
	var stat unix.Statx_t
	// Without a question to the file's server, which may never answer.
	err := unix.Statx(fd, "", unix.AT_EMPTY_PATH|unix.AT_STATX_DONT_SYNC, unix.STATX_TYPE, &stat)
	switch kind := stat.Mode & unix.S_IFMT; {
	case err == unix.EBADF:
		return sink{fd: fd, way: direct}
	case err != nil: // before Linux 4.11; a file system that is closed to root
		return sink{fd: fd, way: asking}
	case kind == unix.S_IFSOCK:
		return sink{fd: fd, way: message}
	case kind == unix.S_IFIFO:
		return reopened(fd, 0)
	case kind == unix.S_IFCHR && isTerminal(stat.Rdev_major):
		return p.terminal(fd)
	case kind == unix.S_IFREG, kind == unix.S_IFDIR, kind == unix.S_IFBLK:
		return sink{fd: fd, way: direct}
	}
	return sink{fd: fd, way: asking}
}

// isTerminal reports whether a device is the slave of a pseudo-terminal: devices.txt of Linux, UNIX98 PTY slaves. Others
// are not always the same one when they are opened again, as /dev/ptmx.
func isTerminal(major uint32) bool { return major >= 136 && major <= 143 }

// terminal opens a terminal again, with the caller's rights. They may not have any: who becomes another user by su(1) stays
// on the terminal of the first. With root's it could be that of the next who logs in there, when the caller's descriptor
// was hung up, vhangup(2).
func (p *Printer) terminal(fd int) (s sink) {
	again := func() error { s = reopened(fd, unix.O_NOCTTY); return nil }
	switch {
	case unix.Geteuid() == unix.Getuid(): // as within Exposed, after Narrow
		_ = again()
	case !p.Caller.Raised() || p.Caller.Do(again) != nil:
		return sink{fd: fd, way: asking}
	}
	return s
}

// reopened opens what is behind fd once more, as it is open, but so that it does not block. A pipe is the same pipe then,
// whoever opens it, and takes nothing that fd did not. Where it cannot be, select(2) is asked first: only who fills the pipe
// between that and the write makes it wait then.
func reopened(fd, flags int) sink {
	now, err := unix.FcntlInt(uintptr(fd), unix.F_GETFL, 0)
	switch {
	case err != nil:
		return sink{fd: fd, way: direct}
	case now&unix.O_ACCMODE == unix.O_RDONLY:
		return sink{fd: fd, way: direct} // EBADF
	case now&unix.O_NONBLOCK != 0:
		return sink{fd: fd, way: hasty}
	}
	flags |= now&(unix.O_ACCMODE|unix.O_DIRECT) | unix.O_NONBLOCK | unix.O_CLOEXEC // O_DIRECT: a pipe of packets, pipe(2)
	own, err := unix.Open("/proc/self/fd/"+strconv.Itoa(fd), flags, 0)
	switch {
	case err != nil:
		return sink{fd: fd, way: asking}
	case own >= unix.FD_SETSIZE: // the caller's descriptors fill the table: select(2) could not be asked
		_ = unix.Close(own)
		return sink{fd: fd, way: asking}
	}
	return sink{fd: own, way: prompt, own: true}
}

// put writes once.
func (s sink) put(text []byte) (int, error) {
	switch s.way {
	case message:
		return unix.SendmsgN(s.fd, text, nil, nil, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL)
	case asking:
		text = text[:min(len(text), atOnce)]
	case direct, prompt, hasty:
	}
	return unix.Write(s.fd, text)
}

func (s sink) close() {
	if s.own {
		_ = unix.Close(s.fd)
	}
}
