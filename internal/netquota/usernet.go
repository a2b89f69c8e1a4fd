package netquota

import (
	"bytes"
	"io"
	"math"
	"slices"
	"strconv"

	"userns-helpers/internal/text/ifname"
	"userns-helpers/internal/text/lines"
)

// LongestRule bounds a line of lxc-usernet: a name of 255 bytes, a bridge of 15, a number, and room for blanks.
const LongestRule = 1024

// Rule is one understood line of lxc-usernet.
type Rule struct {
	Owner  string
	Place  Place
	Number uint64
}

// ParseRule understands a line of lxc-usernet(5): owner, type, bridge and number, separated by blanks and tabs, with
// blanks before and a comment after it (# at the start of a word, or right after the number, as LXC's helper has it), and
// perhaps a carriage return at the end. The owner is what stands before the last three words, so that it may hold blanks,
// as names from a directory do.
//
// It returns false for an empty line, a comment, and for a line that cannot be understood: fewer than four words, a NUL
// byte, more than 1024 bytes, or a number that is negative, not decimal or above 4294967295. Such a line grants nothing.
func ParseRule(line []byte) (Rule, bool) {
	line = lines.WithoutReturn(line)
	if len(line) > LongestRule || bytes.IndexByte(line, 0) >= 0 {
		return Rule{}, false
	}
	line = WithoutComment(line)
	line, number := lastWord(line)
	line, bridge := lastWord(line)
	line, kind := lastWord(line)
	owner := bytes.Trim(line, Blanks)
	n, err := strconv.ParseUint(string(number), 10, 32)
	if len(owner) == 0 || string(owner) == "@" || err != nil {
		return Rule{}, false
	}
	return Rule{string(owner), Place{string(kind), string(bridge)}, n}, true
}

// Blanks separate the words of a line.
const Blanks = " \t"

// WithoutComment cuts line at the first # that starts a word, or follows the number at once.
func WithoutComment(line []byte) []byte {
	for i, b := range line {
		if b == '#' && (i == 0 || line[i-1] == ' ' || line[i-1] == '\t' || endsInNumber(line[:i])) {
			return line[:i]
		}
	}
	return line
}

// endsInNumber reports whether a line is whole: the last of its words, of which the third from the end is the type, is a
// number. A bridge may have digits and a # in its name.
func endsInNumber(line []byte) bool {
	before, number := lastWord(line)
	before, _ = lastWord(before)
	before, kind := lastWord(before)
	return len(number) > 0 && len(bytes.Trim(number, "0123456789")) == 0 && string(kind) == ifname.Veth && len(bytes.Trim(before, Blanks)) > 0
}

// lastWord splits the last word off.
func lastWord(line []byte) (before, word []byte) {
	line = bytes.TrimRight(line, Blanks)
	i := bytes.LastIndexAny(line, Blanks) + 1
	return line[:i], line[i:]
}

// Allotments returns what the lines of usernet grant to who at place, in the order in which interfaces are charged: that
// of the file. Lines of one owner add up. A line without an owner, or for 0 interfaces, is left out.
//
// The only errors are the reader's; no allotment means that nothing is granted.
func Allotments(usernet io.Reader, who Account, place Place) ([]Allotment, error) {
	var allotments []Allotment
	r := lines.New(usernet, LongestRule+1) // and a carriage return
	for line, ok := r.Next(); ok; line, ok = r.Next() {
		rule, understood := ParseRule(line)
		if understood && rule.Number > 0 && rule.Place == place && who.Owns(rule.Owner) {
			allotments = add(allotments, rule, r.Number())
		}
	}
	return allotments, r.Err()
}

// Owns reports whether a line of that owner applies to the account.
func (a Account) Owns(owner string) bool {
	if owner[0] == '@' {
		return slices.Contains(a.Groups, owner[1:])
	}
	return slices.Contains(a.Names, owner)
}

// add adds the number of a rule to the allotment of its owner.
func add(allotments []Allotment, rule Rule, line int) []Allotment {
	for i := range allotments {
		if allotments[i].Owner == rule.Owner {
			allotments[i].Quota = saturated(allotments[i].Quota, rule.Number)
			return allotments
		}
	}
	return append(allotments, Allotment{rule.Owner, rule.Place, rule.Number, line})
}

// saturated is a+b, at most the greatest number.
func saturated(a, b uint64) uint64 {
	if a > math.MaxUint64-b {
		return math.MaxUint64
	}
	return a + b
}
