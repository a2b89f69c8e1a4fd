package harness

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Install copies source to directory/name with the given mode, owned by root. capabilities, where there are any, become
// the file's permitted set with the effective flag: what `setcap cap_...+ep` writes.
//
// What runs from that name goes on running: the new file takes the name when it is whole. The kernel executes no file that
// somebody has open to write (ETXTBSY, execve(2)), be it a child that another goroutine forks before it executes: none is
// forked in that time.
func Install(source, directory, name string, mode fs.FileMode, capabilities ...int) error {
	text, err := os.ReadFile(source)
	if err != nil {
		return fmt.Errorf("install %s: %w", name, err)
	}
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return fmt.Errorf("install %s: %w", name, err)
	}
	path := filepath.Join(directory, name)
	before := path + ".new"
	if err := errors.Join(write(before, text), dress(before, mode, capabilities), os.Rename(before, path)); err != nil {
		return fmt.Errorf("install %s: %w", path, err)
	}
	return nil
}

// write makes a file that no child has open.
func write(path string, text []byte) error {
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	return os.WriteFile(path, text, 0o600)
}

// dress gives a file its mode and capabilities.
func dress(path string, mode fs.FileMode, capabilities []int) error {
	if err := unix.Chmod(path, uint32(mode)); err != nil { // not os.Chmod: 0o4755 is meant as the kernel's bits
		return fmt.Errorf("chmod: %w", err)
	}
	if len(capabilities) == 0 {
		return nil
	}
	if err := unix.Setxattr(path, "security.capability", fileCapabilities(capabilities), 0); err != nil {
		return fmt.Errorf("file capabilities: %w", err)
	}
	return nil
}

// Inert gives the program at path a capability that does nothing, as `setcap -n 4294967294 cap_...+ep` does: it is for the root
// of a user namespace that nobody has (struct vfs_ns_cap_data of linux/capability.h, revision 3).
func Inert(path string, capability int) error {
	const revision3, effective, nobodysRoot = 0x03000000, 0x1, 1<<32 - 2
	attribute := binary.LittleEndian.AppendUint32(nil, revision3|effective)
	for _, word := range []uint32{1 << capability, 0, 0, 0, nobodysRoot} {
		attribute = binary.LittleEndian.AppendUint32(attribute, word)
	}
	if err := unix.Setxattr(path, "security.capability", attribute, 0); err != nil {
		return fmt.Errorf("capability of %s: %w", path, err)
	}
	return nil
}

// fileCapabilities returns a struct vfs_cap_data of revision 2, capabilities(7).
func fileCapabilities(capabilities []int) []byte {
	const revision2, effective = 0x02000000, 0x1
	var permitted uint64
	for _, capability := range capabilities {
		permitted |= 1 << capability
	}
	out := new(bytes.Buffer)
	words := []uint32{revision2 | effective, uint32(permitted), 0, uint32(permitted >> 32), 0}
	if err := binary.Write(out, binary.LittleEndian, words); err != nil {
		panic(err) // a buffer takes everything
	}
	return out.Bytes()
}

// File is a file that a case wants to find. The zero value is an empty regular file of root, mode 0644.
type File struct {
	Text     string
	Mode     uint32 // 0: 0644
	UID, GID uint32
	Link     string // a symbolic link to this path instead
	Absent   bool   // no such file
	Kind     uint32 // unix.S_IFIFO, unix.S_IFDIR: something that is not a file
}

// Put makes path what f says, whatever was there before.
func (f File) Put(path string) error {
	if err := os.RemoveAll(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("put %s: %w", path, err)
	}
	if f.Absent {
		return nil
	}
	if f.Link != "" {
		return os.Symlink(f.Link, path)
	}
	if err := f.make(path); err != nil {
		return fmt.Errorf("put %s: %w", path, err)
	}
	mode := f.Mode
	if mode == 0 {
		mode = 0o644
	}
	return errors.Join(os.Chown(path, int(f.UID), int(f.GID)), unix.Chmod(path, mode))
}

func (f File) make(path string) error {
	switch f.Kind {
	case unix.S_IFIFO:
		return unix.Mkfifo(path, 0o600)
	case unix.S_IFDIR:
		return os.Mkdir(path, 0o700)
	}
	return os.WriteFile(path, []byte(f.Text), 0o600)
}
