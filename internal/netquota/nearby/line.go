package nearby

import (
	"bytes"
	"strconv"
	"strings"

	"userns-helpers/internal/netquota"
)

// Fault is why a line of lxc-usernet grants nothing, to anybody or to the user whom it means.
type Fault uint8

// The faults of a line, in the order in which they are looked for.
const (
	NoFault    Fault = iota // the line grants Rule.Number interfaces
	TooLong                 // more than 1024 bytes
	NUL                     // holds a NUL byte
	Separators              // has colons or other characters in place of blanks
	FewWords                // fewer than four words
	Behind                  // words follow the number
	BadNumber               // the last word is not a number
	Negative                // the number is negative
	TooLarge                // the number is above 4294967295
	NoOwner                 // the owner is "@" alone
	Zero                    // the number is 0
)

// The faults of a line that may grant something, but not to the user whom it seems to mean, or not there: see Nearby.
const (
	Mark       Fault = iota + Zero + 1 // a byte order mark stands in front of the owner
	Quoted                             // the owner is in quotation marks
	Case                               // the owner differs from the name in case
	UserID                             // the owner is the user id
	GroupID                            // the owner is @ and a number
	NoAt                               // the owner is a group of the user's, without @
	At                                 // the owner is the user, with @
	Type                               // the type is not veth
	Order                              // type and bridge have changed places
	BridgeCase                         // the bridge differs from the name in case
)

// ID is the name of the fault for programs; it never changes.
func (f Fault) ID() string {
	return [...]string{
		NoFault: "", TooLong: "too-long", NUL: "nul", Separators: "separators", FewWords: "few-words", Behind: "words-behind",
		BadNumber: "number", Negative: "negative", TooLarge: "too-large", NoOwner: "owner", Zero: "zero", Mark: "byte-order-mark",
		Quoted: "owner-quoted", Case: "owner-case", UserID: "owner-uid", GroupID: "owner-gid", NoAt: "owner-no-at", At: "owner-at",
		Type: "type", Order: "order", BridgeCase: "bridge-case",
	}[f]
}

// Why says what is wrong with the line. These are the words for all programs.
func (e Entry) Why() string {
	return [...]string{
		NoFault: "", TooLong: "it has more than 1024 bytes", NUL: "it holds a NUL byte",
		Separators: "blanks or tabs separate the fields, OWNER TYPE BRIDGE NUMBER, and nothing else does",
		FewWords:   "it does not have four fields, OWNER TYPE BRIDGE NUMBER",
		Behind:     "something follows the number; a comment begins with #",
		BadNumber:  "its last field is not a number from 0 to 4294967295",
		Negative:   "its last field is not a number from 0 to 4294967295, but negative", TooLarge: "its last field is not a number from 0 to 4294967295, but above",
		NoOwner: "@ has no group's name behind it", Zero: "its number is 0",
		Mark:    "an invisible byte order mark (U+FEFF) stands in front of the owner: save the file without one",
		Quoted:  "the owner is in quotation marks",
		Case:    "the owner is written in another case than the name",
		UserID:  "the owner is a user id, and only names count here",
		GroupID: "the owner is a group's number, and only names count here",
		NoAt:    "it is for the user of that name; for your group of that name there would be an @ in front",
		At:      "the owner is a user, and @ stands in front of groups only",
		Type:    "its type is not veth, the only one there is",

		Order:      "its fields are in another order than OWNER TYPE BRIDGE NUMBER",
		BridgeCase: "the bridge is written in another case than its name",
	}[e.Fault]
}

// Entry is what a line of lxc-usernet says.
type Entry struct {
	Line  int
	Rule  netquota.Rule // as far as it was understood
	Fault Fault
	Text  string // the line, or its beginning
}

const (
	kept   = 2 * netquota.LongestRule // bytes of a line that are looked at where it is too long to be read
	quoted = 80                       // bytes of a line that are kept for a message
)

// inspect says what a line says that is neither empty nor a comment.
func inspect(line []byte, number int) Entry {
	e := Entry{Line: number, Text: string(line[:min(len(line), quoted)])}
	var understood bool
	e.Rule, understood = netquota.ParseRule(line)
	switch {
	case !understood:
		e.Fault = faultOf(line)
	case e.Rule.Number == 0:
		e.Fault = Zero
	}
	return e
}

// faultOf says why ParseRule does not understand a line.
func faultOf(line []byte) Fault {
	switch {
	case len(line) > netquota.LongestRule:
		return TooLong
	case bytes.IndexByte(line, 0) >= 0:
		return NUL
	}
	words := bytes.FieldsFunc(netquota.WithoutComment(line), isBlank)
	switch {
	case len(words) < 4 && len(bytes.FieldsFunc(netquota.WithoutComment(line), isSeparator)) >= 4:
		return Separators
	case len(words) < 4:
		return FewWords
	}
	return faultOfNumber(words)
}

// faultOfNumber says what is wrong with the last of at least four words.
func faultOfNumber(words [][]byte) Fault {
	last := words[len(words)-1]
	_, err := strconv.ParseUint(string(last), 10, 32)
	_, fourth := strconv.ParseUint(string(words[3]), 10, 32)
	digits := len(bytes.Trim(last, "0123456789")) == 0
	switch {
	case err == nil:
		return NoOwner
	case len(words) > 4 && fourth == nil:
		return Behind
	case digits:
		return TooLarge
	case last[0] == '-' && len(last) > 1 && len(bytes.Trim(last[1:], "0123456789")) == 0:
		return Negative
	}
	return BadNumber
}

func isBlank(r rune) bool { return r == ' ' || r == '\t' }

// isSeparator reports whether people take a character for a separator.
func isSeparator(r rune) bool { return strings.ContainsRune(" \t\v\f\r:;,=|\u00a0\uff1a", r) }
