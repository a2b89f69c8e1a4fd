package netquota

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// fill writes rows, each with its newline, over places that a reading of the ledger has found: as many as there is room
// for, from the first, and returns their number. The noted rows of the interfaces in dead become newlines, if no row takes
// their place. It reports too whether the ledger is still the file that was read and written.
//
// No directory is changed for it, and no file made or renamed: nothing that a user could hold a lock of.
func (b *Book) fill(rows [][]byte, s *sheet, dead map[string]bool) (filled int, current bool, err error) {
	places := s.dead(dead)
	if len(places) == 0 && (len(rows) == 0 || len(s.free) == 0) {
		return 0, true, nil
	}
	ledger, err := b.openLedger(unix.O_RDWR)
	if errors.Is(err, unix.ENOENT) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer closeFile(ledger.fd)
	if ledger.stat.Dev != s.file.stat.Dev || ledger.stat.Ino != s.file.stat.Ino {
		return 0, false, nil
	}
	if err := fits(ledger.stat.Size); err != nil {
		return 0, false, err
	}
	w := writer{book: b, fd: ledger.fd, rows: rows}
	if err := errors.Join(w.overDead(places), w.overFree(s.free)); err != nil {
		return 0, false, err
	}
	current, err = b.current(ledger)
	return w.filled, current, err
}

// writer writes rows over places of an open ledger.
type writer struct {
	book   *Book
	fd     int
	rows   [][]byte
	filled int // of rows
}

// next is the next row, nil if there is none or it needs more room.
func (w *writer) next(room int) []byte {
	if w.filled < len(w.rows) && len(w.rows[w.filled]) <= room {
		return w.rows[w.filled]
	}
	return nil
}

// overDead writes over rows of interfaces that do not live.
func (w *writer) overDead(places []span) error {
	for _, p := range places {
		row := w.next(len(p.text))
		done, err := w.over(p, row)
		if err != nil {
			return err
		}
		if done && row != nil {
			w.filled++
		}
	}
	return nil
}

// overFree writes into free places. One that another process is at work on is passed over: it may be frozen there.
func (w *writer) overFree(places []span) error {
	for _, p := range places {
		for row := w.next(len(p.text)); row != nil; row = w.next(len(p.text)) {
			done, err := w.over(span{p.at, p.text[:len(row)]}, row)
			if err != nil {
				return err
			}
			if done {
				w.filled++
			}
			p = span{p.at + int64(len(row)), p.text[len(row):]}
		}
	}
	return nil
}

// over makes a place newlines and then, unless row is nil, writes the row at its beginning. It reports false if another
// process is at work on the place or it is not any more what was read.
//
// Between two rows there are newlines. So at every moment a place has bytes of one row, and newlines for the rest; and
// whatever is written, bytes of a row without the last of its name name no interface of ours, while the whole name is that
// of an interface that does not live: any more, or yet. A process that is killed in here leaves no more than that, and one
// that is frozen keeps the lock of this one place.
func (w *writer) over(p span, row []byte) (bool, error) {
	start, length := ledgerBytes+p.at, int64(len(p.text))
	held, err := try(w.book.claims, exclusive, start, length)
	if !held || err != nil {
		return false, err
	}
	defer func() { _, _ = try(w.book.claims, none, start, length) }()
	if still, err := w.still(p); !still || err != nil {
		return false, err
	}
	if p.text[0] != '\n' {
		if err := w.write(bytes.Repeat([]byte{'\n'}, len(p.text)), p.at); err != nil {
			return false, err
		}
	}
	if row == nil {
		return true, nil
	}
	return true, w.write(row, p.at)
}

// still reports whether a place is what was read, behind a newline or at the beginning of the file.
func (w *writer) still(p span) (bool, error) {
	before := min(p.at, 1)
	text := make([]byte, int(before)+len(p.text))
	n, err := unix.Pread(w.fd, text, p.at-before)
	if err != nil || n != len(text) {
		return false, err
	}
	return (before == 0 || text[0] == '\n') && bytes.Equal(text[before:], p.text), nil
}

// write writes text at an offset, or fails. None of it is beyond the end of the file.
func (w *writer) write(text []byte, at int64) error {
	n, err := unix.Pwrite(w.fd, text, at)
	if err == nil && n != len(text) {
		return io.ErrShortWrite
	}
	return err
}
