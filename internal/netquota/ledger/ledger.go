// Package ledger keeps the public record of the interfaces that exist, /run/lxc/nics.
//
// It is what LXC's helper made it: rows "owner type bridge interface", readable by all, for administrators, for tests, and
// for a change-over. Quotas do not depend on it (package slots). It has rows and newlines and nothing else: a gap, where
// a row was, is newlines. So a row of whatever length fits where others next to each other were, and "grep USER",
// "cut -f4 -d' '" and "sed -i /USER/d" find what they always found.
//
// It promises that no row is lost or torn, whoever is killed or frozen at whatever instruction; that whoever reads it here
// takes no owner for another; and that nobody waits for another process. docs/ledger.md has the argument.
package ledger

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
)

// Ledger is the file at a path. Users can open it, and put locks of theirs on it; so the locks for its bytes are on bytes of
// another file, which only root can open.
type Ledger struct {
	path  string
	locks int // that other file
	owner uint32
}

// The bytes of the other file that are locked here: one for the end of the ledger, held shared by whoever appends
// and exclusively by whoever cuts; and from FirstByte on one for each byte of the ledger.
const (
	FirstByte = int64(1) << 58
	endByte   = FirstByte - 1
)

// At is the ledger at an absolute path, with the open file that locks for it are put on, and who owns it: root.
func At(path string, locks int, owner uint32) *Ledger { return &Ledger{path, locks, owner} }

// file is an open ledger, as it was when it was opened.
type file struct {
	fd   int
	stat unix.Stat_t
}

// open opens the ledger as it is now. It is made if it is missing and mode is not 0.
func (l *Ledger) open(flags int, mode uint32) (file, error) {
	fd, stat, err := lockfile.Open(unix.AT_FDCWD, l.path, l.path, flags|unix.O_NONBLOCK, mode, l.owner)
	return file{fd, stat}, err
}

// current reports whether f is still the file that the name of the ledger leads to: administrators use sed -i on it.
func (l *Ledger) current(f file) (bool, error) {
	var named unix.Stat_t
	err := unix.Lstat(l.path, &named)
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	return err == nil && same(f.stat, named), err
}

func same(a, b unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }

// rounds bounds how often the ledger may be replaced by others during one change of it.
const rounds = 64

// Write adds rows. They are written over the dead rows that r has found and into its gaps, from the lowest, and what finds no
// room is appended. All of the dead rows go. Errors: *lockfile.UnsafeError, *lockfile.Error (EFBIG at a limit).
func (l *Ledger) Write(rows []Row, r *Reading, dead []Line) error {
	var texts [][]byte
	for _, row := range rows {
		texts = append(texts, row.text())
	}
	filled, current, err := l.fill(texts, r, dead)
	if err != nil {
		return err
	}
	if !current { // what was written into it went with it
		filled = 0
	}
	return l.add(bytes.Join(texts[filled:], nil))
}

// Forget drops the rows of an interface that no longer lives. One that another process is at work on stays: it
// counts for nothing, and the next to write for its owner drops it. Errors: as Write.
func (l *Ledger) Forget(nic string) error {
	for range rounds {
		r, err := l.Read(func(row []byte) bool { return names(row, nic) })
		if err != nil {
			return err
		}
		_, current, err := l.fill(nil, r, r.Rows)
		if current || err != nil {
			return err
		}
	}
	return nil
}

// add appends text in one write, and again if the ledger was replaced in between.
func (l *Ledger) add(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	for range rounds {
		done, err := l.addOnce(text)
		if done || err != nil {
			return err
		}
	}
	return lockfile.About(l.path, unix.EAGAIN)
}

func (l *Ledger) addOnce(text []byte) (bool, error) {
	f, err := l.open(unix.O_RDWR|unix.O_APPEND, 0o644)
	if err != nil {
		return false, err
	}
	defer lockfile.Close(f.fd)
	held, err := l.keepEnd()
	if err != nil {
		return false, err
	}
	if held {
		defer l.unlock(endByte, 1)
	}
	text, err = onNewLine(f, text)
	if err == nil {
		err = fits(f.stat.Size + int64(len(text)))
	}
	if err == nil {
		err = lockfile.Append(f.fd, text)
	}
	if err != nil {
		return false, lockfile.About(l.path, err)
	}
	return l.current(f)
}

// How often, and how far apart in nanoseconds, the end of the ledger is asked for. A cut takes microseconds.
const (
	endLooks = 20
	endPause = 1_000_000
)

// keepEnd keeps others from cutting the end of the ledger, and reports whether it could: whoever cuts may be frozen there.
func (l *Ledger) keepEnd() (bool, error) {
	for range endLooks {
		held, err := lockfile.Try(l.locks, lockfile.Shared, endByte, 1)
		if held || err != nil {
			return held, err
		}
		_ = unix.Nanosleep(&unix.Timespec{Nsec: endPause}, nil)
	}
	return false, nil
}

func (l *Ledger) lock(start, length int64) (bool, error) {
	return lockfile.Try(l.locks, lockfile.Exclusive, start, length)
}

// unlock gives a lock back. It cannot fail for what is held.
func (l *Ledger) unlock(start, length int64) {
	_, _ = lockfile.Try(l.locks, lockfile.None, start, length)
}

// fits refuses to write up to an offset where the limit on the size of files would cut it, where a hard limit of the
// caller's could not be raised: a part of a row would stay.
func fits(end int64) error {
	var limit unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit)
	if err == nil && uint64(end) > limit.Cur {
		return unix.EFBIG
	}
	return err
}

// onNewLine puts a newline in front of text if the file does not end in one: an administrator's editor may leave it so.
func onNewLine(f file, text []byte) ([]byte, error) {
	if f.stat.Size == 0 {
		return text, nil
	}
	last, err := lockfile.ReadAt(f.fd, []byte{'\n'}, f.stat.Size-1)
	if err != nil || len(last) == 0 || last[0] == '\n' {
		return text, err
	}
	return append([]byte{'\n'}, text...), nil
}
