package netquota

import (
	"errors"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/lines"
	"userns-helpers/internal/trusted"
)

// openLedger opens the ledger as it is now. It belongs to root or it is refused.
func (b *Book) openLedger(flags int) (int, error) {
	fd, err := unix.Open(b.ledger, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return -1, about(b.ledger, err)
	}
	if err := b.check(fd, b.ledger); err != nil {
		closeFile(fd)
		return -1, err
	}
	return fd, nil
}

// current reports whether fd is still the file that the name of the ledger leads to: administrators use sed -i on it.
func (b *Book) current(fd int) (bool, error) {
	var opened, named unix.Stat_t
	if err := unix.Fstat(fd, &opened); err != nil {
		return false, err
	}
	err := unix.Lstat(b.ledger, &named)
	if errors.Is(err, unix.ENOENT) {
		return false, nil
	}
	return err == nil && opened.Dev == named.Dev && opened.Ino == named.Ino, err
}

// read passes every row of the ledger to f. A ledger that does not exist has none. The last row may be half of one that is
// being written; its interface is known from its slot by then, and half a name is no interface's.
func (b *Book) read(f func(row []byte)) error {
	fd, err := b.openLedger(unix.O_RDONLY)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer closeFile(fd)
	r := lines.New(trusted.Descriptor(fd), longestRow)
	for row, ok := r.Next(); ok; row, ok = r.Next() {
		f(row)
	}
	return about(b.ledger, r.Err())
}

// rounds bounds how often the ledger may be replaced by others under one append, or one rewriting.
const rounds = 64

// record adds rows. Rows of the interfaces in dead are dropped on the way, unless another process of uid is at it.
func (b *Book) record(uid uint32, rows []Row, dead map[string]bool) error {
	var text []byte
	for _, r := range rows {
		text = append(text, r.text()...)
	}
	if len(dead) > 0 {
		done, err := b.rewrite(uid, dead, text)
		if done || err != nil {
			return err
		}
	}
	return b.add(text)
}

// Forget drops the rows of the interfaces in dead, for uid. Where another process of uid is rewriting the ledger the
// rows stay: they count for nothing, and a later Claim drops them.
func (b *Book) Forget(uid uint32, dead map[string]bool) error {
	_, err := b.rewrite(uid, dead, nil)
	return err
}

// add appends text in one write, and again when the ledger was replaced meanwhile: what is in the ledger after the write
// is carried over by whoever replaces it.
func (b *Book) add(text []byte) error {
	if len(text) == 0 {
		return nil
	}
	for range rounds {
		done, err := b.addOnce(text)
		if done || err != nil {
			return err
		}
	}
	return about(b.ledger, unix.EAGAIN)
}

func (b *Book) addOnce(text []byte) (bool, error) {
	fd, err := b.openLedger(unix.O_RDWR | unix.O_APPEND | unix.O_CREAT)
	if err != nil {
		return false, err
	}
	defer closeFile(fd)
	text, err = onNewLine(fd, text)
	if err != nil {
		return false, about(b.ledger, err)
	}
	if err := fits(fd, text); err != nil {
		return false, about(b.ledger, err)
	}
	if err := writeAll(fd, text); err != nil {
		return false, about(b.ledger, err)
	}
	return b.current(fd)
}

// fits refuses to append what the limit on the size of files would cut, where a hard limit of the caller's could not be
// raised: a part of a row would stay.
func fits(fd int, text []byte) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	size, err := unix.Seek(fd, 0, unix.SEEK_END)
	if err == nil && uint64(size)+uint64(len(text)) > limit.Cur {
		return unix.EFBIG
	}
	return err
}

// onNewLine puts a newline in front of text if the file does not end in one: an administrator's editor may leave it so.
func onNewLine(fd int, text []byte) ([]byte, error) {
	size, err := unix.Seek(fd, 0, unix.SEEK_END)
	if err != nil || size == 0 {
		return text, err
	}
	last := []byte{'\n'}
	if _, err := unix.Pread(fd, last, size-1); err != nil {
		return nil, err
	}
	if last[0] == '\n' {
		return text, nil
	}
	return append([]byte{'\n'}, text...), nil
}
