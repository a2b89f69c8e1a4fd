// Package slips says what is wrong with lines of subuid(5) and subgid(5) that grant nothing, and finds those that were
// written for a user all the same. It is for messages and reports: what it finds grants nothing.
package slips

import (
	"bytes"
	"io"
	"strconv"
	"strings"

	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/lines"
)

// Slips are the lines that mean a user and grant that user nothing, or not what they seem to.
type Slips struct {
	First []Entry // in file order, at most 4
	Many  int     // how many there are: more than First holds if there are more
}

// mostSlips bounds what a message has.
const mostSlips = 4

// Owner is whose lines are looked for.
type Owner struct {
	owns  subid.Owner
	names []string // the names and the user id that an owner field can mean, whether a line can have them or not
	group string   // the group id, which is no owner, "" if it is not known
	exact bool     // what is in another case means somebody else
}

// Of is the owner with a user id and the login names that have it.
func Of(uid uint32, names ...string) Owner {
	return Owner{owns: subid.OwnerOf(uid, names...)}.named(append(names[:len(names):len(names)], strconv.FormatUint(uint64(uid), 10))...)
}

// Named is the owner that a login name stands for, without a look into the user database: see subid.OwnerNamed. A name in
// another case may be a mistake for somebody else.
func Named(name string) Owner {
	if uid, ok := subid.UID(name); ok {
		return Of(uid)
	}
	return Owner{owns: subid.OwnerNamed(name), exact: true}.named(name)
}

// named adds names that are meant. A line without an owner means nobody.
func (o Owner) named(names ...string) Owner {
	for _, name := range names {
		if name != "" {
			o.names = append(o.names, name)
		}
	}
	return o
}

// InGroup is the owner as lines of subgid(5) are looked for: there a group id is taken for an owner by mistake.
func (o Owner) InGroup(gid uint32) Owner {
	o.group = strconv.FormatUint(uint64(gid), 10)
	o.names = append(o.names[:len(o.names):len(o.names)], o.group)
	return o
}

// Find reads file for lines that were written for owner, as far as anybody can tell, and are of no use to owner. Memory
// does not grow with the file.
//
// Errors: those of file; the Slips returned with one are those of the lines in front of it.
func Find(file io.Reader, owner Owner) (Slips, error) {
	var s Slips
	_, err := Inspect(file, owner.meant, func(e Entry) {
		if owner.slip(&e) {
			s.add(e)
		}
	})
	return s, err
}

// Inspect calls each for every line that says something, in file order: all but comments and empty ones, and those that
// meant is false for; it may be nil. What it calls a grant is what subid.Scan grants, since both ask subid.Parse. A file
// that ends without a newline is incomplete.
//
// Errors: those of file, after the lines in front of it.
func Inspect(file io.Reader, meant func(line []byte) bool, each func(Entry)) (incomplete bool, err error) {
	return lines.Each(file, kept, kept, func(line []byte, number int, _ bool) {
		if meant != nil && !meant(line) {
			return
		}
		if e, says := inspect(line); says {
			e.Line = number
			each(e)
		}
	})
}

func (s *Slips) add(e Entry) {
	s.Many++
	if len(s.First) < mostSlips {
		s.First = append(s.First, e)
	}
}

// Describe says what is wrong with the lines: `line 3 ("alice:1:1 ") grants nothing: a blank follows the count`, several
// with semicolons between; "" if there is none.
func (s Slips) Describe() string {
	var text []byte
	for i, e := range s.First {
		if i > 0 {
			text = append(text, "; "...)
		}
		text = e.append(text)
	}
	if more := s.Many - len(s.First); more > 0 {
		text = append(text, "; and "...)
		text = append(text, plural(more)...)
	}
	return string(text)
}

// slip completes the fault of a line that means the owner, and reports whether there is one.
func (o Owner) slip(e *Entry) bool {
	if e.Fault != NoFault {
		return true
	}
	if _, owned := o.owns.After([]byte(e.Owner + ":")); owned {
		e.Fault = Octal
		return e.Octal
	}
	bare := string(undecorated([]byte(e.Owner)))
	switch {
	case !o.isMeaning(bare):
		return false // somebody else's, whose name goes on
	case strings.HasPrefix(e.Owner, mark):
		e.Fault = Mark
	case strings.ContainsAny(e.Owner, "\"'"):
		e.Fault = Quoted
	case strings.HasPrefix(e.Owner, "@"):
		e.Fault = At
	case bare != e.Owner:
		e.Fault = Spaced
	case bare == o.group:
		e.Fault = GroupID
	case subid.IsUID(bare):
		e.Fault = Digits
	default:
		e.Fault = Case
	}
	return true
}

// isMeaning reports whether an owner is one that is meant, but for its case.
func (o Owner) isMeaning(bare string) bool {
	for _, name := range o.names {
		if o.alike(bare, name) {
			return true
		}
	}
	return false
}

// alike compares an owner with a name that is meant.
func (o Owner) alike(owner, name string) bool {
	return owner == name || !o.exact && strings.EqualFold(owner, name)
}

// meant reports whether a line was written for the owner: it begins with one of the owner's names, or the user id, in
// whatever case and with whatever around it; and what follows up to the first colon is no part of another name.
func (o Owner) meant(line []byte) bool {
	text := undecorated(line)
	for _, name := range o.names {
		if subid.IsUID(name) {
			text = withoutZeros(text)
		}
		if len(text) < len(name) || !o.alike(string(text[:len(name)]), name) {
			continue
		}
		rest, _, _ := bytes.Cut(text[len(name):], []byte{':'})
		rest, _, _ = bytes.Cut(rest, []byte{'#'})
		if separates(rest) {
			return true
		}
	}
	return false
}

// separates reports whether what follows a name, up to a colon, can be anything but the rest of a longer name: nothing, or
// a separator and numbers behind it.
func separates(rest []byte) bool {
	if len(undecorated(rest)) == 0 {
		return true
	}
	if len(bytes.TrimLeft(rest, "\x00 \t\v\f\r;,=|\"'")) == len(rest) && !bytes.HasPrefix(rest, []byte(noBreak)) && !bytes.HasPrefix(rest, []byte(wide)) {
		return false
	}
	return !bytes.ContainsFunc(rest, func(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '\\' })
}

// withoutZeros is a number without the zeros in front.
func withoutZeros(text []byte) []byte {
	if bare := bytes.TrimLeft(text, "0"); len(bare) > 0 && '1' <= bare[0] && bare[0] <= '9' {
		return bare
	}
	return text
}

// What editors and other programs leave in a file without showing it, and a colon of another script.
const (
	mark    = "\ufeff"
	noBreak = "\u00a0"
	wide    = "\uff1a"
)

// undecorated is text without what can stand around an owner by mistake.
func undecorated(text []byte) []byte {
	const around = "\x00 \t\v\f\r+-@\"'"
	for {
		before := len(text)
		text = bytes.TrimLeft(text, around)
		text = bytes.TrimRight(text, "\x00 \t\v\f\r\"'")
		for _, invisible := range []string{mark, noBreak} {
			text = bytes.TrimPrefix(bytes.TrimSuffix(text, []byte(invisible)), []byte(invisible))
		}
		if len(text) == before {
			return text
		}
	}
}

func plural(n int) string {
	if n == 1 {
		return "1 line more"
	}
	return strconv.Itoa(n) + " lines more"
}
