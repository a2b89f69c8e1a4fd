package privilege

import (
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// openFiles is the directory of this process's descriptors, proc_pid_fd(5). Those are of a process, not of a thread.
const openFiles = "/proc/self/fd"

// EachDescriptor gives each open descriptor from first on to each, which may close it. It stands in for close_range(2),
// which kernels before 5.9 do not have (ENOSYS), and which older filters of system calls do not know (EPERM).
//
// Where there is no /proc the descriptors below 65536 are tried one by one: more a program can have only where
// RLIMIT_NOFILE was higher when they were opened. An error of reading /proc is returned.
func EachDescriptor(first int, each func(fd int)) error {
	directory, err := unix.Open(openFiles, unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		for fd := first; fd < mostDescriptors; fd++ {
			each(fd)
		}
		return nil
	}
	defer unix.Close(directory)
	return numbers(directory, func(fd int) {
		if fd >= first && fd != directory {
			each(fd)
		}
	})
}

// numbers gives each number that is a name in an open directory to each.
func numbers(directory int, each func(int)) error {
	var buffer [readAtOnce]byte
	for {
		n, err := unix.ReadDirent(directory, buffer[:])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case n <= 0 || err != nil:
			return err
		}
		_, _, names := unix.ParseDirent(buffer[:n], -1, nil)
		for _, name := range names {
			if number, err := strconv.Atoi(name); err == nil {
				each(number)
			}
		}
	}
}

const (
	mostDescriptors = 1 << 16
	readAtOnce      = 1 << 10 // bytes of a directory: some 30 descriptors
)

// CloseInherited closes the descriptors above 2 that the caller passed, except keep (negative: none), and then spreads the
// runtime's threads, for which there may have been no descriptor before. It is called while the thread has all that Begin
// left.
//
// An inherited descriptor never has FD_CLOEXEC, the Go runtime's own (epoll, eventfd) always do and must stay open.
// Descriptors are handed out lowest first, so above the first free number there can be none of the runtime's, and
// close_range(2) closes the rest at once.
func CloseInherited(keep int) error {
	defer spreadOthers()
	fd := 3
	for ; ; fd++ {
		flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
		if err != nil {
			break
		}
		if flags&unix.FD_CLOEXEC == 0 && fd != keep {
			_ = unix.Close(fd)
		}
	}
	if keep > fd {
		if err := closeRange(fd, keep-1); err != nil {
			return err
		}
		fd = keep + 1
	}
	return closeRange(fd, lastDescriptor)
}

// lastDescriptor is the highest number that a descriptor can have: they are C's int.
const lastDescriptor = 1<<31 - 1

// closeRange closes first to last.
func closeRange(first, last int) error {
	if unix.CloseRange(uint(first), uint(last), 0) == nil {
		return nil
	}
	return closePassedOn.failed(EachDescriptor(first, func(fd int) {
		if fd <= last {
			_ = unix.Close(fd)
		}
	}))
}
