package newidmap

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/privilege"
)

// install is how this program's executable gets its privilege, and what stands in the way.
type install struct {
	setuidRoot  bool // the setuid bit, and root's
	setuidOther bool // the setuid bit, and not root's
	fileCaps    bool // the capability for the map is among the file capabilities
	nosuid      bool // the file system is mounted nosuid
	noNewPrivs  bool // no_new_privs is set, prctl(2)
	bounding    bool // the capability is in the bounding set, capabilities(7)
}

// explainInstall says why the program was not given its capability, and what to do about it.
func explainInstall(kind idmap.Kind, f install) string {
	capability, program := capabilityName(kind), kind.Program()
	switch {
	case f.setuidOther:
		return program + " has the setuid bit, but does not belong to root: chown root:root and chmod 4755 it"
	case !f.setuidRoot && !f.fileCaps:
		return program + " has neither the setuid bit nor the file capability " + capability + ": install it with chown root:root and " +
			"chmod 4755, or setcap " + capability + "+ep"
	case f.nosuid:
		return program + " lies on a file system that is mounted nosuid, where the setuid bit and file capabilities do nothing: " +
			"install it elsewhere or have it mounted suid"
	case f.noNewPrivs:
		return "no_new_privs is set, under which the setuid bit and file capabilities do nothing: it comes from the container or " +
			"service that you are in (NoNewPrivileges=, allowPrivilegeEscalation: false, bwrap); call " + program + " outside of it"
	case !f.bounding:
		return capability + " is not in the capability bounding set: have it added to this container or service " +
			"(--cap-add, CapabilityBoundingSet=)"
	}
	return "the kernel ignored the setuid bit and the file capabilities of " + program + ": it is traced (strace, gdb), or its file " +
		"system was mounted in another user namespace"
}

// capabilityName is the name of the capability for the map, as setcap(8) writes it.
func capabilityName(kind idmap.Kind) string { return "cap_set" + kind.Word() }

// observeInstall looks at this program's own executable and at what it inherited.
func observeInstall(kind idmap.Kind) install {
	const self = "/proc/self/exe" // the file that runs, wherever its name leads by now
	capability := uintptr(unix.CAP_SETUID)
	if kind == idmap.GID {
		capability = unix.CAP_SETGID
	}
	var f install
	var stat unix.Stat_t
	if unix.Stat(self, &stat) == nil && stat.Mode&unix.S_ISUID != 0 {
		f.setuidRoot, f.setuidOther = stat.Uid == 0, stat.Uid != 0
	}
	xattr := make([]byte, 64)
	if n, err := unix.Getxattr(self, "security.capability", xattr); err == nil {
		f.fileCaps = filePermitted(xattr[:n]).Has(privilege.Of(uint(capability)))
	}
	var fs unix.Statfs_t
	f.nosuid = unix.Statfs(self, &fs) == nil && fs.Flags&unix.ST_NOSUID != 0
	value, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	f.noNewPrivs = err == nil && value == 1
	value, err = unix.PrctlRetInt(unix.PR_CAPBSET_READ, capability, 0, 0, 0)
	f.bounding = err != nil || value == 1
	return f
}

// filePermitted returns the permitted set of the extended attribute security.capability: struct vfs_cap_data of
// linux/capability.h, revisions 2 and 3, little-endian words: magic, permitted, inheritable, permitted, inheritable.
func filePermitted(xattr []byte) privilege.Set {
	if len(xattr) < 20 {
		return 0
	}
	return privilege.Set(word(xattr[4:])) | privilege.Set(word(xattr[12:]))<<32
}

func word(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
