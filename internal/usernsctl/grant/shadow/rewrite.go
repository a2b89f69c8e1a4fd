package shadow

import (
	"errors"
	"path"

	"golang.org/x/sys/unix"
)

// Change is a file, and the text that it is to have.
type Change struct {
	File File
	Text []byte
}

// Rewrite gives files new texts: all of them, or none. Their locks are held since they were read. What was there before stays
// in PATH-, as the suite's backup does.
//
// Errors: *RestoreError where a file could neither be left nor put back, and those of the system calls.
func Rewrite(changes ...Change) error {
	for i, c := range changes {
		if err := c.prepare(); err != nil {
			discard(changes[:i])
			return err
		}
	}
	for i, c := range changes {
		if err := rename(c.temporary(), c.File.Path); err != nil {
			discard(changes[i:])
			return errors.Join(err, restore(changes[:i]))
		}
	}
	for _, c := range changes {
		syncDirectory(c.File.Path)
	}
	return nil
}

// temporary is the file that becomes the new one. The suite's has that name, too.
func (c Change) temporary() string { return c.File.Path + "+" }

// prepare writes the backup, and the new file beside the old one.
func (c Change) prepare() error {
	if !c.File.Absent {
		if err := c.backUp(); err != nil {
			return err
		}
	}
	return c.File.write(c.temporary(), c.Text)
}

// backUp makes PATH-, with the times of the original. It is renamed as well, so that there always is a whole one.
func (c Change) backUp() error {
	if err := c.File.write(c.temporary(), c.File.Text); err != nil {
		return err
	}
	times := []unix.Timespec{c.File.stat.Atim, c.File.stat.Mtim}
	if err := unix.UtimesNanoAt(unix.AT_FDCWD, c.temporary(), times, unix.AT_SYMLINK_NOFOLLOW); err != nil {
		discard([]Change{c})
		return failed("set the times of", c.temporary(), err)
	}
	if err := rename(c.temporary(), c.File.Path+"-"); err != nil {
		discard([]Change{c})
		return err
	}
	return nil
}

// discard removes what was prepared.
func discard(changes []Change) {
	for _, c := range changes {
		_ = unix.Unlink(c.temporary())
	}
}

// RestoreError says that a file was changed, another one could not be, and the first could not be put back.
type RestoreError struct {
	Path string
	Err  error
}

// Error names the file.
func (e *RestoreError) Error() string {
	return e.Path + " was changed and could not be put back (" + e.Err.Error() + "): its backup is " + e.Path + "-"
}

// Unwrap returns the cause.
func (e *RestoreError) Unwrap() error { return e.Err }

// restore puts files back that were changed.
func restore(changes []Change) error {
	var errs []error
	for _, c := range changes {
		if err := c.restore(); err != nil {
			errs = append(errs, &RestoreError{c.File.Path, err})
		}
	}
	return errors.Join(errs...)
}

func (c Change) restore() error {
	if c.File.Absent {
		return unix.Unlink(c.File.Path)
	}
	if err := c.File.write(c.temporary(), c.File.Text); err != nil {
		return err
	}
	return rename(c.temporary(), c.File.Path)
}

// rename gives a file its name.
func rename(from, to string) error {
	if err := unix.Rename(from, to); err != nil {
		return failed("replace", to, err)
	}
	return nil
}

// syncDirectory writes the names of a file's directory to the disk. Where that fails, the files have their new texts all the
// same.
func syncDirectory(file string) {
	fd, err := unix.Open(path.Dir(file), unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err == nil {
		_ = unix.Fsync(fd)
		_ = unix.Close(fd)
	}
}
