package exec

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

// paper is what a program prints on: a file in memory that ends at LongestOutput, for good, so that writing more fails.
// Where the caller's limit on the size of files could not be raised (without CAP_SYS_RESOURCE), that bounds it instead.
func paper() (int, error) {
	fd, err := unix.MemfdCreate("output", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING)
	if err != nil {
		return -1, &privilege.StepError{Step: privilege.MakeOutput, Err: err}
	}
	err = unix.Ftruncate(fd, LongestOutput)
	switch {
	case errors.Is(err, unix.EFBIG):
		return fd, nil
	case err == nil:
		_, err = unix.FcntlInt(uintptr(fd), unix.F_ADD_SEALS, unix.F_SEAL_GROW|unix.F_SEAL_SHRINK)
	}
	if err != nil {
		_ = unix.Close(fd)
		return -1, err
	}
	return fd, nil
}

// written is what was printed: up to the position that this process and the program have in common.
func written(fd int) ([]byte, error) {
	length, err := unix.Seek(fd, 0, unix.SEEK_CUR)
	if err != nil {
		return nil, err
	}
	text := make([]byte, min(max(length, 0), LongestOutput))
	n, err := unix.Pread(fd, text, 0)
	return text[:max(n, 0)], err
}

// closeOnExec keeps every descriptor of this process from a program that it executes: the caller's, which a map program
// may hold open because it was named on the command line, too. Linux 5.11 does it in one call; before, and where a
// filter of system calls does not know that one, one by one.
func closeOnExec() error {
	if unix.CloseRange(3, ^uint(0)>>33, unix.CLOSE_RANGE_CLOEXEC) == nil {
		return nil
	}
	return privilege.EachDescriptor(3, func(fd int) { unix.CloseOnExec(fd) })
}
