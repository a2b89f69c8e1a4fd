package netquota

import (
	"bytes"
	"errors"
	"strconv"

	"golang.org/x/sys/unix"
)

// rewrite replaces the ledger by one without the rows of dead and with text at its end, and reports whether it did.
//
// Nothing is held that another user could miss: each user has a lock and a file of its own to do this with. The new ledger
// and the old one change places in one step (renameat2(2), RENAME_EXCHANGE, Linux 3.15), and what others wrote into the
// old one meanwhile is added to what is the ledger by then. A process that is killed or frozen in between takes those
// rows with it; the slots have them, and the next Claim of each owner brings them back.
func (b *Book) rewrite(uid uint32, dead map[string]bool, text []byte) (bool, error) {
	held, err := try(b.claims, exclusive, ledgerByte(uid), 1)
	if !held || err != nil {
		return false, err
	}
	defer func() { _, _ = try(b.claims, none, ledgerByte(uid), 1) }()
	for range rounds {
		done, err := b.rewriteOnce(replacement(uid), dead, text)
		switch {
		case done:
			return true, err
		case errors.Is(err, unix.ENOENT), errors.Is(err, unix.EINVAL):
			return false, nil // no ledger, or a file system that cannot exchange
		case err != nil:
			return false, err
		}
	}
	return false, nil
}

// replacement is the name, in the folder of the slots, of the ledger to be of a user.
func replacement(uid uint32) string { return "ledger." + strconv.FormatUint(uint64(uid), 10) }

// rewriteOnce does it, unless the ledger is replaced by somebody else before.
func (b *Book) rewriteOnce(name string, dead map[string]bool, text []byte) (bool, error) {
	fd, err := b.openLedger(unix.O_RDONLY)
	if err != nil {
		return false, err
	}
	defer closeFile(fd)
	content, err := readRows(fd)
	if err != nil {
		return false, about(b.ledger, err)
	}
	if err := b.makeReplacement(name, fd, append(without(content, dead), text...)); err != nil {
		return false, err
	}
	same, err := b.current(fd)
	if !same || err != nil {
		return false, err
	}
	return b.exchange(name, content)
}

// exchange puts the file called name in the place of the ledger, and carries over what the ledger has beyond content.
func (b *Book) exchange(name string, content []byte) (bool, error) {
	err := unix.Renameat2(b.folder, name, unix.AT_FDCWD, b.ledger, unix.RENAME_EXCHANGE)
	if err != nil {
		return false, about(b.ledger, err)
	}
	fd, err := unix.Openat(b.folder, name, unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return true, ignoreMissing(err)
	}
	defer closeFile(fd)
	after, err := readRows(fd)
	if err != nil {
		return true, err
	}
	return true, errors.Join(b.add(added(content, after)), ignoreMissing(unix.Unlinkat(b.folder, name, 0)))
}

// added returns the lines of after that before does not have, each with its newline.
func added(before, after []byte) []byte {
	if bytes.Equal(before, after) {
		return nil
	}
	known := make(map[string]bool)
	for line := range bytes.Lines(before) {
		known[string(bytes.TrimSuffix(line, []byte("\n")))] = true
	}
	var text []byte
	for line := range bytes.Lines(after) {
		line = bytes.TrimSuffix(line, []byte("\n"))
		if len(line) > 0 && !known[string(line)] {
			text = append(append(text, line...), '\n')
		}
	}
	return text
}

// makeReplacement writes the ledger to be, with the permissions of the one open as old.
func (b *Book) makeReplacement(name string, old int, content []byte) error {
	var stat unix.Stat_t
	if err := unix.Fstat(old, &stat); err != nil {
		return err
	}
	if err := ignoreMissing(unix.Unlinkat(b.folder, name, 0)); err != nil {
		return err
	}
	flags := unix.O_WRONLY | unix.O_APPEND | unix.O_CREAT | unix.O_EXCL | unix.O_CLOEXEC
	path := b.slots + "/" + name
	fd, err := unix.Openat(b.folder, name, flags, 0o600)
	if err != nil {
		return about(path, err)
	}
	defer closeFile(fd)
	return about(path, errors.Join(unix.Fchmod(fd, stat.Mode&0o755), writeAll(fd, content)))
}

// ignoreMissing is err, unless it says that there is no file.
func ignoreMissing(err error) error {
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}
