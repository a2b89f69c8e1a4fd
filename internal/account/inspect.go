package account

import (
	"bytes"
	"io"
	"strings"

	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/text/number"
)

// InspectUsers calls each for every account of a file in the format of passwd(5), in file order. Lines that are none
// are passed over. Errors: those of file.
func InspectUsers(file io.Reader, each func(line int, u User)) error {
	r := lines.New(file, longestUser)
	for line, ok := r.Next(); ok; line, ok = r.Next() {
		if e, ok := parseUser(line); ok {
			each(r.Number(), e.user())
		}
	}
	return r.Err()
}

// InspectGroups calls each for every group of a file in the format of group(5), with the names of its members, in file
// order. Lines that are none are passed over. Errors: those of file.
func InspectGroups(file io.Reader, each func(line int, g Group, members []string)) error {
	r := lines.New(file, longestGroup)
	for line, ok := r.Next(); ok; line, ok = r.Next() {
		if e, ok := parseGroup(line); ok {
			each(r.Number(), e.group(), members(line))
		}
	}
	return r.Err()
}

// members are the names in the fourth field of a line of group(5).
func members(line []byte) []string {
	fields := bytes.Split(bytes.TrimRight(line, " \t\r"), []byte{':'})
	if len(fields) < 4 {
		return nil
	}
	var names []string
	for name := range bytes.SplitSeq(fields[3], []byte{','}) {
		if len(name) > 0 {
			names = append(names, string(name))
		}
	}
	return names
}

// Named returns the account of a login name, or the first one of a user id in decimal. A text of digits only is a user
// id, as in the files of grants. Errors: as Directory.Users.
func Named(d Directory, text string) (User, error) {
	if strings.Trim(text, "0123456789") != "" || text == "" {
		return d.User(text)
	}
	uid, err := number.Decimal(text)
	if err != nil || uid >= noID {
		return User{}, &UnknownError{Key: nameKey(text)}
	}
	users, err := d.Users(uint32(uid))
	if err != nil {
		return User{}, err
	}
	return users[0], nil
}
