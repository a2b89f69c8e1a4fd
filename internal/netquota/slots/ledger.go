package slots

import (
	"bytes"
	"errors"

	"golang.org/x/sys/unix"
)

// file is an open ledger, as it was when it was opened.
type file struct {
	fd   int
	stat unix.Stat_t
}

// openLedger opens the ledger as it is now. It belongs to root or it is refused.
func (b *Book) openLedger(flags int) (file, error) {
	fd, err := unix.Open(b.ledger, flags|ledgerFlags, 0)
	return b.accept(fd, err)
}

const ledgerFlags = unix.O_NOFOLLOW | unix.O_NONBLOCK | unix.O_CLOEXEC

// accept is the open ledger, if it belongs to root.
func (b *Book) accept(fd int, err error) (file, error) {
	if err != nil {
		return file{fd: -1}, about(b.ledger, err)
	}
	stat, err := b.stat(fd, b.ledger)
	if err != nil {
		closeFile(fd)
	}
	return file{fd, stat}, err
}

// current reports whether f is still the file that the name of the ledger leads to: administrators use sed -i on it.
func (b *Book) current(f file) (bool, error) {
	var named unix.Stat_t
	err := unix.Lstat(b.ledger, &named)
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	return err == nil && f.stat.Dev == named.Dev && f.stat.Ino == named.Ino, err
}

// read passes every row of the ledger to f, with its offset, and makes s the places that can be written over. A ledger
// that does not exist has no row.
//
// The bytes of a row change in place, and a read that is interrupted in between sees the beginning of one row and the end
// of another: of mallory's and then of alice's, with mallory as the owner of alice's interface. So the ledger is read
// twice, and a row counts that was the same both times. For that to be said of bytes of two rows, the place would have to
// be given back, taken, given back and taken again between the two readings, with the same random name at last.
//
// A row that is left out so is being written or dropped right now. Its interface does not live yet, or not any more; and
// it is in a slot that is read later.
func (b *Book) read(s *sheet, f func(row []byte, at int64)) error {
	*s = sheet{}
	ledger, err := b.openLedger(unix.O_RDONLY)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer closeFile(ledger.fd)
	text, again, err := readTwice(ledger.fd, ledger.stat.Size)
	if err != nil {
		return about(b.ledger, err)
	}
	s.file = ledger
	s.walk(text, again, f)
	return nil
}

// rounds bounds how often the ledger may be replaced by others under one change of it.
const rounds = 64

// record adds rows. The rows of the interfaces in dead, as s has them, are dropped or make room.
func (b *Book) record(rows []Row, s *sheet, dead map[string]bool) error {
	var texts [][]byte
	for _, r := range rows {
		texts = append(texts, r.text())
	}
	filled, same, err := b.fill(texts, s, dead)
	if err != nil {
		return err
	}
	if !same { // what was written into it went with it
		filled = 0
	}
	return b.add(bytes.Join(texts[filled:], nil))
}

// Forget drops the rows of an interface that does not live any more. One that another process is at work on stays: it
// counts for nothing, and a later Claim of its owner's takes the place.
func (b *Book) Forget(nic string) error {
	for range rounds {
		s := &sheet{}
		err := b.read(s, func(row []byte, at int64) {
			if names(row, nic) {
				s.note(nic, row, at)
			}
		})
		if err != nil {
			return err
		}
		_, same, err := b.fill(nil, s, map[string]bool{nic: true})
		if same || err != nil {
			return err
		}
	}
	return nil
}

// add appends text in one write, and again when the ledger was replaced meanwhile.
func (b *Book) add(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	for range rounds {
		done, err := b.addOnce(text)
		if done || err != nil {
			return err
		}
	}
	return about(b.ledger, unix.EAGAIN)
}

func (b *Book) addOnce(text []byte) (bool, error) {
	const flags = unix.O_RDWR | unix.O_APPEND | ledgerFlags
	ledger, err := b.accept(openOrMake(unix.AT_FDCWD, b.ledger, flags, 0o644))
	if err != nil {
		return false, err
	}
	defer closeFile(ledger.fd)
	held, err := b.keepEnd()
	if err != nil {
		return false, err
	}
	if held {
		defer func() { _, _ = try(b.claims, none, endByte, 1) }()
	}
	text, err = onNewLine(ledger, text)
	if err != nil {
		return false, about(b.ledger, err)
	}
	if err := fits(ledger.stat.Size + int64(len(text))); err != nil {
		return false, about(b.ledger, err)
	}
	if err := writeAll(ledger.fd, text); err != nil {
		return false, about(b.ledger, err)
	}
	return b.current(ledger)
}

// How often, and how far apart in nanoseconds, the end of the ledger is asked for. A cut takes microseconds.
const (
	endLooks = 20
	endPause = 1_000_000
)

// keepEnd keeps others from cutting the end of the ledger, and reports whether it could: who does so may be frozen there.
func (b *Book) keepEnd() (bool, error) {
	for range endLooks {
		held, err := try(b.claims, shared, endByte, 1)
		if held || err != nil {
			return held, err
		}
		_ = unix.Nanosleep(&unix.Timespec{Nsec: endPause}, nil)
	}
	return false, nil
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
	last := []byte{'\n'}
	if _, err := unix.Pread(f.fd, last, f.stat.Size-1); err != nil {
		return nil, err
	}
	if last[0] == '\n' {
		return text, nil
	}
	return append([]byte{'\n'}, text...), nil
}
