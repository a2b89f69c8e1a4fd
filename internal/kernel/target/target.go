// Package target is the only one that holds a target process.
//
// A process is held as a descriptor of its directory /proc/PID. The kernel ties that descriptor to the process, not to
// the number: once the process is gone every access through it fails, whatever process gets its pid next. The package
// promises that the descriptor is a /proc/PID of the procfs on which this program itself runs, and that everything is
// reached through it, never again through a name. It trusts that only root can mount on /proc.
//
// What a process is allowed to be is not this package's business: it reports the owner, others judge.
package target

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// Process is an open process.
type Process struct {
	directory int
	pid       int
	uid, gid  uint32
}

// ByPID opens the process pid, 1 to INT_MAX, with the rights of the calling thread. Errors are *Error.
//
// It is to be called with the caller's rights and not with root's: what /proc hides from the caller (hidepid, proc(5))
// stays hidden.
func ByPID(pid int) (*Process, error) {
	flags := unix.O_PATH | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC
	directory, err := unix.Open("/proc/"+strconv.Itoa(pid), flags, 0)
	if err != nil {
		return nil, failure(absence(pid, err), err)
	}
	return finish(&Process{directory: directory, pid: pid})
}

// absence says why /proc/pid could not be opened. That a hidden process exists is no secret: kill(2) with signal 0
// tells everybody (EPERM instead of ESRCH), and no more than that is said here.
func absence(pid int, err error) Cause {
	switch {
	case !isProcfs("/proc"):
		return NoProc
	case err != unix.ENOENT && err != unix.ESRCH:
		return Unknown
	case unix.Kill(pid, 0) != unix.ESRCH:
		return Hidden
	}
	return Gone
}

// isProcfs reports whether path is on a procfs.
func isProcfs(path string) bool {
	var fs unix.Statfs_t
	return unix.Statfs(path, &fs) == nil && fs.Type == unix.PROC_SUPER_MAGIC
}

// finish proves the open directory and reads whose it is. It closes the directory on error.
//
// /proc/PID always carries the effective ids of the process (task_dump_owner() in the kernel), also where the process
// is not dumpable and the files in it belong to root. Of a process that is gone it carries 0, so the proof comes after.
func finish(p *Process) (*Process, error) {
	var stat unix.Stat_t
	err := unix.Fstat(p.directory, &stat)
	if err != nil {
		err = failure(p.absence(err), err)
	} else {
		err = p.prove()
	}
	if err != nil {
		p.Close()
		return nil, err
	}
	p.uid, p.gid = stat.Uid, stat.Gid
	return p, nil
}

// absence says why an open directory has no status any more: with hidepid=2 a directory that the kernel has in its
// cache opens, and is hidden only then.
func (p *Process) absence(err error) Cause {
	switch {
	case p.pid != 0:
		return absence(p.pid, err)
	case p.Gone():
		return Gone
	}
	return Hidden
}

// prove checks that the directory is on our own procfs and is the directory of a process that is not gone.
//
// The device is compared because a user can mount a procfs, or any other file system, in a namespace of their own and
// pass its directories here (shadow#667). Of the directories on the right one the kernel itself says which are those of
// a process: pidfd_send_signal(2) takes no other (EBADF); those of threads, /proc itself and all the rest are refused.
func (p *Process) prove() error {
	switch {
	case !isProcfs("/proc/self"):
		return &Error{Cause: NoProc}
	case !sameProcfs(p.directory):
		return &Error{Cause: OtherFS}
	}
	err := p.signalZero()
	if err == unix.ENOSYS {
		err = p.signalStatus()
	}
	switch err {
	case unix.EBADF:
		return failure(NotProcess, err)
	case unix.ESRCH, unix.ENOENT:
		return failure(Gone, err)
	case unix.ENOSYS:
		return failure(OldKernel, err)
	}
	return nil
}

// sameProcfs reports whether directory is on the procfs that shows this process as /proc/self.
func sameProcfs(directory int) bool {
	var fs unix.Statfs_t
	if unix.Fstatfs(directory, &fs) != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return false
	}
	var theirs, ours unix.Stat_t
	if unix.Fstat(directory, &theirs) != nil || unix.Stat("/proc/self", &ours) != nil {
		return false
	}
	return theirs.Dev == ours.Dev
}

// signalZero asks the kernel which process fd is, a pidfd or an open /proc/PID, without sending it anything.
//
// EBADF: none. ESRCH: it is gone. nil and EPERM: it is there. EINVAL: it is there, in a pid namespace that is not below
// ours. ENOSYS: before Linux 5.1, or a filter of system calls does not let it be asked. Filters have EPERM for that too,
// so that this is believed only of a kernel that knows what is no descriptor.
func signalZero(fd int) error {
	err := unix.PidfdSendSignal(fd, 0, nil, 0)
	switch err {
	case nil, unix.EBADF, unix.ESRCH:
		return err
	}
	if unix.PidfdSendSignal(-1, 0, nil, 0) != unix.EBADF {
		return unix.ENOSYS
	}
	return err
}

// signalStatus stands in for signalZero where that cannot be asked: the kernel makes no directory with a number for a name
// in /proc but for a process, or for a thread, of which status says so. A directory that was passed has to be the one of
// that name. What is read through the directory of a process that is gone fails (ESRCH).
func (p *Process) signalStatus() error {
	fd, err := p.OpenFile("status", unix.O_RDONLY)
	if err == unix.ENOENT && p.pid == 0 {
		return unix.EBADF
	}
	if err != nil {
		return err
	}
	process, thread, ok := bothLines(fd)
	switch {
	case !ok:
		return unix.ESRCH
	case p.pid == 0 && !p.is("/proc/"+strconv.Itoa(thread)):
		return unix.EBADF
	case process != thread:
		return unix.ESRCH // as for the number of a thread in pidfd_send_signal(2)
	}
	return nil
}

// is reports whether path is the open directory.
func (p *Process) is(path string) bool {
	var named, held unix.Stat_t
	return unix.Lstat(path, &named) == nil && unix.Fstat(p.directory, &held) == nil && named.Dev == held.Dev && named.Ino == held.Ino
}

// signalZero asks about the directory, which has to be opened for that beyond O_PATH. Where hidepid=1 forbids it
// (EPERM), nothing is asked: the answer could only be EBADF for a directory that hidepid does not guard.
func (p *Process) signalZero() error {
	fd, err := unix.Openat(p.directory, ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return signalZero(fd)
}

// PID is the number of the process on our /proc. It is for messages and records only; it may be another's by now.
func (p *Process) PID() int { return p.pid }

// Owner returns the effective user and group id of the process when it was opened.
func (p *Process) Owner() (uid, gid uint32) { return p.uid, p.gid }

// OpenFile opens a file of the process: name is one word, as in "uid_map"; flags are those of open(2).
//
// Errors are those of open(2), ESRCH or ENOENT where the process is gone.
func (p *Process) OpenFile(name string, flags int) (int, error) {
	return unix.Openat(p.directory, name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
}

// FileOwner returns the user who owns a file of the process: the user of the process where the process is dumpable, root
// where it is not (PR_SET_DUMPABLE, prctl(2)). It is false if that cannot be seen.
func (p *Process) FileOwner(name string) (uid uint32, ok bool) {
	var stat unix.Stat_t
	err := unix.Fstatat(p.directory, name, &stat, unix.AT_SYMLINK_NOFOLLOW)
	return stat.Uid, err == nil
}

// OpenNamespace opens a namespace of the process, "user" or "net". Here a link is followed, the kernel's own: it leads
// to the namespace and nowhere else. Errors are those of open(2); EACCES where the caller may not inspect the process.
func (p *Process) OpenNamespace(name string) (int, error) {
	return unix.Openat(p.directory, "ns/"+name, unix.O_RDONLY|unix.O_CLOEXEC, 0)
}

// Pidfd returns a pidfd of the process, pidfd_open(2). The number is its own as long as the process is there, which is
// looked at afterwards. Errors: those of the system calls, ESRCH where it has ended or has no number here.
func (p *Process) Pidfd() (int, error) {
	if p.pid <= 0 {
		return -1, unix.ESRCH
	}
	fd, err := unix.PidfdOpen(p.pid, 0)
	if err == nil && p.Gone() {
		_ = unix.Close(fd)
		return -1, unix.ESRCH
	}
	return fd, err
}

// Gone reports whether the process has ended since it was opened.
func (p *Process) Gone() bool {
	err := p.signalZero()
	if err == unix.ENOSYS {
		err = p.signalStatus()
	}
	return err == unix.ESRCH || err == unix.ENOENT
}

// Close releases the process.
func (p *Process) Close() { _ = unix.Close(p.directory) }
