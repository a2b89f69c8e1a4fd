package newidmap

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/target"
	"userns-helpers/internal/text/verdict"
)

// act writes the map. All that can be looked at before comes first, so that nothing is denied, and no grant recorded, where
// the map could not be written: the files are opened and read. Then the grant is recorded, and from there on a caller who
// freezes or kills the program has nothing that no record tells of. Then setgroups(2) is denied if it must be; then one
// write(2). Whatever fails is explained with the rights that are left, the caller's, and recorded again.
//
// Both files are those of one namespace, although the process may change its own between the two: it cannot leave the
// one whose gid_map was opened but for a namespace below it, and below one without a gid map none can be made
// (user_namespaces(7): the creator's ids must be mapped).
func act(caller privilege.Caller, process *target.Process, d *Decision) error {
	name := d.Kind.MapFile()
	fd, err := process.OpenFile(name, unix.O_RDWR)
	if err != nil {
		return openFailed(d.Kind, process, name, "open of "+name+" failed: ", err)
	}
	defer unix.Close(fd)
	if written(fd) {
		return writeFailed(caller, process, d, true, unix.EPERM)
	}
	groups, err := openSetgroups(process, d)
	if err != nil {
		return err
	}
	defer groups.close()

	d.record()
	if err := groups.deny(); err != nil {
		return err
	}
	if err := writeMap(fd, idmap.Text(d.Asked)); err != nil {
		return writeFailed(caller, process, d, written(fd), err)
	}
	return nil
}

// written reports whether the open map has a line already: the kernel accepts one write only. Reading at an offset
// leaves the position, which must be 0 in the write, as it is.
func written(fd int) bool {
	var first [1]byte
	n, _ := unix.Pread(fd, first[:], 0)
	return n > 0
}

// writeMap gives the kernel the whole map at once: a second write would be refused.
func writeMap(fd int, text []byte) error {
	n, err := unix.Write(fd, text)
	if err == nil && n != len(text) {
		err = unix.EIO
	}
	return err
}

// deny is how a setgroups file begins that denies, and what makes it deny.
const deny = "deny"

// setgroups is the open setgroups file of a namespace that has to deny, or nothing.
type setgroups int

// nothingToDeny is where setgroups(2) may stay, or is denied.
const nothingToDeny setgroups = -1

// openSetgroups opens the file that takes setgroups(2) from the namespace, where it has to be taken. A member of a group
// could otherwise drop the group in the namespace and with it what is denied to its members, by permissions such as
// rwx---rwx (CVE-2018-7169).
//
// A kernel that has no such file (before Linux 3.19) is worth a warning, as it always was.
func openSetgroups(process *target.Process, d *Decision) (setgroups, error) {
	if !d.DenyGroup {
		return nothingToDeny, nil
	}
	fd, err := process.OpenFile("setgroups", unix.O_RDWR)
	switch {
	case err == unix.ENOENT && !process.Gone():
		d.Warning = "kernel doesn't support setgroups restrictions"
		return nothingToDeny, nil
	case err != nil:
		return nothingToDeny, openFailed(idmap.GID, process, "setgroups", "couldn't open process setgroups: ", err)
	}
	var now [len(deny)]byte
	if n, err := unix.Pread(fd, now[:], 0); err == nil && string(now[:n]) == deny {
		_ = unix.Close(fd)
		return nothingToDeny, nil
	}
	return setgroups(fd), nil
}

// deny takes setgroups(2) from the namespace, for good.
func (s setgroups) deny() error {
	if s == nothingToDeny {
		return nil
	}
	if _, err := unix.Write(int(s), []byte(deny)); err != nil {
		return &verdict.Failure{
			Headline: "failed to setgroups deny policy: " + strerror(err),
			Advice:   "the kernel does not take the right to setgroups(2) from this namespace any more: is its gid_map written already?",
			Err:      err,
		}
	}
	return nil
}

func (s setgroups) close() {
	if s != nothingToDeny {
		_ = unix.Close(int(s))
	}
}
