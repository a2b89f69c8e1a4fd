// Package install says how an executable gets its privilege, and what stands in the way. It looks, with the rights that
// there are, and decides nothing.
package install

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
)

// Facts are what an executable and the process that runs it show.
type Facts struct {
	SetuidRoot  bool // the setuid bit, and root's
	SetuidOther bool // the setuid bit, and not root's
	FileCaps    bool // the capability is among the file capabilities
	Effective   bool // it becomes effective by itself: the e of cap_setuid+ep
	Inert       bool // it is for the root of another user namespace alone: nothing here, but LXC takes it for one
	Nosuid      bool // the file system is mounted nosuid
	OtherCaps   bool // there are file capabilities, and the capability is not among them
	NoNewPrivs  bool // no_new_privs was set before the program was executed, prctl(2)
	NoRoot      bool // SECBIT_NOROOT is set, capabilities(7)
	Bounding    bool // the capability is in the bounding set, capabilities(7)
}

// Need is what a program has to be given.
type Need struct {
	Program    string // its name, for messages
	Capability uint   // unix.CAP_*
	Name       string // of the capability, as setcap(8) writes it; "" if the program has to be setuid root
}

// noRoot is SECBIT_NOROOT of linux/securebits.h, which x/sys does not have.
const noRoot = 1 << 0

// Observe looks at this program's own executable, wherever its name leads by now, and at what the caller's process
// inherited. Raised says that the program runs with effective user id 0: a setuid bit that counted, and so no_new_privs was
// not set; that it is set now says nothing, as Narrow and Confine set it. Nothing else that is looked at here is changed
// by package privilege: neither the bounding set nor the secure bits.
func Observe(need Need, raised bool) Facts {
	f := Look("/proc/self/exe", need)
	value, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0)
	f.NoNewPrivs = err == nil && value == 1 && !raised
	value, err = unix.PrctlRetInt(unix.PR_GET_SECUREBITS, 0, 0, 0, 0)
	f.NoRoot = err == nil && value&noRoot != 0
	value, err = unix.PrctlRetInt(unix.PR_CAPBSET_READ, uintptr(need.Capability), 0, 0, 0)
	f.Bounding = err != nil || value == 1
	return f
}

// Look looks at the executable at path, to which need applies. What cannot be seen is false, as is all that is about a
// process.
func Look(path string, need Need) Facts {
	var f Facts
	var stat unix.Stat_t
	if unix.Stat(path, &stat) == nil && stat.Mode&unix.S_ISUID != 0 {
		f.SetuidRoot, f.SetuidOther = stat.Uid == 0, stat.Uid != 0
	}
	xattr := make([]byte, 64)
	if n, err := unix.Getxattr(path, "security.capability", xattr); err == nil {
		has := filePermitted(xattr[:n]).Has(privilege.Of(need.Capability))
		f.Effective = has && word(xattr)&1 != 0 // VFS_CAP_FLAGS_EFFECTIVE
		elsewhere := isElsewhere(xattr[:n])
		f.FileCaps, f.Inert, f.OtherCaps = has && !elsewhere, has && elsewhere, !has && !elsewhere
	}
	var fs unix.Statfs_t
	f.Nosuid = unix.Statfs(path, &fs) == nil && fs.Flags&unix.ST_NOSUID != 0
	return f
}

// Explain says why the program was not given what it needs, and what to do about it.
func (f Facts) Explain(need Need) string {
	switch {
	case f.SetuidOther:
		return need.Program + " has the setuid bit, but does not belong to root: install it again, as a file of root's with mode 4755"
	case !f.SetuidRoot && need.Name == "":
		return need.Program + " does not have the setuid bit: install it with chown root:root and chmod 4755"
	case !f.SetuidRoot && f.Inert:
		return need.Program + " has the file capability " + need.Name + " for the root of another user namespace (setcap -n), which " +
			"gives nothing here, and is for LXC to see: install it with chown root:root and chmod 4755, or setcap " + need.Name + "+ep"
	case !f.SetuidRoot && !f.FileCaps:
		return need.Program + " has neither the setuid bit nor the file capability " + need.Name + ": install it with " +
			"chown root:root and chmod 4755, or setcap " + need.Name + "+ep"
	case f.Nosuid:
		return need.Program + " lies on a file system that is mounted nosuid, where the setuid bit and file capabilities do nothing: " +
			"install it elsewhere or have it mounted suid"
	case !f.Bounding && need.Name != "":
		return need.Name + " is not in the capability bounding set: have it added to this container or service " +
			"(--cap-add, CapabilityBoundingSet=)"
	case f.SetuidRoot && f.NoRoot && !f.FileCaps:
		return explainNoRoot(need)
	case f.SetuidRoot && f.OtherCaps:
		return need.Program + " has the setuid bit and file capabilities that do not suffice, and then the kernel gives nothing but " +
			"those: remove them (setcap -r)"
	case f.NoNewPrivs:
		return "no_new_privs is set, under which the setuid bit and file capabilities do nothing: it comes from the container or " +
			"service that you are in (NoNewPrivileges=, allowPrivilegeEscalation: false, bwrap); call " + need.Program + " outside of it"
	}
	return "the kernel ignored the setuid bit and the file capabilities of " + need.Program + ": it is traced (strace, gdb), or " +
		"its file system was mounted in another user namespace"
}

// explainNoRoot is about secure bits under which user id 0 has no capabilities.
func explainNoRoot(need Need) string {
	text := "SECBIT_NOROOT is set (capabilities(7)), under which root's setuid bit gives no capability: it comes from the container or " +
		"service that you are in (SecureBits=noroot, capsh --secbits); call " + need.Program + " outside of it"
	if need.Name == "" {
		return text
	}
	return text + ", or give it the file capability (setcap " + need.Name + "+ep)"
}

// filePermitted returns the permitted set of the extended attribute security.capability: struct vfs_cap_data of
// linux/capability.h, revisions 2 and 3, little-endian words: magic, permitted, inheritable, permitted, inheritable.
func filePermitted(xattr []byte) privilege.Set {
	if len(xattr) < 20 {
		return 0
	}
	return privilege.Set(word(xattr[4:])) | privilege.Set(word(xattr[12:]))<<32
}

// isElsewhere reports whether file capabilities count for another user namespace than this one: of revision 3, with a root's
// user ID that is not 0 here, capabilities(7). For those of this one the kernel shows revision 2.
func isElsewhere(xattr []byte) bool {
	const revision3 = 0x03000000
	return len(xattr) >= 24 && word(xattr)&0xff000000 == revision3 && word(xattr[20:]) != 0
}

func word(b []byte) uint32 {
	return uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16 | uint32(b[3])<<24
}
