// Package passwd reads passwd(5) and group(5).
//
// It promises that a line says what glibc takes it to say, that a malformed one spoils no other, and that memory does not
// grow with the files. Whether a file can be trusted is for who opens it to see.
package passwd

import (
	"errors"
	"io"
	"iter"
	"slices"
	"strconv"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/text/lines"
)

// Limits of what is read, whatever the size of the files. Longer lines are passed over.
const (
	LongestUser  = 64 * 1024   // bytes of a line of passwd(5)
	LongestGroup = 1024 * 1024 // bytes of a line of group(5), which lists the members: some 100,000
	maxUsers     = 256         // accounts of one user id; further ones are not seen
	maxGroups    = 65536       // groups that list a user, as many as a process may have (NGROUPS_MAX)
)

// Files is the source of the accounts in a pair of files.
type Files struct {
	Users, Groups string // paths
	Open          func(path string) (io.ReadCloser, error)
}

// Describe returns the path of the user database.
func (f Files) Describe() string { return f.Users }

// Find returns the accounts of a user id in file order, all of the file being read, since several names may share it; or
// the first account of a name, or the first group of each id, and reads no further than the last of them.
func (f Files) Find(keys []lookup.Key) (found []lookup.Account, err error) {
	path, longest, parse := f.Users, LongestUser, User
	if keys[0].Group {
		path, longest, parse = f.Groups, LongestGroup, Group
	}
	missing := slices.Clone(keys)
	err = f.walk(path, longest, func(text []byte) bool {
		line, ok := parse(text)
		i := lookup.Index(missing, line.Name, line.ID)
		if !ok || i < 0 {
			return true
		}
		found = append(found, line.Account())
		if keys[0].Group || keys[0].Name != "" {
			missing = slices.Delete(missing, i, i+1)
		}
		return len(missing) > 0 && len(found) < max(maxUsers, len(keys))
	})
	if err != nil {
		return nil, err
	}
	return found, nil
}

// Listing returns the groups that list one of these users, in file order. Errors: those of the file, tooManyGroups.
func (f Files) Listing(users []string) (groups []lookup.Account, err error) {
	isOne := func(member []byte) bool { return slices.Contains(users, string(member)) }
	tooMany := false
	err = f.walk(f.Groups, LongestGroup, func(text []byte) bool {
		line, ok := Group(text)
		if !ok || !anyOf(Members(text), isOne) {
			return true
		}
		tooMany = len(groups) == maxGroups
		if !tooMany {
			groups = append(groups, line.Account())
		}
		return !tooMany
	})
	switch {
	case err != nil:
		return nil, err
	case tooMany:
		return nil, tooManyGroups()
	}
	return groups, nil
}

// tooManyGroups says that no process could be in all the groups that list a user.
func tooManyGroups() error {
	return errors.New("more than " + strconv.Itoa(maxGroups) + " groups list the user")
}

// anyOf reports whether one of members is what is looked for.
func anyOf(members iter.Seq[[]byte], is func([]byte) bool) bool {
	for m := range members {
		if is(m) {
			return true
		}
	}
	return false
}

// walk gives each line of the file at path to each, until that returns false.
func (f Files) walk(path string, longest int, each func(line []byte) bool) error {
	file, err := f.Open(path)
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
