package whynot

import (
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/target"
)

// observeOwner looks at process with the rights that are left: the caller's.
func observeOwner(process *target.Process) ownerFacts {
	f := ownerFacts{procGID: procGID(readFile("/proc/self/mountinfo"))}
	fd, err := process.OpenFile("status", unix.O_RDONLY)
	if err != nil {
		return f
	}
	status := readAll(fd)
	var users, groups [2]uint32
	users, uidKnown := statusIDs(status, "Uid:")
	groups, gidKnown := statusIDs(status, "Gid:")
	f.known = uidKnown && gidKnown
	f.real, f.eff = idmap.Owner{UID: users[0], GID: groups[0]}, idmap.Owner{UID: users[1], GID: groups[1]}
	return f
}

// statusIDs reads the real and the effective id from a line of a status file: "Uid:\treal\teffective\tsaved\tfs".
func statusIDs(status, key string) (ids [2]uint32, ok bool) {
	for line := range strings.Lines(status) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0] != key {
			continue
		}
		for i := range ids {
			id, err := strconv.ParseUint(fields[i+1], 10, 32)
			if err != nil {
				return ids, false
			}
			ids[i] = uint32(id)
		}
		return ids, true
	}
	return ids, false
}

// procGID returns gid= of the procfs that is mounted on /proc, -1 if it has none: the last field of a line of mountinfo
// has the options of the file system, proc(5).
func procGID(mountinfo string) int64 {
	found := int64(-1)
	for line := range strings.Lines(mountinfo) {
		fields := strings.Fields(line)
		if len(fields) < 10 || fields[4] != "/proc" {
			continue
		}
		found = -1 // the last mount is on top
		for option := range strings.SplitSeq(fields[len(fields)-1], ",") {
			if value, isGID := strings.CutPrefix(option, "gid="); isGID {
				found, _ = strconv.ParseInt(value, 10, 64)
			}
		}
	}
	return found
}

// observedSize bounds what is read of a file of /proc to explain a failure: a map of 340 lines has less than 13 KiB; of
// a longer table of mounts the beginning must do.
const observedSize = 64 * 1024

// readFile returns the beginning of a file, "" if it cannot be read.
func readFile(path string) string {
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		return ""
	}
	return readAll(fd)
}

// readAll returns the beginning of the open file fd and closes it.
func readAll(fd int) string {
	defer unix.Close(fd)
	var text []byte
	buffer := make([]byte, 4096)
	for len(text) < observedSize {
		n, err := unix.Read(fd, buffer)
		if err != nil || n <= 0 {
			break
		}
		text = append(text, buffer[:n]...)
	}
	return string(text)
}
