// Package whole keeps files of which every byte is this program's: settings for daemons, below /etc.
//
// It promises that a file is there as a whole or not at all, whenever this program is killed; that one which somebody else
// wrote is neither changed nor removed; and that no link is followed at the end of a path. It trusts the directories, which
// only root can write.
package whole

import (
	"errors"
	"fmt"
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/usernsctl/readdir"
)

// Mark is the beginning of each file: whoever keeps one must remove it.
const Mark = "# Written by usernsctl grant, which changes it, and removed by usernsctl revoke.\n"

// Change is what becomes of a file.
type Change int

// The changes.
const (
	Same Change = iota
	Made
	Replaced
)

// ForeignError says that a file was not written by this program.
type ForeignError struct{ Path string }

// Error names the file.
func (e *ForeignError) Error() string { return e.Path + " was not written by usernsctl" }

// longest bounds such a file, in bytes.
const longest = 64 << 10

// Look says what Put would do. Errors: *ForeignError, those of lstat(2).
func Look(file, text string) (Change, error) {
	var stat unix.Stat_t
	err := unix.Lstat(file, &stat)
	switch {
	case errors.Is(err, unix.ENOENT):
		return Made, nil
	case err != nil:
		return Same, fmt.Errorf("cannot look at %s: %w", file, err)
	case stat.Mode&unix.S_IFMT != unix.S_IFREG:
		return Same, &ForeignError{file}
	}
	is := readdir.Beginning(file, longest)
	switch {
	case is == Mark+text:
		return Same, nil
	case !strings.HasPrefix(is, Mark):
		return Same, &ForeignError{file}
	}
	return Replaced, nil
}

// Put gives a file the text, below Mark, and makes its directory. Errors: as Look, and those of the system calls.
func Put(file, text string) (Change, error) {
	change, err := Look(file, text)
	if change == Same || err != nil {
		return change, err
	}
	if err := unix.Mkdir(path.Dir(file), 0o755); err != nil && !errors.Is(err, unix.EEXIST) {
		return Same, failed("make", path.Dir(file), err)
	}
	temporary := file + "~" // no daemon reads a name like that
	if err := write(temporary, Mark+text); err != nil {
		return Same, failed("write", temporary, err)
	}
	if err := unix.Rename(temporary, file); err != nil {
		_ = unix.Unlink(temporary)
		return Same, failed("replace", file, err)
	}
	return change, nil
}

// write makes a file with text. One of that name is what a process left that was killed.
func write(file, text string) error {
	if err := unix.Unlink(file); err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	fd, err := unix.Open(file, unix.O_WRONLY|unix.O_CREAT|unix.O_EXCL|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o644)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	for rest := []byte(text); len(rest) > 0 && err == nil; {
		var n int
		n, err = unix.Write(fd, rest)
		rest = rest[max(n, 0):]
	}
	if err = errors.Join(err, unix.Fchmod(fd, 0o644), unix.Fsync(fd)); err != nil {
		_ = unix.Unlink(file)
	}
	return err
}

// Remove removes a file of this program's, and its directory if that is empty then and is called DIRECTORY.d. It returns what
// was in the file, below Mark; there says whether there is such a file. With dry it only looks.
func Remove(file string, dry bool) (text string, there bool, err error) {
	text, there = strings.CutPrefix(readdir.Beginning(file, longest), Mark)
	if !there || dry {
		return text, there, nil
	}
	if err := unix.Unlink(file); err != nil {
		return text, there, failed("remove", file, err)
	}
	if directory := path.Dir(file); strings.HasSuffix(directory, ".d") {
		_ = unix.Rmdir(directory)
	}
	return text, there, nil
}

func failed(what, file string, err error) error {
	return fmt.Errorf("cannot %s %s: %w", what, file, err)
}
