package slots

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// minute is how long a beginning counts, in nanoseconds.
const minute = 60_000_000_000

// Begin counts an interface that a user is about to make. The limit is the number of records in a file of the user's;
// a record is the time of a beginning, and can be taken when it is older than a minute. It is taken by writing the time
// into it, under its lock, after it was read again. So none is taken twice within a minute, whatever is killed where;
// and a process that was stopped over it keeps one record of its own user's.
//
// What fails afterwards has begun all the same. Errors: *RateLimited, and failures of the file.
func (b *Book) Begin(uid uint32, limit netquota.Limit) error {
	if !limit.Set {
		return nil
	}
	fd, err := b.openFile(paceFile(uid))
	if err != nil {
		return err
	}
	defer closeFile(fd)
	text, err := readRecords(fd)
	if err != nil {
		return err
	}
	least := uint64(minute)
	for i := range int(min(limit.Most, mostSlots)) {
		wait, err := b.beginAt(fd, i, text)
		if wait == 0 || err != nil {
			return err
		}
		least = min(least, wait)
	}
	if limit.Most == 0 {
		return &netquota.RateLimited{}
	}
	return &netquota.RateLimited{Most: limit.Most, Wait: (least + second - 1) / second}
}

const (
	second   = 1_000_000_000
	paceSize = 32 // of a record, in bytes
)

// beginAt takes record i if it can, and returns how long it cannot be, in nanoseconds; 0 if it was taken.
func (b *Book) beginAt(fd, i int, text []byte) (uint64, error) {
	start := i * paceSize
	if len(text) >= start+paceSize {
		if wait := remaining(text[start:start+paceSize], b.now()); wait > 0 {
			return wait, nil
		}
	}
	held, err := try(fd, exclusive, int64(start), paceSize)
	if !held || err != nil {
		return minute, err // somebody is taking it
	}
	defer func() { _, _ = try(fd, none, int64(start), paceSize) }()
	current := make([]byte, paceSize)
	n, err := unix.Pread(fd, current, int64(start))
	if err != nil {
		return minute, err
	}
	now := b.now()
	if wait := remaining(current[:n], now); wait > 0 {
		return wait, nil
	}
	return 0, writeRecord(fd, i, beginning(now))
}

// beginning is a record of a time.
func beginning(time uint64) []byte {
	text := strconv.FormatUint(time, 10)
	return []byte(strings.Repeat(" ", paceSize-1-len(text)) + text + "\n")
}

// remaining is how long a record cannot be taken. What is not a time is free: a record is written whole. So is a time to
// come: the machine was started again since it was written, and its folder outlived that.
func remaining(record []byte, now uint64) uint64 {
	text, whole := strings.CutSuffix(string(record), "\n")
	time, err := strconv.ParseUint(strings.TrimLeft(text, " "), 10, 63)
	if !whole || err != nil || time > now || now-time >= minute {
		return 0
	}
	return minute - (now - time)
}

// sinceBoot is the time since the machine was started, in nanoseconds, sleep included: nobody can set it. A time
// namespace has another one, but in it this program has no privilege.
func sinceBoot() uint64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) // cannot fail: Linux 2.6.39
	return uint64(now.Nano())
}
