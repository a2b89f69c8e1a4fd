package ledger

import (
	"bytes"
	"errors"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/lockfile"
)

// Reading is the ledger as it was read, and where it can be written over.
type Reading struct {
	Rows []Line // those that were wanted, from the first
	gaps []Line
	text []byte
	file unix.Stat_t
}

// Line is a part of the ledger: a row with its newline, if it has one; or a gap.
type Line struct {
	at   int64
	text []byte
}

// Text is the row without its newline.
func (l Line) Text() []byte { return bytes.TrimSuffix(l.text, []byte{'\n'}) }

func (l Line) end() int64 { return l.at + int64(len(l.text)) }

// gap is what a gap is filled with: newlines; and the NUL bytes of a hole, where a process was frozen over a gap that was
// since cut off.
const gap = "\n\x00"

// readings bounds how often the ledger is read because rows change that are wanted.
const readings = 4

// Read reads the ledger, and returns the rows that wanted says yes to. A ledger that does not exist has none.
//
// The bytes of a row change in place, and a read that is interrupted in between sees the beginning of one row and the end
// of another: of mallory's and then of alice's, with mallory as the owner of alice's interface. So each row that is wanted is
// read again, and counts if it is the same both times. For that to be said of bytes of two rows, the place would have to be
// given back, taken, given back and taken again between the two readings, with the same random name at last.
//
// A row that is left out so is being written or dropped right now. Its interface does not live yet, or no longer does; and
// it is in a slot that is read later. Errors: *lockfile.UnsafeError, *lockfile.Error.
func (l *Ledger) Read(wanted func(row []byte) bool) (*Reading, error) {
	f, err := l.open(unix.O_RDONLY, 0)
	if errors.Is(err, unix.ENOENT) {
		return &Reading{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer lockfile.Close(f.fd)
	var r *Reading
	for range readings {
		text, err := readAll(f.fd, f.stat.Size)
		if err != nil {
			return nil, lockfile.About(l.path, err)
		}
		r = parse(text, wanted)
		sure, err := r.confirm(func(buffer []byte, at int64) ([]byte, error) { return lockfile.ReadAt(f.fd, buffer, at) })
		if err != nil {
			return nil, lockfile.About(l.path, err)
		}
		if sure {
			break
		}
	}
	r.file = f.stat
	return r, nil
}

// readAll reads a file from its beginning to its end; it has some size bytes. A read of a file gives all that there is, so
// that one which gives less than was asked for ends it.
func readAll(fd int, size int64) ([]byte, error) {
	text := make([]byte, 0, max(size, 0)+512)
	for {
		more, err := lockfile.ReadAt(fd, text[len(text):cap(text)], int64(len(text)))
		if err != nil {
			return nil, err
		}
		text = text[:len(text)+len(more)]
		if len(text) < cap(text) {
			return text, nil
		}
		text = append(text, 0)[:len(text)]
	}
}

// parse finds the rows that are wanted, and the gaps.
func parse(text []byte, wanted func(row []byte) bool) *Reading {
	r := &Reading{text: text}
	for at := 0; at < len(text); {
		if strings.IndexByte(gap, text[at]) >= 0 {
			end := len(text) - len(bytes.TrimLeft(text[at:], gap))
			r.gaps = append(r.gaps, Line{int64(at), text[at:end]})
			at = end
			continue
		}
		row, _, _ := bytes.Cut(text[at:], []byte{'\n'})
		end := min(at+len(row)+1, len(text))
		if len(row) <= longestRow && wanted(row) {
			r.Rows = append(r.Rows, Line{int64(at), text[at:end]})
		}
		at = end
	}
	return r
}

// window is how much is read again at once, in bytes: a page, and more than a row and the newline in front of it.
const window = 4096

// confirm keeps the rows that are the same when they are read again, and reports whether those are all. A row begins after
// a newline, so that belongs to it: what seems to be a row may be the end of a longer one.
func (r *Reading) confirm(read func(buffer []byte, at int64) ([]byte, error)) (bool, error) {
	buffer := make([]byte, window)
	var again Line
	var same []Line
	for _, row := range r.Rows {
		from, end := max(row.at-1, 0), row.end()
		if end > again.end() {
			text, err := read(buffer, from)
			if err != nil {
				return false, err
			}
			again = Line{from, text}
		}
		if end <= again.end() && bytes.Equal(r.text[from:end], again.text[from-again.at:end-again.at]) {
			same = append(same, row)
		}
	}
	sure := len(same) == len(r.Rows)
	r.Rows = same
	return sure, nil
}
