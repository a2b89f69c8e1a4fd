package lockfile

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestOpen: what is missing is made, where a mode says so; what somebody else owns or may write to is refused.
func TestOpen(t *testing.T) {
	folder, me := t.TempDir(), uint32(os.Getuid())
	open := func(name string, flags int, mode, owner uint32) error {
		path := filepath.Join(folder, name)
		fd, _, err := Open(unix.AT_FDCWD, path, path, flags, mode, owner)
		if (fd < 0) != (err != nil) {
			t.Errorf("%s: descriptor %d, %v", name, fd, err)
		}
		Close(fd)
		return err
	}
	if err := open("file", unix.O_RDWR, 0, me); !errors.Is(err, unix.ENOENT) {
		t.Error("a missing file:", err)
	}
	for _, err := range []error{
		open("file", unix.O_RDWR, 0o600, me), open("file", unix.O_RDONLY, 0, me),
		open("directory", unix.O_DIRECTORY, 0o700, me), open("directory", unix.O_DIRECTORY, 0o700, me),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if err := os.Chmod(filepath.Join(folder, "file"), 0o620); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("directory", filepath.Join(folder, "link")); err != nil {
		t.Fatal(err)
	}
	var unsafe *UnsafeError
	if err := open("file", unix.O_RDWR, 0o600, me); !errors.As(err, &unsafe) {
		t.Error("writable by its group:", err)
	}
	if err := open("directory", unix.O_DIRECTORY, 0o700, me+1); !errors.As(err, &unsafe) {
		t.Error("another owner's:", err)
	}
	if err := open("link", unix.O_DIRECTORY, 0o700, me); err == nil {
		t.Error("a link: no error")
	}
	if err := open("file", unix.O_DIRECTORY, 0o700, me); !errors.Is(err, unix.ENOTDIR) {
		t.Error("a file for a directory:", err)
	}
}

// TestTry: a lock that somebody else has is not waited for, and it ends with its file.
func TestTry(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	var fds [2]int
	for i := range fds {
		fd, _, err := Open(unix.AT_FDCWD, path, path, unix.O_RDWR, 0o600, uint32(os.Getuid()))
		if err != nil {
			t.Fatal(err)
		}
		fds[i] = fd
	}
	defer Close(fds[1])
	expect := func(what string, got bool, err error, want bool) {
		t.Helper()
		if got != want || err != nil {
			t.Fatalf("%s: %v, %v", what, got, err)
		}
	}
	held, err := Try(fds[0], Exclusive, 10, 5)
	expect("the first", held, err, true)
	held, err = Try(fds[1], Exclusive, 14, 1)
	expect("a byte of it", held, err, false)
	held, err = Locked(fds[1], 14, 1)
	expect("as others see it", held, err, true)
	held, err = Locked(fds[0], 10, 5)
	expect("as its holder sees it", held, err, false)
	held, err = Try(fds[1], Exclusive, 15, 1)
	expect("the byte after it", held, err, true)
	Close(fds[0])
	held, err = Try(fds[1], Exclusive, 10, 5)
	expect("once it is closed", held, err, true)
}
