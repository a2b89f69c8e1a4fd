package netquota

import (
	"bytes"
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/lines"
)

// Row is a row of the ledger: "owner type bridge nic".
type Row struct {
	Owner string
	Place Place
	Nic   string
}

// text is the row as the file has it.
func (r Row) text() []byte { return []byte(r.Owner + " " + r.Place.Type + " " + r.Place.Bridge + " " + r.Nic + "\n") }

// nicOf returns the interface of a row that is charged to c, or "". What follows the fourth word is ignored, as LXC's
// helper does.
func (c Charge) nicOf(row []byte) string {
	rest, ok := bytes.CutPrefix(row, []byte(c.Owner+" "+c.Place.Type+" "+c.Place.Bridge+" "))
	if !ok {
		return ""
	}
	nic, _, _ := bytes.Cut(rest, []byte(" "))
	return string(nic)
}

// longestRow bounds a row: a name of 255 bytes, "@", a type, two names of 15 bytes, and what others put behind.
const longestRow = 1024

// openLedger opens the ledger as it is now. It belongs to root or it is refused.
func (b *Book) openLedger(flags int) (int, error) {
	fd, err := unix.Open(b.ledger, flags|unix.O_NOFOLLOW|unix.O_NONBLOCK|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return -1, err
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

// rounds bounds how often the ledger may be replaced under one append.
const rounds = 8

// record adds rows. Rows of the interfaces in dead are dropped on the way, unless another process is at it.
func (b *Book) record(rows []Row, dead map[string]bool) error {
	var text []byte
	for _, r := range rows {
		text = append(text, r.text()...)
	}
	if len(dead) > 0 {
		done, err := b.rewrite(dead, text)
		if done || err != nil && !errors.Is(err, unix.ENOENT) {
			return err
		}
	}
	return b.add(text)
}

// Forget drops the rows of the interfaces in dead. Where another process is rewriting the ledger the rows stay: they
// count for nothing, and a later Claim drops them.
func (b *Book) Forget(dead map[string]bool) error {
	_, err := b.rewrite(dead, nil)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	return err
}

// add appends text in one write, and again when the ledger was replaced meanwhile. The shared lock keeps rewriters away
// from what is being appended; where one is at work already, it finds the text behind what it read, or the text goes
// to the file that it put in place.
func (b *Book) add(text []byte) error {
	held, err := try(b.claims, shared, ledgerByte, 1)
	if err != nil {
		return err
	}
	if held {
		defer b.release()
	}
	for range rounds {
		done, err := b.addOnce(text)
		if done || err != nil {
			return err
		}
	}
	return unix.EAGAIN
}

func (b *Book) addOnce(text []byte) (bool, error) {
	fd, err := b.openLedger(unix.O_RDWR | unix.O_APPEND | unix.O_CREAT)
	if err != nil {
		return false, err
	}
	defer closeFile(fd)
	text, err = onNewLine(fd, text)
	if err != nil {
		return false, err
	}
	if err := writeAll(fd, text); err != nil {
		return false, err
	}
	return b.current(fd)
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

// rewrite replaces the ledger by one without the rows of dead and with text at its end, and reports whether it did: one
// process at a time does that. What others append meanwhile is carried over.
func (b *Book) rewrite(dead map[string]bool, text []byte) (bool, error) {
	held, err := try(b.claims, exclusive, ledgerByte, 1)
	if !held || err != nil {
		return false, err
	}
	defer b.release()
	fd, err := b.openLedger(unix.O_RDONLY)
	if err != nil {
		return false, err
	}
	defer closeFile(fd)
	content, err := readAll(fd)
	if err != nil {
		return false, err
	}
	return b.replace(fd, append(without(content, dead), text...), len(content))
}

// replacement is the name, in the folder of the slots, of the ledger to be. Only the holder of the lock on ledgerByte
// uses it.
const replacement = "ledger.new"

// replace renames a file with content over the ledger that is open as fd and of which read bytes were read, unless the
// ledger is another file by now.
func (b *Book) replace(fd int, content []byte, read int) (bool, error) {
	next, err := b.makeReplacement(fd, content)
	if err != nil {
		return false, err
	}
	defer closeFile(next)
	same, err := b.current(fd)
	if !same || err != nil {
		return false, err
	}
	if err := unix.Renameat(b.folder, replacement, unix.AT_FDCWD, b.ledger); err != nil {
		return false, err
	}
	return true, carryOver(fd, next, int64(read))
}

// makeReplacement writes the ledger to be, with the permissions of the one open as old.
func (b *Book) makeReplacement(old int, content []byte) (int, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(old, &stat); err != nil {
		return -1, err
	}
	if err := unix.Unlinkat(b.folder, replacement, 0); err != nil && !errors.Is(err, unix.ENOENT) {
		return -1, err
	}
	flags := unix.O_WRONLY | unix.O_APPEND | unix.O_CREAT | unix.O_EXCL | unix.O_CLOEXEC
	fd, err := unix.Openat(b.folder, replacement, flags, 0o600)
	if err != nil {
		return -1, err
	}
	if err := errors.Join(unix.Fchmod(fd, stat.Mode&0o755), writeAll(fd, content)); err != nil {
		closeFile(fd)
		return -1, err
	}
	return fd, nil
}

// carryOver appends to next what was appended to old behind its first read bytes.
func carryOver(old, next int, read int64) error {
	if _, err := unix.Seek(old, read, unix.SEEK_SET); err != nil {
		return err
	}
	rest, err := readAll(old)
	if err != nil || len(rest) == 0 {
		return err
	}
	return writeAll(next, rest)
}

// without returns the lines of content but for the rows of dead, every one with its newline.
func without(content []byte, dead map[string]bool) []byte {
	kept := make([]byte, 0, len(content)+64)
	for line := range bytes.Lines(content) {
		if words := bytes.Fields(line); len(words) >= 4 && namesDead(words[3:], dead) {
			continue
		}
		kept = append(kept, line...)
	}
	if len(kept) > 0 && kept[len(kept)-1] != '\n' {
		kept = append(kept, '\n')
	}
	return kept
}

// namesDead reports whether one of words is the name of a dead interface. The owner's name may hold blanks, so the
// interface is not always the fourth word.
func namesDead(words [][]byte, dead map[string]bool) bool {
	for _, w := range words {
		if dead[string(w)] {
			return true
		}
	}
	return false
}

// closeFile closes a descriptor. Nothing is buffered in one, so there is no error that would change anything.
func closeFile(fd int) { _ = unix.Close(fd) }

func (b *Book) release() { _, _ = try(b.claims, none, ledgerByte, 1) }

// writeAll writes text, or fails: with the limits raised, only a full file system cuts a write.
func writeAll(fd int, text []byte) error {
	n, err := unix.Write(fd, text)
	if err == nil && n != len(text) {
		return io.ErrShortWrite
	}
	return err
}

// readAll reads from where fd stands to the end of the file.
func readAll(fd int) ([]byte, error) {
	var stat unix.Stat_t
	if err := unix.Fstat(fd, &stat); err != nil {
		return nil, err
	}
	content := make([]byte, 0, stat.Size+512)
	for {
		if len(content) == cap(content) {
			content = append(content, 0)[:len(content)]
		}
		n, err := unix.Read(fd, content[len(content):cap(content)])
		if err != nil && !errors.Is(err, unix.EINTR) {
			return nil, err
		}
		if n == 0 && err == nil {
			return content, nil
		}
		content = content[:len(content)+max(n, 0)]
	}
}

// read passes every row of the ledger to f. A ledger that does not exist has none.
func (b *Book) read(f func(row []byte)) error {
	fd, err := b.openLedger(unix.O_RDONLY)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return err
	}
	defer closeFile(fd)
	r := lines.New(descriptor(fd), longestRow)
	for row, ok := r.Next(); ok; row, ok = r.Next() {
		f(row)
	}
	return r.Err()
}

// descriptor reads from a file descriptor.
type descriptor int

// Read reads as io.Reader asks.
func (d descriptor) Read(buffer []byte) (int, error) {
	for {
		n, err := unix.Read(int(d), buffer)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return 0, err
		case n == 0 && len(buffer) > 0:
			return 0, io.EOF
		}
		return n, nil
	}
}
