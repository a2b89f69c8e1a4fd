// Package lines reads a file line by line in memory that does not grow.
//
// It promises that a line of any length, or one that never ends, costs no memory, and that it never joins, splits or
// shifts another line. A line that is longer than the format allows is passed over, and counted.
package lines

import (
	"bytes"
	"errors"
	"io"
)

// What one read asks for at least, in bytes: half a page at first, since every page that is touched costs a page fault, and
// the allocator has room for four of these in two; after so many reads that the file proves to be a long one, enough that
// 100,000 lines take some dozens of reads, and little enough to stay in the processor's first caches.
const (
	firstSize  = 2 * 1024
	firstReads = 10
	size       = 32 * 1024
)

// emptyReads is how often a source may return neither bytes nor an error before that is an error.
const emptyReads = 100

var errNoProgress = errors.New("the source returns neither bytes nor an error")

// Reader walks over the lines of a source.
type Reader struct {
	source     io.Reader
	buffer     []byte
	rest       []byte // what was read and not yet returned: a part of buffer
	longest    int
	keep       int    // what is returned of a line that is too long; 0: it is passed over
	head       []byte // the beginning of the line that tooLong is about, where keep is not 0
	cut        bool   // the line that Next returned is only the beginning of one
	number     int
	reads      int
	tooLong    bool // rest continues a line that is passed over
	incomplete bool
	err        error // of the source; io.EOF at its end
}

// New returns a Reader in front of the first line of source. Lines of more than longest bytes, newline not counted, are
// passed over.
func New(source io.Reader, longest int) *Reader {
	return &Reader{source: source, buffer: make([]byte, firstSize), longest: longest}
}

// NewKeeping is New for a walk that passes over no line: of one that is longer than longest bytes Next returns the first
// keep, at most longest and 32 KiB. To say what is wrong with a line takes no more.
func NewKeeping(source io.Reader, longest, keep int) *Reader {
	r := New(source, longest)
	r.keep = min(keep, longest, size)
	return r
}

// WithoutReturn cuts one carriage return off the end of a line: in a file that came from another system it is a part of
// the newline.
func WithoutReturn(line []byte) []byte { return bytes.TrimSuffix(line, []byte{'\r'}) }

// Next returns the next line without its newline, valid until Next is called again, and whether there is one. A last
// line without a newline is a line; what was read of one before a failure is not: a part of a number is another number.
func (r *Reader) Next() ([]byte, bool) {
	for {
		end := bytes.IndexByte(r.rest, '\n')
		for end < 0 && r.err == nil {
			end = r.fill()
		}
		if end < 0 {
			return r.last()
		}
		line := r.rest[:end]
		r.rest = r.rest[end+1:]
		if line, ok := r.accept(line); ok {
			return line, true
		}
	}
}

// NextWith is Next for the lines that begin with one of prefixes, of which none is empty. A line that does not costs
// a search for its end and a comparison of its first byte.
func (r *Reader) NextWith(prefixes []string) ([]byte, bool) {
	for {
		if !r.tooLong {
			r.passOver(prefixes)
		}
		line, ok := r.Next()
		if !ok || begins(line, prefixes) {
			return line, ok
		}
	}
}

// passOver drops the whole lines in front of rest that begin with none of prefixes.
func (r *Reader) passOver(prefixes []string) {
	rest, number := r.rest, r.number
	for !begins(rest, prefixes) {
		end := bytes.IndexByte(rest, '\n')
		if end < 0 {
			break
		}
		rest = rest[end+1:]
		number++
	}
	r.rest, r.number = rest, number
}

// begins reports whether text begins with one of prefixes.
func begins(text []byte, prefixes []string) bool {
	for _, p := range prefixes {
		if len(text) >= len(p) && text[0] == p[0] && string(text[:len(p)]) == p {
			return true
		}
	}
	return false
}

// last returns what follows the last newline.
func (r *Reader) last() ([]byte, bool) {
	line := r.rest
	r.rest = nil
	if r.Err() != nil || len(line) == 0 && !r.tooLong {
		return nil, false
	}
	r.incomplete = true
	return r.accept(line)
}

// accept counts the line that ends with text, and tells whether it is short enough to be returned.
func (r *Reader) accept(text []byte) ([]byte, bool) {
	passOver := r.tooLong || len(text) > r.longest
	r.number++
	r.cut = passOver && r.keep > 0
	if r.cut && !r.tooLong {
		r.head = append(r.head[:0], text[:r.keep]...)
	}
	r.tooLong = false
	switch {
	case r.cut:
		return r.head, true
	case passOver:
		return nil, false
	}
	return text, true
}

// fill reads once after rest, in which there is no newline, and returns the index of the first newline that came, or
// -1. A full buffer without a newline is part of a line that is too long.
func (r *Reader) fill() int {
	r.grow()
	if len(r.rest) == len(r.buffer) {
		if !r.tooLong && r.keep > 0 {
			r.head = append(r.head[:0], r.rest[:r.keep]...)
		}
		r.rest, r.tooLong = nil, true
	}
	kept := copy(r.buffer, r.rest)
	n := 0
	for attempt := 0; n == 0 && r.err == nil; attempt++ {
		n, r.err = r.source.Read(r.buffer[kept:])
		if attempt == emptyReads && r.err == nil {
			r.err = errNoProgress
		}
	}
	r.rest = r.buffer[:kept+n]
	end := bytes.IndexByte(r.rest[kept:], '\n')
	if end < 0 {
		return -1
	}
	return kept + end
}

// grow exchanges the buffer for the large one, once: for a long file, and for rest that fills the small one.
func (r *Reader) grow() {
	large := max(size, r.longest+1)
	r.reads++
	if len(r.buffer) == large || r.reads <= firstReads && len(r.rest) < len(r.buffer) {
		return
	}
	buffer := make([]byte, large)
	r.rest = buffer[:copy(buffer, r.rest)]
	r.buffer = buffer
}

// Number returns the number of the line that Next returned; the first is 1.
func (r *Reader) Number() int { return r.number }

// Err returns the failure that ended the walk; nil at the end of the source.
func (r *Reader) Err() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}

// Each calls line with every line of source, its number, and whether it is only the first keep bytes of one that is longer
// than longest. Errors: those of source, after the lines in front of it. A source that ends without a newline is
// incomplete.
func Each(source io.Reader, longest, keep int, line func(text []byte, number int, cut bool)) (incomplete bool, err error) {
	r := NewKeeping(source, longest, keep)
	for text, ok := r.Next(); ok; text, ok = r.Next() {
		line(text, r.number, r.cut)
	}
	return r.incomplete, r.Err()
}
