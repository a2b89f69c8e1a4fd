// Package lines cuts a file into lines within a buffer that does not grow.
//
// It promises that a line of any length, or one that never ends, costs no memory, and that it never joins, splits or
// shifts another line.
package lines

import (
	"bytes"
	"errors"
	"io"
)

// size is what one read asks for: large enough that a file of 100,000 lines takes some dozens of reads, small enough
// to stay in the processor's first caches. It exceeds every limit that the formats put on a line.
const size = 32 * 1024

// emptyReads is how often a source may return neither bytes nor an error before that is an error.
const emptyReads = 100

var errNoProgress = errors.New("the source returns neither bytes nor an error")

// Reader walks over the lines of a source.
type Reader struct {
	source  io.Reader
	buffer  []byte
	rest    []byte // what was read and not yet returned, part of buffer
	line    []byte
	number  int
	discard bool  // the line that rest begins in was returned already, cut
	err     error // of the source; io.EOF at its end
}

// New returns a Reader in front of the first line of source.
func New(source io.Reader) *Reader {
	return &Reader{source: source, buffer: make([]byte, size)}
}

// Next goes to the next line and reports whether there is one. A last line without a newline counts.
func (r *Reader) Next() bool {
	if r.discard && !r.skip() {
		return false
	}
	end := bytes.IndexByte(r.rest, '\n')
	if end < 0 {
		return r.more()
	}
	r.line, r.rest = r.rest[:end], r.rest[end+1:]
	r.number++
	return true
}

// more reads until rest holds a whole line, the buffer is full or the source ends.
func (r *Reader) more() bool {
	for r.err == nil && len(r.rest) < len(r.buffer) {
		seen := len(r.rest)
		r.fill()
		if end := bytes.IndexByte(r.rest[seen:], '\n'); end >= 0 {
			r.line, r.rest = r.rest[:seen+end], r.rest[seen+end+1:]
			r.number++
			return true
		}
	}
	if len(r.rest) == 0 || r.Err() != nil {
		r.line = nil
		return false
	}
	r.line, r.rest, r.discard = r.rest, nil, r.err == nil
	r.number++
	return true
}

// skip drops the rest of a line that was cut.
func (r *Reader) skip() bool {
	for {
		if end := bytes.IndexByte(r.rest, '\n'); end >= 0 {
			r.rest, r.discard = r.rest[end+1:], false
			return true
		}
		r.rest = nil
		if r.err != nil {
			r.line = nil
			return false
		}
		r.fill()
	}
}

// fill moves rest to the front of the buffer and reads behind it, once with success.
func (r *Reader) fill() {
	kept := copy(r.buffer, r.rest)
	for range emptyReads {
		n, err := r.source.Read(r.buffer[kept:])
		if n > 0 || err != nil {
			r.rest, r.err = r.buffer[:kept+n], err
			return
		}
	}
	r.rest, r.err = r.buffer[:kept], errNoProgress
}

// Line returns the line without its newline, until Next is called. A line of more than 32 KiB is cut to its beginning.
func (r *Reader) Line() []byte { return r.line }

// Number returns the number of the line; the first is 1.
func (r *Reader) Number() int { return r.number }

// Err returns what ended the walk, nil at the end of the source. What was read of a last line before a failure is not
// a line: a part of a number is another number.
func (r *Reader) Err() error {
	if errors.Is(r.err, io.EOF) {
		return nil
	}
	return r.err
}
