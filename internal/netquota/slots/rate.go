package slots

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
	"userns-helpers/internal/netquota"
)

// The beginnings of a user are in a file of records, each of which is the time of one. A record can be taken when it is a
// minute old: by writing the time into it, under its lock, after it was read again. So none is taken twice within a minute,
// whatever is killed where; and a process that was stopped over it keeps one record of its own user's.
const rateSize = 32 // of a record, in bytes

// begun is how long each beginning in a user's file still counts.
func (b *Book) begun(fd int) ([]uint64, error) {
	if fd < 0 {
		return nil, nil
	}
	text, err := readRecords(fd, rateSize)
	now := b.now() // a system call, and there may be as many records as creates in a minute
	var left []uint64
	for ; len(text) >= rateSize; text = text[rateSize:] {
		left = append(left, remaining(text[:rateSize], now))
	}
	return left, err
}

// openRate opens the file of the user's beginnings; -1 where nothing limits them, or there is none and none is made.
func (l *look) openRate() (err error) {
	if l.rate = -1; l.PerMinute.Set {
		l.rate, err = l.book.open(rateFile(l.UID))
	}
	return err
}

// begin counts an interface that the user is about to make: by the snapshot, of which each record that it takes is read
// again. What fails afterwards has begun all the same. Errors: *netquota.RateLimited, and failures of the file.
func (l *look) begin() error {
	for l.PerMinute.Set {
		i, err := l.Begin()
		if err != nil {
			return err
		}
		left, err := l.book.beginAt(l.rate, int64(i)*rateSize)
		if left == 0 || err != nil {
			return err
		}
		if i == len(l.Begun) {
			l.Begun = append(l.Begun, 0)
		}
		l.Begun[i] = left
	}
	return nil
}

// beginAt takes a record if it can, and returns how long it cannot be, in nanoseconds; 0 if it was taken.
func (b *Book) beginAt(fd int, at int64) (uint64, error) {
	held, err := lockfile.Try(fd, lockfile.Exclusive, at, rateSize)
	if !held || err != nil {
		return netquota.Minute, err // somebody is taking it
	}
	defer func() { _, _ = lockfile.Try(fd, lockfile.None, at, rateSize) }()
	text, err := lockfile.ReadAt(fd, make([]byte, rateSize), at)
	if err != nil {
		return netquota.Minute, err
	}
	now := b.now()
	if left := remaining(text, now); left > 0 {
		return left, nil
	}
	return 0, lockfile.WriteAt(fd, beginning(now), at)
}

// beginning is a record of a time.
func beginning(time uint64) []byte {
	text := strconv.FormatUint(time, 10)
	return []byte(strings.Repeat(" ", rateSize-1-len(text)) + text + "\n")
}

// remaining is how long a record counts. What is not a time does not: a record is written whole. Nor does a time to
// come: the machine was started again since it was written, and its directory outlived that.
func remaining(record []byte, now uint64) uint64 {
	text, whole := strings.CutSuffix(string(record), "\n")
	time, err := strconv.ParseUint(strings.TrimLeft(text, " "), 10, 63)
	if !whole || err != nil || time > now || now-time >= netquota.Minute {
		return 0
	}
	return netquota.Minute - (now - time)
}

// sinceBoot is the time since the machine was started, in nanoseconds, sleep included: nobody can set it. A time
// namespace has another one, but in it this program has no privilege.
func sinceBoot() uint64 {
	var now unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_BOOTTIME, &now) // cannot fail: Linux 2.6.39
	return uint64(now.Nano())
}
