package slots

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"
)

// closeFile closes a descriptor. Nothing is buffered in one, so there is no error that would change anything.
func closeFile(fd int) { _ = unix.Close(fd) }

// writeAll writes text, or fails: with the limits raised, only a full file system cuts a write.
func writeAll(fd int, text []byte) error {
	n, err := unix.Write(fd, text)
	if err == nil && n != len(text) {
		return io.ErrShortWrite
	}
	return err
}

// readRecords reads a file of records, as far as there may be any.
func readRecords(fd int) ([]byte, error) {
	data := make([]byte, 0, 16*recordSize)
	for len(data) < mostSlots*recordSize {
		if len(data) == cap(data) {
			data = append(data, 0)[:len(data)]
		}
		n, err := unix.Pread(fd, data[len(data):cap(data)], int64(len(data)))
		if err != nil && !errors.Is(err, unix.EINTR) {
			return nil, err
		}
		if n == 0 && err == nil {
			break
		}
		data = data[:len(data)+max(n, 0)]
	}
	return data, nil
}

// writeRecord writes record i of a file whose records are as long as text, and whose lock is held, in one write that no page ends in.
func writeRecord(fd, i int, text []byte) error {
	n, err := unix.Pwrite(fd, text, int64(i)*int64(len(text)))
	if err == nil && n != len(text) {
		return io.ErrShortWrite
	}
	return err
}

// readTwice reads an open file from its beginning to its end, and does so again. If it had another length the second
// time, another reading follows, within bounds: others may append all the time.
func readTwice(fd int, size int64) (text, again []byte, err error) {
	if text, err = readAll(fd, size); err != nil {
		return nil, nil, err
	}
	for range readings {
		if again, err = readAll(fd, int64(len(text))); err != nil {
			return nil, nil, err
		}
		if len(again) == len(text) {
			break
		}
		text, again = again, text
	}
	return text, again, nil
}

// readings bounds how often the ledger is read again because its length changes.
const readings = 4

// readAll reads a file from its beginning to its end; it has some size bytes. A read of a file gives all that there is, so
// that one which gives less than was asked for ends it.
func readAll(fd int, size int64) ([]byte, error) {
	text := make([]byte, 0, max(size, 0)+512)
	for {
		n, err := unix.Pread(fd, text[len(text):cap(text)], int64(len(text)))
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		text = text[:len(text)+n]
		if len(text) < cap(text) {
			return text, nil
		}
		text = append(text, 0)[:len(text)]
	}
}
