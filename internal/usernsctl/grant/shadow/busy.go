package shadow

import (
	"bytes"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/number"
)

// BusyError says that somebody else holds a lock.
type BusyError struct {
	Lock      string // the file
	PID       int    // who holds it, 0 if that is not known
	Command   string // of that process, "" if that is not known
	Malformed bool   // it names no process, so that the suite calls it busy until somebody removes it
}

// Error names the lock and who holds it.
func (e *BusyError) Error() string {
	switch {
	case e.Malformed:
		return e.Lock + " exists and does not name a process"
	case e.PID == 0:
		return e.Lock + " is held by another process"
	case e.Command == "":
		return e.Lock + " is held by process " + strconv.Itoa(e.PID)
	}
	return e.Lock + " is held by process " + strconv.Itoa(e.PID) + " (" + e.Command + ")"
}

// mostOfLock is how much the suite reads of a lock: 31 bytes.
const mostOfLock = 31

// clearStale removes a lock whose process does not live. The suite goes by the number alone. Errors: *BusyError.
func clearStale(lock string) error {
	h, err := holderIn(lock)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	if h.lives() {
		return &BusyError{Lock: lock, PID: h.pid, Command: commandOf(h.pid)}
	}
	if err := unix.Unlink(lock); err != nil && !errors.Is(err, unix.ENOENT) {
		return failed("remove", lock, err)
	}
	return nil
}

// holderIn reads a lock. Errors: *BusyError for one that names no process.
func holderIn(lock string) (holder, error) {
	text, stat, err := open(lock, mostOfLock)
	if err != nil {
		return holder{}, failed("read", lock, err)
	}
	pid, ok := pidIn(text)
	if !ok {
		return holder{}, &BusyError{Lock: lock, Malformed: true}
	}
	return holder{pid, stat.Uid, time.Unix(stat.Mtim.Unix())}, nil
}

// pidIn is the process id in a lock: decimal, up to a NUL or the end, with nothing behind it, not even a newline.
func pidIn(text []byte) (int, bool) {
	text, _, _ = bytes.Cut(text, []byte{0})
	pid, err := number.Decimal(text)
	return int(pid), err == nil && 0 < pid && pid <= math.MaxInt32
}

// commandOf is the name of a process, "" if it is gone.
func commandOf(pid int) string {
	const longest = 64
	text, err := head(processes+strconv.Itoa(pid)+"/comm", longest)
	if err != nil {
		return ""
	}
	return strings.TrimSuffix(string(text), "\n")
}

// head reads at most the first longest bytes of a file.
func head(path string, longest int) ([]byte, error) {
	text, _, err := open(path, longest)
	return text, err
}

// open reads at most the first longest bytes of a file, and whose it is.
func open(path string, longest int) (text []byte, stat unix.Stat_t, err error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, stat, err
	}
	defer unix.Close(fd)
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, stat, err
	}
	text = make([]byte, longest)
	n, err := unix.Read(fd, text)
	return text[:max(n, 0)], stat, err
}
