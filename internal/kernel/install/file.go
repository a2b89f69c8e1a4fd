package install

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

// File is what an installed program shows to anybody who looks at it.
type File struct {
	Facts            // of the file; what is about a process is false
	Mode      uint32 // permission bits, with setuid, setgid and sticky
	UID, GID  uint32
	Regular   bool
	Effective bool // the file capabilities become effective by themselves: the e of cap_setuid+ep
}

// ObserveFile looks at the program at path, to which need applies. A symbolic link is followed. Errors: those of stat(2).
func ObserveFile(path string, need Need) (File, error) {
	var stat unix.Stat_t
	if err := unix.Stat(path, &stat); err != nil {
		return File{}, err
	}
	f := File{Mode: stat.Mode & 0o7777, UID: stat.Uid, GID: stat.Gid, Regular: stat.Mode&unix.S_IFMT == unix.S_IFREG}
	if stat.Mode&unix.S_ISUID != 0 {
		f.SetuidRoot, f.SetuidOther = stat.Uid == 0, stat.Uid != 0
	}
	xattr := make([]byte, 64)
	if n, err := unix.Getxattr(path, "security.capability", xattr); err == nil {
		f.FileCaps = filePermitted(xattr[:n]).Has(privilege.Of(need.Capability))
		f.Effective = f.FileCaps && word(xattr)&1 != 0 // VFS_CAP_FLAGS_EFFECTIVE
	}
	var fs unix.Statfs_t
	f.Nosuid = unix.Statfs(path, &fs) == nil && fs.Flags&unix.ST_NOSUID != 0
	return f, nil
}
