package netquota

import (
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

// readAll reads from where fd stands to the end of the file.
func readAll(fd int) ([]byte, error) { return io.ReadAll(trusted.Descriptor(fd)) }
