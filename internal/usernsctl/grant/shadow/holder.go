package shadow

import (
	"errors"
	"strconv"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/usernsctl/readdir"
)

// holder is the process that made a lock, as the lock tells.
type holder struct {
	pid  int
	uid  uint32    // as whom it wrote the lock
	made time.Time // when
}

// lives reports whether the process can still hold the lock. That somebody has its number is not enough: it may have been
// killed, and the number given to another one. To be called under the lock of lckpwdf(3): glibc's suite then holds no lock,
// so that the two looks at the clock decide only where the suite does without (musl).
func (h holder) lives() bool {
	if h.pid == unix.Getpid() || errors.Is(unix.Kill(h.pid, 0), unix.ESRCH) {
		return false // nothing of this one's is there yet
	}
	return !h.isOther() && !h.hasEnded()
}

// isOther reports whether the process with the number is another user's. That it is root's says nothing where it cannot
// be traced: then it is shown as root's, whosever it is.
func (h holder) isOther() bool {
	var stat unix.Stat_t
	err := unix.Stat(processes+strconv.Itoa(h.pid), &stat)
	return err == nil && stat.Uid != 0 && stat.Uid != h.uid
}

const processes = "/proc/"

// hasEnded reports whether the process with the number waits for its parent alone, or began after the lock was made.
func (h holder) hasEnded() bool {
	state, started, is := readdir.Life(strconv.Itoa(h.pid))
	return is && (state == readdir.Zombie || began(time.Duration(started)*readdir.Tick).After(h.made.Add(doubt)))
}

// doubt is by how much a process must be younger than a lock: clocks of files stand still for up to 10 ms, and those of
// processes count hundredths of a second.
const doubt = time.Second

// began is the time of day at which something began that long after the machine.
func began(start time.Duration) time.Time {
	var up unix.Timespec
	if unix.ClockGettime(unix.CLOCK_BOOTTIME, &up) != nil {
		return time.Time{}
	}
	return time.Now().Add(start - time.Duration(up.Nano()))
}
