package netquota

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/trusted"
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

// readAll reads from where fd stands to the end of the file.
func readAll(fd int) ([]byte, error) { return io.ReadAll(trusted.Descriptor(fd)) }

// readRows reads the rows of an open ledger from where fd stands, each with its newline.
//
// The kernel shows what another process writes page by page (write(2), BUGS), so the last row may be half of one. It is
// read again after the writes that were under way then: if it still has no newline, an editor left it so, and it gets
// one. What a later write has half written by that time is left out; it was not there when the reading began.
func readRows(fd int) ([]byte, error) {
	rows, err := readAll(fd)
	if err != nil || len(rows) == 0 || rows[len(rows)-1] == '\n' {
		return rows, err
	}
	if err := awaitWrites(fd); err != nil {
		return nil, err
	}
	rest, err := readAll(fd)
	if end := bytes.LastIndexByte(rest, '\n'); end >= 0 {
		return append(rows, rest[:end+1]...), err
	}
	return append(append(rows, rest...), '\n'), err
}

// awaitWrites returns when the writes to fd that are under way have ended: a change of the owner to nobody else waits in
// the kernel for the lock of the file that a write holds (inode_lock). No process can be stopped while it holds it,
// and to append waits for it as well.
func awaitWrites(fd int) error { return unix.Fchown(fd, -1, -1) }
