package netquota

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

// readAll reads from where fd stands to the end of the file.
func readAll(fd int) ([]byte, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	content := make([]byte, 0, stat.Size+512)
	for {
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
		n, err := unix.Read(fd, content[len(content):cap(content)])
		if err != nil && !errors.Is(err, unix.EINTR) {
			return nil, err
		}
		if n == 0 && err == nil {
			return content, nil
		}
		content = content[:len(content)+max(n, 0)]
	}
}

// descriptor reads from a file descriptor.
type descriptor int

// Read reads as io.Reader asks.
func (d descriptor) Read(buffer []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), buffer)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(buffer) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
