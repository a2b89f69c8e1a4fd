package passwd

import (
	"bytes"
	"iter"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/text/name"
	"userns-helpers/internal/text/number"
)

// NoID is (uid_t)-1, which is nobody.
const NoID = 1<<32 - 1

// Line is what a line says. The name lies in the buffer of the reader: it is copied when the account is wanted, since
// memory must not grow with the file.
type Line struct {
	Name        []byte
	ID, Primary uint32 // as in lookup.Account
}

// Account is what the line says, for good.
func (l Line) Account() lookup.Account {
	return lookup.Account{Name: string(l.Name), ID: l.ID, Primary: l.Primary}
}

// User reads a line of passwd(5) as glibc does (nss_files, LINE_PARSER): name, password, uid, each with its colon, then the
// gid, with which the line may end, then what is of no interest. It is false for comments, for lines of NIS (first
// character + or -) and for malformed lines; and for an account with uid 4294967295, which is nobody's. A gid of that
// number is no group.
func User(line []byte) (Line, bool) {
	var fields [4][]byte
	if !split(line, fields[:]) {
		return Line{}, false
	}
	uid, uidOK := parseID(fields[2])
	gid, gidOK := parseID(fields[3])
	return Line{fields[0], uid, gid}, uidOK && gidOK && uid != NoID
}

// Group reads a line of group(5) in the same way: name, password, each with its colon, then the gid, then the members.
func Group(line []byte) (Line, bool) {
	var fields [3][]byte
	if !split(line, fields[:]) {
		return Line{}, false
	}
	gid, ok := parseID(fields[2])
	return Line{Name: fields[0], ID: gid}, ok && gid != NoID
}

// Members are the names that a line of group(5) lists, in its buffer. Blanks in front of a name are not part of it, as for
// glibc (nss_files, STRING_LIST).
func Members(line []byte) iter.Seq[[]byte] {
	fields := bytes.SplitN(bytes.TrimRight(line, " \t\r"), []byte{':'}, 5)
	return func(yield func([]byte) bool) {
		if len(fields) < 4 {
			return
		}
		for member := range bytes.SplitSeq(fields[3], []byte{','}) {
			member = bytes.TrimLeft(member, " \t\n\v\f\r")
			if len(member) > 0 && !yield(member) {
				return
			}
		}
	}
}

// split cuts the first fields off a line, blanks in front of the first one dropped as getpwnam(3) does. Each ends with a
// colon, the last one with the line as well.
func split(line []byte, fields [][]byte) bool {
	line = bytes.TrimLeft(line, " \t\n\v\f\r")
	if len(line) == 0 || line[0] == '#' || line[0] == '+' || line[0] == '-' {
		return false
	}
	for i := range fields {
		end := bytes.IndexByte(line, ':')
		if end < 0 {
			fields[i] = line
			return i == len(fields)-1 && name.Valid(fields[0])
		}
		fields[i], line = line[:end], line[end+1:]
	}
	return name.Valid(fields[0])
}

// parseID reads a user or group id as glibc does: white space, a sign, decimal digits and nothing after, at most NoID. Of
// negative numbers only -0 is one; glibc, in 64 bits, takes those below -2^64+2^32 for ids too.
func parseID(field []byte) (uint32, bool) {
	digits := bytes.TrimLeft(field, " \t\n\v\f\r")
	digits, negative := bytes.CutPrefix(digits, []byte{'-'})
	if negative && (len(digits) == 0 || digits[0] < '0' || digits[0] > '9') {
		return 0, false
	}
	id, err := number.Decimal(digits)
	return uint32(id), err == nil && id <= NoID && !(negative && id != 0)
}
