// Package shadow takes the locks of the shadow suite (useradd, usermod, newusers), and rewrites its files as it does.
//
// It promises that nobody of the suite writes while the locks are held; that a process which is killed at any point leaves
// every file whole, old or new, and no lock but one that the suite clears itself; and that of several files all are
// changed or none. It trusts the directory of the files, which only root can write.
package shadow

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Locker is how locks are taken.
type Locker struct {
	Password string        // what lckpwdf(3) locks, under which alone the lock of a dead process can be cleared
	Patience time.Duration // how long another's locks are waited for, all together
}

// Suite is how the suite takes its locks: lckpwdf(3) waits for 15 seconds.
func Suite() Locker { return Locker{"/etc/.pwd.lock", 15 * time.Second} }

// Locks are locks that are held.
type Locks struct {
	password int // a descriptor, -1 for none
	files    []string
}

// Lock locks files, in the order in which they are given: subuid before subgid. Where others of the suite wait for the
// first lock only, and call the others busy at once, these are waited for too: musl has no lckpwdf.
//
// Errors: *BusyError, and those of the system calls with the file in front.
func (l Locker) Lock(paths ...string) (*Locks, error) {
	end := time.Now().Add(l.Patience)
	fd, err := lockPassword(l.Password, end)
	if err != nil {
		return nil, err
	}
	held := &Locks{password: fd}
	for _, path := range paths {
		if err := lockFile(path, end); err != nil {
			held.Unlock()
			return nil, err
		}
		held.files = append(held.files, path)
	}
	return held, nil
}

// Unlock gives the locks back in reverse. One that cannot be removed is that of a dead process soon, which the suite clears.
func (l *Locks) Unlock() {
	for _, path := range slices.Backward(l.files) {
		_ = unix.Unlink(lockOf(path))
	}
	l.files = nil
	if l.password >= 0 {
		_ = unix.Close(l.password)
		l.password = -1
	}
}

func lockOf(path string) string { return path + ".lock" }

// pause is how long passes between two looks at a lock: the suite holds its locks for some milliseconds, and those that wait
// in the kernel for lckpwdf are woken first.
const pause = 2 * time.Millisecond

// waited waits a little for a lock, and reports whether there is still time.
func waited(end time.Time) bool {
	if !time.Now().Before(end) {
		return false
	}
	time.Sleep(pause)
	return true
}

// lockPassword is lckpwdf(3), whose alarm would need a handler.
func lockPassword(path string, end time.Time) (int, error) {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return -1, failed("open", path, err)
	}
	for {
		err := unix.FcntlFlock(uintptr(fd), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
		if err == nil {
			return fd, nil
		}
		if !errors.Is(err, unix.EAGAIN) && !errors.Is(err, unix.EACCES) {
			_ = unix.Close(fd)
			return -1, failed("lock", path, err)
		}
		if !waited(end) {
			defer unix.Close(fd)
			return -1, holderOf(fd, path)
		}
	}
}

// holderOf names who holds the lock of lckpwdf(3).
func holderOf(fd int, path string) error {
	lock := unix.Flock_t{Type: unix.F_WRLCK}
	if err := unix.FcntlFlock(uintptr(fd), unix.F_GETLK, &lock); err != nil || lock.Type == unix.F_UNLCK {
		return &BusyError{Lock: path}
	}
	return &BusyError{Lock: path, PID: int(lock.Pid), Command: commandOf(int(lock.Pid))}
}

// lockFile makes path.lock: a link to a file with this process's id, since link(2) makes a whole file appear at once.
func lockFile(path string, end time.Time) error {
	own := path + "." + strconv.Itoa(unix.Getpid())
	if err := writePID(own); err != nil {
		return err
	}
	defer func() { _ = unix.Unlink(own) }()
	for {
		err := link(own, lockOf(path))
		var busy *BusyError
		if !errors.As(err, &busy) || busy.Malformed || !waited(end) {
			return err
		}
	}
}

// writePID writes what the suite looks for: the process id in decimal with its NUL.
func writePID(path string) error {
	fd, err := unix.Open(path, unix.O_WRONLY|unix.O_CREAT|unix.O_TRUNC|unix.O_CLOEXEC|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return failed("make", path, err)
	}
	defer unix.Close(fd)
	err = writeAll(fd, append(strconv.AppendInt(nil, int64(unix.Getpid()), 10), 0))
	if err == nil {
		err = unix.Fdatasync(fd)
	}
	if err != nil {
		_ = unix.Unlink(path)
		return failed("write", path, err)
	}
	return nil
}

// link makes own the lock, after it has cleared one that a dead process left. Errors: *BusyError.
func link(own, lock string) error {
	err := unix.Link(own, lock)
	if errors.Is(err, unix.EEXIST) {
		if err := clearStale(lock); err != nil {
			return err
		}
		err = unix.Link(own, lock)
	}
	switch {
	case errors.Is(err, unix.EEXIST): // somebody else was faster
		return &BusyError{Lock: lock}
	case err != nil:
		return failed("make", lock, err)
	}
	var stat unix.Stat_t
	if err := unix.Stat(own, &stat); err != nil || stat.Nlink != 2 {
		return fmt.Errorf("%s was made, and the file system does not count it as a link: %w", lock, errors.Join(err, unix.ENOTSUP))
	}
	return nil
}

// failed names what could not be done to which file.
func failed(what, path string, err error) error {
	return fmt.Errorf("cannot %s %s: %w", what, path, err)
}
