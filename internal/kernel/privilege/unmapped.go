package privilege

import (
	"errors"
	"io"
	"runtime"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// Mapped says whether an owner that fstat(2) shows is an id of this user namespace.
type Mapped int

// The answers. In a namespace that does not contain an id, the kernel shows the overflow user id for it, by default 65534:
// the same number that nobody has, who may be an id of the namespace.
const (
	Unknown  Mapped = iota // the overflow user id, which is also an id of this namespace, and more could not be found out
	Inside                 // it is the id that it seems to be
	Unmapped               // it is proved that the owner is none of the ids of this namespace
)

// Owner says what the owner uid of the open file fd is, as fstat(2) showed it.
func Owner(fd int, uid uint32) Mapped {
	if here, known := isInitial(); !known {
		return Unknown
	} else if here {
		return Inside
	}
	inside, known := contains(uid)
	switch {
	case !known:
		return Unknown
	case !inside:
		return Unmapped
	case uid != overflow():
		return Inside
	}
	return ownedBy(fd, uid)
}

// initial is the inode number of the initial user namespace, PROC_USER_INIT_INO in the kernel.
const initial = 0xEFFFFFFD

// isInitial reports whether this is the initial user namespace, where every id is one; known is false where there is no
// procfs to tell.
func isInitial() (here, known bool) {
	var fs unix.Statfs_t
	var namespace unix.Stat_t
	if unix.Statfs("/proc/self", &fs) != nil || fs.Type != unix.PROC_SUPER_MAGIC || unix.Stat("/proc/self/ns/user", &namespace) != nil {
		return false, false
	}
	return namespace.Ino == initial, true
}

// contains reports whether uid is an id of this user namespace, by the kernel's own map (user_namespaces(7)); known is
// false where it cannot be read.
func contains(uid uint32) (inside, known bool) {
	text, err := readShort("/proc/self/uid_map")
	if err != nil {
		return false, false
	}
	return inMap(text, uint64(uid))
}

// inMap looks for an id among the ids inside of a map: lines of first id inside, first id outside, count. A map that
// cannot be understood says nothing; an empty one contains nobody.
func inMap(text string, id uint64) (inside, known bool) {
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			return false, false
		}
		first, err := strconv.ParseUint(fields[0], 10, 32)
		count, wrong := strconv.ParseUint(fields[2], 10, 32)
		if err != nil || wrong != nil {
			return false, false
		}
		inside = inside || id >= first && id < first+count
	}
	return inside, true
}

// SharesUsers reports whether a process is in this user namespace, as far as its uid_map says, which everybody may read; false
// also where there is no such process any more. One that is there, and that /proc hides (hidepid, proc(5)), is taken for one that does:
// otherwise all users of a directory, whose ids are high, would be one on such a host.
func SharesUsers(pid int) bool {
	own, err := readShort("/proc/self/uid_map")
	if err != nil || pid <= 0 {
		return false
	}
	other, err := readShort("/proc/" + decimal(pid) + "/uid_map")
	if err != nil {
		return unix.Kill(pid, 0) != unix.ESRCH
	}
	return other == own
}

// overflow is the user id that stands for those that a namespace does not contain, proc_sys_kernel(5).
func overflow() uint32 { return overflowOf("/proc/sys/kernel/overflowuid") }

// overflowGroup is the group id that does.
func overflowGroup() uint32 { return overflowOf("/proc/sys/kernel/overflowgid") }

func overflowOf(path string) uint32 {
	const usual = 65534
	if id, ok := readNumber(path); ok {
		return id
	}
	return usual
}

// readNumber reads a file of the kernel's that has one number.
func readNumber(path string) (uint32, bool) {
	text, err := readShort(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32)
	return uint32(n), err == nil
}

func decimal(n int) string { return strconv.Itoa(n) }

// ownedBy finds out whether the owner of the open file fd is the id uid of this namespace or one that is shown as uid.
// Only the owner, and who has CAP_FOWNER over the owner's id, may set O_NOATIME (fcntl(2), F_SETFL): with the file system
// user id uid it may be set if the owner is uid; if the owner has no id here, nobody here may. Needs CAP_SETUID. This
// thread's file system user id is changed in between; one that does not come back ends the process.
func ownedBy(fd int, uid uint32) Mapped {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := fileUser(int(uid))
	defer func() {
		fileUser(before)
		if fileUser(-1) != before {
			unix.Exit(1)
		}
	}()
	if fileUser(-1) != int(uid) {
		return Unknown
	}
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, unix.O_NONBLOCK|unix.O_NOATIME)
	switch {
	case err == nil:
		return Inside
	case errors.Is(err, unix.EPERM) && controls(fd):
		return Unmapped
	}
	return Unknown
}

// controls reports whether F_SETFL is refused for O_NOATIME alone and not by a filter of system calls.
func controls(fd int) bool {
	_, err := unix.FcntlInt(uintptr(fd), unix.F_SETFL, unix.O_NONBLOCK)
	return err == nil
}

// fileUser sets the file system user id of this thread and returns the one before; setfsuid(2) has no other answer, and
// changes nothing with -1.
func fileUser(uid int) int {
	before, _ := unix.SetfsuidRetUid(uid)
	return before
}

// longestShort bounds a file of /proc that is read as a whole: a map has at most 340 lines of 33 bytes.
const longestShort = 16 << 10

// readShort reads a file of the kernel's.
func readShort(path string) (string, error) {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return "", err
	}
	defer unix.Close(fd)
	text := make([]byte, 0, longestShort)
	for len(text) < cap(text) {
		n, err := unix.Read(fd, text[len(text):cap(text)])
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return "", err
		case n == 0:
			return string(text), nil
		}
		text = text[:len(text)+n]
	}
	return "", io.ErrShortBuffer
}
