package slots

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"

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
	err = w.overDead(places)
	if err == nil {
		err = w.overFree(merged(append(w.freed, s.free...)))
	}
	if err != nil {
		return 0, false, err
	}
	if err := w.cut(s.size); err != nil {
		return 0, false, err
	}
	current, err = b.current(ledger)
	return w.filled, current, err
}

// cut cuts free places from the end of the ledger, unless another process is at work there or appends, or rows were
// appended since it was read. Who appends waits for it, but not long: a process that is frozen between the look at the size
// and the cut takes rows along that come meanwhile. They come back from the slots, with the next create of their owner's.
func (w *writer) cut(size int64) error {
	tail := make([]byte, min(size, 64*1024))
	n, err := unix.Pread(w.fd, tail, size-int64(len(tail)))
	if err != nil || n != len(tail) {
		return err
	}
	rest := len(bytes.TrimRight(tail, free))
	if rest > 0 {
		rest++ // the newline of the last row
	}
	if rest >= len(tail) {
		return nil
	}
	held, err := try(w.book.claims, exclusive, endByte, 1)
	if !held || err != nil {
		return err
	}
	defer func() { _, _ = try(w.book.claims, none, endByte, 1) }()
	return w.cutFrom(size-int64(len(tail)-rest), size, tail[rest:])
}

// cutFrom cuts what is from start to size, if it is what was read; no other process appends.
func (w *writer) cutFrom(start, size int64, newlines []byte) error {
	held, err := try(w.book.claims, exclusive, ledgerBytes+start, size-start)
	if !held || err != nil {
		return err
	}
	defer func() { _, _ = try(w.book.claims, none, ledgerBytes+start, size-start) }()
	if still, err := w.still(span{start, newlines}); !still || err != nil {
		return err
	}
	var now unix.Stat_t
	if err := unix.Fstat(w.fd, &now); err != nil || now.Size != size {
		return err
	}
	return unix.Ftruncate(w.fd, start)
}

// writer writes rows over places of an open ledger.
type writer struct {
	book   *Book
	fd     int
	rows   [][]byte
	filled int    // of rows
	freed  []span // the places of dead rows
}

// next is the next row, nil if there is none or it needs more room.
func (w *writer) next(room int) []byte {
	if w.filled < len(w.rows) && len(w.rows[w.filled]) <= room {
		return w.rows[w.filled]
	}
	return nil
}

// overDead makes the rows of interfaces that do not live free places.
func (w *writer) overDead(places []span) error {
	for _, p := range places {
		done, err := w.over(p, nil)
		if err != nil {
			return err
		}
		if done {
			w.freed = append(w.freed, span{p.at, bytes.Repeat([]byte{'\n'}, len(p.text))})
		}
	}
	return nil
}

// merged are free places from the lowest, those next to each other as one.
func merged(places []span) []span {
	slices.SortFunc(places, func(a, b span) int { return cmp.Compare(a.at, b.at) })
	var all []span
	for _, p := range places {
		if last := len(all) - 1; last >= 0 && all[last].at+int64(len(all[last].text)) == p.at {
			all[last].text = append(bytes.Clone(all[last].text), p.text...)
			continue
		}
		all = append(all, p)
	}
	return all
}

// overFree writes into free places. One that another process is at work on is passed over: it may be frozen there.
func (w *writer) overFree(places []span) error {
	for _, p := range places {
		if bytes.IndexByte(p.text, 0) >= 0 { // a hole: newlines from now on
			filled, err := w.over(p, nil)
			if err != nil {
				return err
			}
			if !filled {
				continue
			}
			p.text = bytes.Repeat([]byte{'\n'}, len(p.text))
		}
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
	if len(bytes.Trim(p.text, "\n")) > 0 {
		if err := w.write(bytes.Repeat([]byte{'\n'}, len(p.text)), p.at); err != nil {
			return false, err
		}
	}
	if row == nil {
		return true, nil
	}
	return true, w.write(row, p.at)
}

// still reports whether a place is what was read, behind a free one or a newline, or at the beginning of the file.
func (w *writer) still(p span) (bool, error) {
	before := min(p.at, 1)
	text := make([]byte, int(before)+len(p.text))
	n, err := unix.Pread(w.fd, text, p.at-before)
	if err != nil || n != len(text) {
		return false, err
	}
	return (before == 0 || strings.IndexByte(free, text[0]) >= 0) && bytes.Equal(text[before:], p.text), nil
}

// write writes text at an offset, or fails. None of it is beyond the end of the file.
func (w *writer) write(text []byte, at int64) error {
	n, err := unix.Pwrite(w.fd, text, at)
	if err == nil && n != len(text) {
		return io.ErrShortWrite
	}
	return err
}
