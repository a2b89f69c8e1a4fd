package grant

import (
	"io"
	"strings"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/text/lines"
	"userns-helpers/internal/text/paths"
)

// local is a user or group of this host's files.
type local struct {
	account.Account
	line   int
	fields []string // of passwd(5) or group(5)
}

// Fields of passwd(5).
const (
	homeField  = 5
	shellField = 6
)

// field is a field of the line, "" if it ends in front of it.
func (l local) field(i int) string {
	if i >= len(l.fields) {
		return ""
	}
	return l.fields[i]
}

// logsIn reports whether an account has a login shell: "" stands for /bin/sh.
func (l local) logsIn() bool {
	shell := l.field(shellField)
	name := shell[strings.LastIndexByte(shell, '/')+1:]
	return name != "nologin" && name != "false"
}

// eachUser calls each for every user of passwd(5), in file order.
func (h Host) eachUser(each func(local)) error {
	return h.each(paths.Passwd(), func(file io.Reader) error { return walk(file, passwd.LongestUser, passwd.User, each) })
}

// eachGroup calls each for every group of group(5), in file order.
func (h Host) eachGroup(each func(local)) error {
	return h.each(paths.Group(), func(file io.Reader) error { return walk(file, passwd.LongestGroup, passwd.Group, each) })
}

// walk calls each for every account of a file.
func walk(file io.Reader, longest int, parse func([]byte) (passwd.Line, bool), each func(local)) error {
	r := lines.New(file, longest)
	for text, ok := r.Next(); ok; text, ok = r.Next() {
		if line, ok := parse(text); ok {
			each(local{line.Account(), r.Number(), strings.Split(strings.TrimSuffix(string(text), "\r"), ":")})
		}
	}
	return r.Err()
}
