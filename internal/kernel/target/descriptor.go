package target

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// maxNumber is INT_MAX: pids are C's int.
const maxNumber = 1<<31 - 1

// ByDescriptor opens the process behind a descriptor that the caller passed, of /proc/PID or a pidfd, with the rights
// of the calling thread, as ByPID does. The descriptor stays open. Errors are *Error.
func ByDescriptor(fd int) (*Process, error) {
	if err := inherited(fd); err != nil {
		return nil, err
	}
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, failure(NotOpen, err)
	}
	if stat.Mode&unix.S_IFMT == unix.S_IFDIR {
		return hold(fd)
	}
	return openPidfd(fd, ended)
}

// inherited refuses a descriptor that is not open, or that this program opened: nothing that passes execve(2) has
// FD_CLOEXEC, and the Go runtime sets it on its own. Without this, fd:3 of a caller who passed no descriptor 3 would
// mean whatever the runtime keeps there.
func inherited(fd int) error {
	flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0)
	switch {
	case err != nil:
		return failure(NotOpen, err)
	case flags&unix.FD_CLOEXEC != 0:
		return &Error{Cause: NotInherited}
	}
	return nil
}

// hold keeps a descriptor of the directory behind fd.
func hold(fd int) (*Process, error) {
	directory, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, failure(Unknown, err)
	}
	p, err := finish(&Process{directory: directory})
	if err == nil {
		p.pid = pidOf(p)
	}
	return p, err
}

// pidOf reads the number of p from its status file, or returns 0.
func pidOf(p *Process) int {
	fd, err := p.OpenFile("status", unix.O_RDONLY)
	if err != nil {
		return 0
	}
	pid, _ := pidLine(fd)
	return pid
}

// ByPidfd opens the process of a pidfd that a peer sent, with the rights of the calling thread. Anything else is refused, a
// directory of /proc too: it may be of another procfs than ours. A file whose file system never answers is told without a
// question to it. The descriptor stays open. Errors are *Error.
//
// A process that has ended and was not waited for is opened, as one that is named by its number.
func ByPidfd(fd int) (*Process, error) {
	return openPidfd(fd, func(fd int) bool { return signalZero(fd) == unix.ESRCH })
}

// openPidfd opens /proc/PID for a pidfd.
//
// The number comes from the kernel's description of the descriptor (fdinfo, "Pid:"), which other kinds of descriptor
// could imitate: io_uring lists names of files there. So the descriptor itself has the last word. While its process is
// not reaped, its pid is nobody else's; if it is still there after /proc/PID was opened, what was opened is its own. over says
// whether it is there no more.
func openPidfd(fd int, over func(int) bool) (*Process, error) {
	if err := signalZero(fd); err != nil {
		switch err {
		case unix.EBADF:
			return nil, failure(NotDirectory, err)
		case unix.ENOSYS:
			return nil, failure(OldKernel, err)
		}
	}
	pid, err := pidOfPidfd(fd)
	if err != nil {
		return nil, err
	}
	p, err := ByPID(pid)
	if err != nil {
		return nil, err
	}
	if over(fd) {
		p.Close()
		return nil, failure(Gone, unix.ESRCH)
	}
	return p, nil
}

// ended reports whether the process of a pidfd has ended, reaped or not: the pidfd becomes readable, pidfd_open(2).
func ended(pidfd int) bool {
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	n, err := unix.Poll(fds, 0)
	return err != nil || n != 0
}

// pidOfPidfd reads the pid of a pidfd: -1 stands for a process that was reaped, 0 for one that has no pid in the pid
// namespace of /proc.
func pidOfPidfd(fd int) (int, error) {
	name := "/proc/self/fdinfo/" + strconv.Itoa(fd)
	info, err := unix.Open(name, unix.O_RDONLY|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0)
	if err != nil {
		if !isProcfs("/proc") {
			return 0, failure(NoProc, err)
		}
		return 0, failure(Unknown, err)
	}
	pid, ok := pidLine(info)
	switch {
	case !ok:
		return 0, &Error{Cause: NotDirectory}
	case pid == 0:
		return 0, &Error{Cause: OutsidePidNS}
	case pid < 0:
		return 0, failure(Gone, unix.ESRCH)
	}
	return pid, nil
}

// infoSize bounds what is read of status and fdinfo: "Pid:" is among the first lines of both, well before this.
const infoSize = 4096

// pidLine reads the "Pid:" line of the open file fd and closes it.
func pidLine(fd int) (int, bool) {
	text, ok := readInfo(fd)
	if !ok {
		return 0, false
	}
	return parsePid(text, "Pid:")
}

// bothLines reads the lines "Tgid:" and "Pid:" of the open status file fd and closes it.
func bothLines(fd int) (process, thread int, ok bool) {
	text, ok := readInfo(fd)
	if !ok {
		return 0, 0, false
	}
	process, known := parsePid(text, "Tgid:")
	thread, ok = parsePid(text, "Pid:")
	return process, thread, ok && known
}

// readInfo reads the beginning of the open file fd and closes it.
func readInfo(fd int) (string, bool) {
	defer unix.Close(fd)
	var buffer [infoSize]byte
	n, err := unix.Read(fd, buffer[:])
	if err != nil {
		return "", false
	}
	return string(buffer[:n]), true
}

// parsePid finds the first line that starts with name and returns its number, -1 or more.
func parsePid(info, name string) (int, bool) {
	for line := range strings.SplitSeq(info, "\n") {
		value, found := strings.CutPrefix(line, name)
		if !found {
			continue
		}
		pid, err := strconv.Atoi(strings.Trim(value, " \t"))
		return pid, err == nil && pid >= -1 && pid <= maxNumber
	}
	return 0, false
}
