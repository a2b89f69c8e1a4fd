package account

import (
	"bytes"
	"strconv"
)

// noID is (uid_t)-1, which is nobody.
const noID = 1<<32 - 1

// parseUser reads a line of passwd(5): name, password, uid, gid, each with its colon, then what is of no interest. It
// is false for comments, for lines of NIS (first character + or -) and for malformed lines.
func parseUser(line []byte) (User, bool) {
	var fields [4][]byte
	if !split(line, fields[:]) {
		return User{}, false
	}
	uid, ok := parseID(fields[2])
	if !ok {
		return User{}, false
	}
	gid, ok := parseID(fields[3])
	if !ok {
		return User{}, false
	}
	return User{string(fields[0]), uid, gid}, true
}

// parseGroup reads a line of group(5): name, password, gid, each with its colon, then the members.
func parseGroup(line []byte) (Group, bool) {
	var fields [3][]byte
	if !split(line, fields[:]) {
		return Group{}, false
	}
	gid, ok := parseID(fields[2])
	if !ok {
		return Group{}, false
	}
	return Group{string(fields[0]), gid}, true
}

// split cuts the first fields off a line, blanks in front of the first one dropped as getpwnam(3) does. A field that no
// colon ends may have lost its last digits, so that line is malformed.
func split(line []byte, fields [][]byte) bool {
	line = bytes.TrimLeft(line, " \t\n\v\f\r")
	if len(line) == 0 || line[0] == '#' || line[0] == '+' || line[0] == '-' {
		return false
	}
	for i := range fields {
		end := bytes.IndexByte(line, ':')
		if end < 0 {
			return false
		}
		fields[i], line = line[:end], line[end+1:]
	}
	return validName(string(fields[0]))
}

// parseID reads a user or group id: decimal digits and nothing else.
func parseID(field []byte) (uint32, bool) {
	id, err := strconv.ParseUint(string(field), 10, 32)
	return uint32(id), err == nil && id != noID
}
