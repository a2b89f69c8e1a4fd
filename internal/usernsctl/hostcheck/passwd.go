package hostcheck

import (
	"io"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/text/lines"
)

// eachUser calls each for every account of a file in the format of passwd(5), in file order. Malformed lines are passed
// over. Errors: those of file.
func eachUser(file io.Reader, each func(line int, u account.Account)) error {
	r := lines.New(file, passwd.LongestUser)
	for text, ok := r.Next(); ok; text, ok = r.Next() {
		if line, ok := passwd.User(text); ok {
			each(r.Number(), line.Account())
		}
	}
	return r.Err()
}

// eachGroup calls each for every group of a file in the format of group(5), with the names of its members, as eachUser.
func eachGroup(file io.Reader, each func(line int, g account.Account, members []string)) error {
	r := lines.New(file, passwd.LongestGroup)
	for text, ok := r.Next(); ok; text, ok = r.Next() {
		if line, ok := passwd.Group(text); ok {
			each(r.Number(), line.Account(), members(text))
		}
	}
	return r.Err()
}

// members are the names in the fourth field of a line of group(5).
func members(line []byte) []string {
	var names []string
	for name := range passwd.Members(line) {
		names = append(names, string(name))
	}
	return names
}
