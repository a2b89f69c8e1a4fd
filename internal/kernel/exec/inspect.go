package exec

import (
	"errors"
	"io"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
)

// Stream executes p as AsSelf does, and hands read what it prints, of any length, as it is printed. Where read returns before
// the end, the program is killed. It returns the exit status, -1 if a signal ended the program.
//
// Errors: those of AsSelf and of read; ErrTimeout, which read gets too.
func Stream(p Program, read func(io.Reader) error) (int, error) {
	if privileged, err := privilege.Raised(); privileged || err != nil {
		return -1, errors.Join(ErrPrivileged, err)
	}
	if err := check(p.Path, privilege.Reporter()); err != nil {
		return -1, err
	}
	if err := closeOnExec(); err != nil {
		return -1, err
	}
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_CLOEXEC); err != nil {
		return -1, err
	}
	defer unix.Close(ends[0])
	null, err := unix.Open("/dev/null", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		_ = unix.Close(ends[1])
		return -1, err
	}
	defer unix.Close(null)
	end := time.Now().Add(p.Patience)
	pid, pidfd, err := p.start(nil, []uintptr{uintptr(null), uintptr(ends[1]), uintptr(null)})
	_ = unix.Close(ends[1])
	if err != nil {
		return -1, err
	}
	printed := &printed{fd: ends[0], end: end}
	wrong := read(printed)
	if !printed.over {
		end = time.Now() // nobody reads the rest
	}
	status, err := finish(pid, pidfd, end)
	if wrong == nil && !printed.over { // it was killed because read had enough
		return status, nil
	}
	return status, errors.Join(wrong, err)
}

// printed is what a program prints, until the end of patience.
type printed struct {
	fd   int
	end  time.Time
	over bool // there is nothing more
}

// Read reads as io.Reader asks. Errors: io.EOF, ErrTimeout, those of poll(2) and read(2).
func (p *printed) Read(buffer []byte) (int, error) {
	if err := awaitDescriptor(p.fd, p.end); err != nil {
		return 0, err
	}
	n, err := trusted.Descriptor(p.fd).Read(buffer)
	p.over = errors.Is(err, io.EOF)
	return n, err
}
