// Package readdir lists directories and reads small files, for programs that report: without a poller, in memory that is
// bounded.
package readdir

import (
	"slices"

	"golang.org/x/sys/unix"
)

// most is how many names are listed: /proc has an entry for each of at most 4,194,304 processes; what has more than this
// is not a directory that a person looks after.
const most = 1 << 20

// Names returns the names in the directory at path, sorted, without "." and "..". Errors: those of open(2) and getdents(2).
func Names(path string) ([]string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	var names []string
	buffer := make([]byte, 64*1024)
	for len(names) < most {
		n, err := unix.ReadDirent(fd, buffer)
		if err != nil {
			return nil, err
		}
		if n <= 0 {
			break
		}
		_, _, names = unix.ParseDirent(buffer[:n], -1, names)
	}
	slices.Sort(names)
	return names, nil
}

// Beginning is the beginning of a file, at most size bytes; "" if it cannot be read. It is for the files of the kernel and of
// daemons, which are short, and nothing waits for them.
func Beginning(path string, size int) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NONBLOCK, 0)
	if err != nil {
		return ""
	}
	defer unix.Close(fd)
	buffer := make([]byte, size)
	length := 0
	for length < size {
		n, err := unix.Read(fd, buffer[length:])
		if err != nil || n <= 0 {
			break
		}
		length += n
	}
	return string(buffer[:length])
}
