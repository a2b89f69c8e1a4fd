package account

import (
	"io"
	"slices"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/text/paths"
)

// Limits of what is read, whatever the size of the files.
const (
	longestUser  = 64 * 1024   // bytes of a line of passwd(5)
	longestGroup = 1024 * 1024 // bytes of a line of group(5), which lists the members: some 100,000
	maxUsers     = 256         // accounts of one user id; further ones are not seen
)

// Opener opens a file for reading.
type Opener func(path string) (io.ReadCloser, error)

// files is the Source of passwd(5) and group(5).
type files struct {
	passwd, group string // paths
	open          Opener
}

// FromFiles is the directory of this machine's files, opened by open: for a program without privilege that only
// reports, to which it does not matter who may write them.
func FromFiles(open Opener) Directory {
	return Of(files{paths.Passwd(), paths.Group(), open})
}

// Trusted opens files that only root can have written, of being who they decide for. Errors: those of trusted.Open.
func Trusted(of privilege.Standing) Opener {
	return func(path string) (io.ReadCloser, error) {
		file, err := trusted.Open(path, of)
		if err != nil {
			return nil, err
		}
		return closer{file}, nil
	}
}

// closer gives a trusted file the Close of io.Closer.
type closer struct{ *trusted.File }

func (c closer) Close() error {
	c.File.Close()
	return nil
}

// Describe returns the path of the user database.
func (f files) Describe() string { return f.passwd }

// Users returns the accounts of uid in file order. All of the file is read: several names may share an id.
func (f files) Users(uid uint32) ([]User, error) {
	var users []User
	err := f.walk(f.passwd, longestUser, func(line []byte) bool {
		if e, ok := parseUser(line); ok && e.uid == uid {
			users = append(users, e.user())
		}
		return len(users) < maxUsers
	})
	if err != nil {
		return nil, err
	}
	return users, nil
}

// User returns the first account of name, and reads no further.
func (f files) User(name string) ([]User, error) {
	var users []User
	err := f.walk(f.passwd, longestUser, func(line []byte) bool {
		if e, ok := parseUser(line); ok && string(e.name) == name {
			users = append(users, e.user())
		}
		return len(users) == 0
	})
	if err != nil {
		return nil, err
	}
	return users, nil
}

// Groups returns the first group of each gid, and reads no further than the last of them.
func (f files) Groups(gids []uint32) ([]Group, error) {
	missing := slices.Compact(slices.Sorted(slices.Values(gids)))
	var groups []Group
	err := f.walk(f.group, longestGroup, func(line []byte) bool {
		e, ok := parseGroup(line)
		if i, wanted := slices.BinarySearch(missing, e.gid); ok && wanted {
			groups = append(groups, e.group())
			missing = slices.Delete(missing, i, i+1)
		}
		return len(missing) > 0
	})
	if err != nil {
		return nil, err
	}
	return groups, nil
}

// walk gives each line of the file at path to each, until that returns false. Lines longer than longest are passed over.
func (f files) walk(path string, longest int, each func(line []byte) bool) error {
	file, err := f.open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	for r := lines.New(file, longest); ; {
		line, ok := r.Next()
		if !ok {
			return r.Err()
		}
		if !each(line) {
			return nil
		}
	}
}
