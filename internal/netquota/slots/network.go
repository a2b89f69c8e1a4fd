package slots

import (
	"errors"

	"golang.org/x/sys/unix"
)

// Network is a network namespace. Interfaces, bridges among them, are in one; their names, indexes and quotas are about
// that one and no other. So each has a book of its own.
type Network struct {
	Initial bool   // it is the machine's first
	ID      string // names it as long as the machine runs; fit to be a file's name
}

// The book at the paths that administrators know belongs to one namespace, which the symbolic link "netns" among the slots
// names: the machine's first, as soon as that uses it, or else the first that did, as in a container with a /run of its
// own. Every other one has a book in a directory of the slots that is named after it, which only root can read.
const (
	note         = "netns"
	noteInitial  = "initial"
	hiddenLedger = "nics"
)

// noted is what the note says if the book is that namespace's.
func (n Network) noted() string {
	if n.Initial {
		return noteInitial
	}
	return n.ID
}

// longestNote is longer than any note.
const longestNote = 64

// belongsTo reports whether the open book is that of a namespace, and makes it so where it is nobody's, or the namespace is
// the first. What others had in it is dead, as seen from there; what lives of it comes back in the book of each.
func (b *Book) belongsTo(here Network) (bool, error) {
	for range 64 {
		text := make([]byte, longestNote)
		n, err := unix.Readlinkat(b.dir, note, text)
		switch {
		case errors.Is(err, unix.ENOENT):
			err = unix.Symlinkat(here.noted(), b.dir, note)
			if err == nil || !errors.Is(err, unix.EEXIST) {
				return err == nil, err
			}
		case err != nil:
			return false, err
		case string(text[:n]) == here.noted():
			return true, nil
		case !here.Initial:
			return false, nil
		default:
			if err := unix.Unlinkat(b.dir, note, 0); err != nil && !errors.Is(err, unix.ENOENT) {
				return false, err
			}
		}
	}
	return false, unix.EAGAIN
}
