// Package output writes what a program has to say into the descriptors that its caller passed.
//
// What is behind them is the caller's: a pipe that nobody reads, a terminal that was told to stop, a file of a file system
// that never answers. The package promises two things. While a write waits, the process counts as the caller's and holds
// nothing: whoever makes many of them wait fills their own RLIMIT_NPROC, as with any program. And it waits no longer than
// patience, where Linux has a way to write without waiting: for pipes, FIFOs, sockets, and terminals that the caller may
// open. What can still wait longer is in docs/process.md.
//
// Whether a descriptor would block is a property of the open file, which the caller shares: O_NONBLOCK is never set on it.
package output

import (
	"cmp"
	"errors"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/entry"
	"userns-helpers/internal/kernel/privilege"
)

// patience is how long all writes of a program may wait together.
const patience = 5 * time.Second

// pause is how long it waits, in nanoseconds, for what select(2) and write(2) do not agree about.
const pause = 10_000_000

// Printer writes for one run of a program.
type Printer struct {
	Caller privilege.Caller // privilege.Early's where the program did not begin
	end    time.Time        // when patience ends; zero: nothing had to wait yet
}

// ErrPatience says that what the caller passed took no more for as long as the program waits.
var ErrPatience = errors.New("not read for 5 seconds")

// Write writes text with one write(2), unless only parts of it are taken. Nothing may be held.
func (p *Printer) Write(fd int, text []byte) error {
	if entry.Closed(fd) {
		return unix.EBADF
	}
	return p.Caller.Exposed(func() error {
		s := p.open(fd)
		defer s.close()
		return p.write(s, text)
	})
}

// write writes until all is written or patience ends.
func (p *Printer) write(s sink, text []byte) error {
	for refused := 0; len(text) > 0; {
		if s.way == asking {
			if err := p.await(s); err != nil {
				return err
			}
		}
		n, err := s.put(text)
		switch {
		case errors.Is(err, unix.EAGAIN) && s.way != hasty:
			if refused++; refused > 1 { // it takes something, but not this: a terminal with room for half a newline
				_ = unix.Nanosleep(&unix.Timespec{Nsec: pause}, nil)
			}
			if err := p.await(s); err != nil || refused > 1 && p.over() {
				return cmp.Or(err, ErrPatience)
			}
		case err == nil && n == 0:
			return unix.EIO
		case err != nil && !errors.Is(err, unix.EINTR):
			return err
		}
		text = text[max(n, 0):]
	}
	return nil
}

// await waits until s takes something, or has an error that the next write returns. It asks select(2), since poll(2) refuses
// to look at one descriptor where RLIMIT_NOFILE is 0. The descriptor is 1, 2 or the lowest that was free.
func (p *Printer) await(s sink) error {
	if p.end.IsZero() {
		p.end = time.Now().Add(patience)
	}
	for {
		var wanted unix.FdSet
		wanted.Set(s.fd)
		left := unix.NsecToTimeval(max(time.Until(p.end), 0).Nanoseconds())
		n, err := unix.Select(s.fd+1, nil, &wanted, nil, &left)
		switch {
		case errors.Is(err, unix.EINTR):
		case err != nil:
			return err
		case n > 0:
			return nil
		case p.over():
			return ErrPatience
		}
	}
}

// over reports whether patience has ended.
func (p *Printer) over() bool { return !time.Now().Before(p.end) }
