package newidmap

import (
	"golang.org/x/sys/unix"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/newidmap/whynot"
)

// write writes the map. All that can be checked before comes first, so that nothing is denied, and no grant recorded,
// where the map could not be written: the files are opened and read. Then the grant is recorded, and from there on a caller
// who freezes or kills the program has nothing that no record tells of. Then setgroups(2) is denied if it must be; then one
// write(2). Whatever fails is explained with the rights that are left, the caller's, and recorded again.
//
// Both files are those of one namespace, although the process may change its own between the two: it cannot leave the
// one whose gid_map was opened but for a namespace below it, and below one without a gid map none can be made
// (user_namespaces(7): the creator's ids must be mapped).
func (r *run) write() error {
	name := r.kind.MapFile()
	fd, err := r.process.OpenFile(name, unix.O_RDWR)
	if err != nil {
		return &whynot.FileClosed{File: name, Err: err}
	}
	defer unix.Close(fd)
	if Mapped(fd) {
		return &whynot.NotWritten{Mapped: true, Err: unix.EPERM}
	}
	groups, err := r.openSetgroups()
	if err != nil {
		return err
	}
	defer groups.close()

	r.recordGrant()
	if err := groups.deny(); err != nil {
		return &whynot.NotDenied{Err: err}
	}
	if err := writeMap(fd, idmap.Text(r.request.Asked)); err != nil {
		return &whynot.NotWritten{Mapped: Mapped(fd), Err: err}
	}
	r.written = true
	return nil
}

// Mapped reports whether the open map has a line already: the kernel accepts one write only. Reading at an offset leaves
// the position, which must be 0 in the write, as it is.
func Mapped(fd int) bool {
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

// openSetgroups opens the file that takes setgroups(2) from the namespace, where it has to be taken. A kernel that has no
// such file (before Linux 3.19) is worth a warning, as it always was.
func (r *run) openSetgroups() (setgroups, error) {
	const file = "setgroups"
	if !r.decision.DenySetgroups {
		return nothingToDeny, nil
	}
	fd, err := r.process.OpenFile(file, unix.O_RDWR)
	switch {
	case err == unix.ENOENT && !r.process.Gone():
		r.lenient = true
		return nothingToDeny, nil
	case err != nil:
		return nothingToDeny, &whynot.FileClosed{File: file, Err: err}
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
	_, err := unix.Write(int(s), []byte(deny))
	return err
}

func (s setgroups) close() {
	if s != nothingToDeny {
		_ = unix.Close(int(s))
	}
}
