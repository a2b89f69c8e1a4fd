package ledger

import (
	"bytes"
	"cmp"
	"errors"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
)

// writer writes rows into gaps of the open ledger. Each line that is written over is locked; one such lock is held at a time,
// and one that cannot be had is passed over: its holder may be frozen there.
type writer struct {
	*Ledger
	fd     int
	rows   [][]byte
	filled int // of rows
}

// fill makes the dead rows gaps, and writes rows, each with its newline, into gaps: as many as there is room for, from the
// first, and returns their number. It reports too whether the ledger is still the file that was read and written.
//
// No directory is changed for it, and no file made or renamed: nothing that a user could hold a lock of.
func (l *Ledger) fill(rows [][]byte, r *Reading, dead []Line) (filled int, current bool, err error) {
	if len(dead) == 0 && (len(rows) == 0 || len(r.gaps) == 0) {
		return 0, true, nil
	}
	f, err := l.open(unix.O_RDWR, 0)
	if errors.Is(err, unix.ENOENT) {
		return 0, false, nil
	}
	if err != nil {
		return 0, false, err
	}
	defer lockfile.Close(f.fd)
	if !same(f.stat, r.file) {
		return 0, false, nil
	}
	w := writer{Ledger: l, fd: f.fd, rows: rows}
	if err := w.write(f.stat.Size, r, dead); err != nil {
		return 0, false, err
	}
	current, err = l.current(f)
	return w.filled, current, err
}

// write writes over the ledger, which has some size now.
func (w *writer) write(size int64, r *Reading, dead []Line) error {
	if err := fits(size); err != nil {
		return err
	}
	gaps, err := w.clear(slices.Concat(r.gaps, dead))
	if err != nil {
		return err
	}
	for _, g := range gaps {
		if err := w.fillGap(g); err != nil {
			return err
		}
	}
	return w.cut(int64(len(r.text)))
}

// clear makes lines newlines, dead rows and holes, and returns all that are gaps then: from the lowest, those next to each
// other as one.
func (w *writer) clear(lines []Line) (gaps []Line, err error) {
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Compare(a.at, b.at) })
	for _, l := range lines {
		if blank := newlines(l); !bytes.Equal(l.text, blank.text) {
			done, err := w.over(l, nil)
			if err != nil {
				return nil, err
			}
			if !done {
				continue
			}
			l = blank
		}
		if last := len(gaps) - 1; last >= 0 && gaps[last].end() == l.at {
			gaps[last].text = append(bytes.Clone(gaps[last].text), l.text...)
			continue
		}
		gaps = append(gaps, l)
	}
	return gaps, nil
}

// newlines is what is left where a row or a hole was.
func newlines(l Line) Line { return Line{l.at, bytes.Repeat([]byte{'\n'}, len(l.text))} }

// fillGap writes rows into a gap, as many as there is room for.
func (w *writer) fillGap(g Line) error {
	for w.filled < len(w.rows) && len(w.rows[w.filled]) <= len(g.text) {
		row := w.rows[w.filled]
		done, err := w.over(Line{g.at, g.text[:len(row)]}, row)
		if err != nil {
			return err
		}
		if done {
			w.filled++
		}
		g = Line{g.at + int64(len(row)), g.text[len(row):]}
	}
	return nil
}

// over makes a line newlines and then, unless row is nil, writes the row at its beginning. It reports false if another
// process is at work there, or it is no longer what was read.
//
// Between two rows there are newlines. So at every moment a line has bytes of one row, and newlines for the rest; and
// whatever is written, bytes of a row without the last of its name name no interface of ours, while the whole name is that
// of an interface that no longer lives, or not yet. A process that is killed in here leaves no more than that, and one
// that is frozen keeps the lock of this one line.
func (w *writer) over(old Line, row []byte) (bool, error) {
	start, length := FirstByte+old.at, int64(len(old.text))
	held, err := w.lock(start, length)
	if !held || err != nil {
		return false, err
	}
	defer w.unlock(start, length)
	if still, err := w.still(old); !still || err != nil {
		return false, err
	}
	if len(bytes.Trim(old.text, "\n")) > 0 {
		if err := lockfile.WriteAt(w.fd, newlines(old).text, old.at); err != nil {
			return false, err
		}
	}
	if row == nil {
		return true, nil
	}
	return true, lockfile.WriteAt(w.fd, row, old.at)
}

// still reports whether a line is what was read, after a gap or a newline, or at the beginning of the file.
func (w *writer) still(l Line) (bool, error) {
	before := min(l.at, 1)
	text, err := lockfile.ReadAt(w.fd, make([]byte, int(before)+len(l.text)), l.at-before)
	if err != nil || len(text) != int(before)+len(l.text) {
		return false, err
	}
	return (before == 0 || strings.IndexByte(gap, text[0]) >= 0) && bytes.Equal(text[before:], l.text), nil
}

// longestCut bounds how much is cut at once.
const longestCut = 64 * 1024

// cut cuts gaps from the end of the ledger, which had some size when it was read, unless another process is at work there or
// appends, or rows were appended since. Whoever appends waits for it, but not long: a process that is frozen between the look at
// the size and the cut also removes rows that come in between. They come back from the slots, with their owner's next create.
func (w *writer) cut(size int64) error {
	length := min(size, longestCut)
	tail, err := lockfile.ReadAt(w.fd, make([]byte, length), size-length)
	if err != nil || int64(len(tail)) != length {
		return err
	}
	rest := len(bytes.TrimRight(tail, gap))
	if rest > 0 {
		rest++ // the newline of the last row
	}
	if rest >= len(tail) {
		return nil
	}
	held, err := w.lock(endByte, 1)
	if !held || err != nil {
		return err
	}
	defer w.unlock(endByte, 1)
	return w.cutOff(Line{size - length + int64(rest), tail[rest:]})
}

// cutOff cuts the last gap off, if it is what was read and the last; no other process appends.
func (w *writer) cutOff(last Line) error {
	start, length := FirstByte+last.at, int64(len(last.text))
	held, err := w.lock(start, length)
	if !held || err != nil {
		return err
	}
	defer w.unlock(start, length)
	if still, err := w.still(last); !still || err != nil {
		return err
	}
	var now unix.Stat_t
	if err := unix.Fstat(w.fd, &now); err != nil || now.Size != last.end() {
		return err
	}
	return unix.Ftruncate(w.fd, last.at)
}
