package whynot

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/target"
)

// observeNamespace looks at the user namespace of process with the rights that are left: the caller's. ioctl_ns(2).
func observeNamespace(process *target.Process) namespace {
	var ours, theirs unix.Stat_t
	if unix.Stat("/proc/self/ns/user", &ours) != nil {
		return namespace{}
	}
	fd, err := process.OpenNamespace("user")
	if err != nil {
		return namespace{closed: err == unix.EACCES}
	}
	defer unix.Close(fd)
	owner, err := unix.IoctlGetUint32(fd, unix.NS_GET_OWNER_UID)
	if err != nil || unix.Fstat(fd, &theirs) != nil {
		return namespace{}
	}
	return namespace{
		known: true,
		ours:  same(&ours, &theirs),
		child: isParent(&ours, fd),
		owner: owner,
	}
}

// isParent reports whether ours is the parent of the user namespace that is open as fd.
func isParent(ours *unix.Stat_t, fd int) bool {
	parent, err := unix.IoctlRetInt(fd, unix.NS_GET_PARENT)
	if err != nil {
		return false
	}
	defer unix.Close(parent)
	var stat unix.Stat_t
	return unix.Fstat(parent, &stat) == nil && same(ours, &stat)
}

// same reports whether two files are one.
func same(a, b *unix.Stat_t) bool { return a.Dev == b.Dev && a.Ino == b.Ino }

// idMap returns the ids inside that a map of /proc lists, a range for each line.
func idMap(text string) []idmap.Range {
	var ranges []idmap.Range
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		start, err := strconv.ParseUint(fields[0], 10, 32)
		count, bad := strconv.ParseUint(fields[2], 10, 32)
		if r, ok := idmap.NewRange(start, count); ok && err == nil && bad == nil {
			ranges = append(ranges, r)
		}
	}
	return ranges
}
