package slips

import "strconv"

// Fault is why a line grants nothing, to anybody or to the one whom it means.
type Fault uint8

// The faults of a line, in the order in which they are looked for.
const (
	NoFault    Fault = iota // the line grants Range to Owner
	NIS                     // begins with + or -: it was for the Network Information Service
	TooLong                 // 1024 bytes or more
	NUL                     // holds a NUL byte
	Separators              // has blanks or other characters in the place of colons
	FirstLast               // has the first and the last id in the place of start and count
	EmptyField              // has two colons side by side, and so too many fields
	Fields                  // does not have three fields
	NoOwner                 // the owner is empty, or a user id that is written with leading zeros or too large
	BadStart                // the start is not a number
	BadCount                // the count is not a number
	Comment                 // a comment follows in the same line
	Blank                   // a blank follows a number
	Foreign                 // a number has characters that are not ASCII, as no-break spaces or the digits of another script
	Grouped                 // a number has separators between its digits
	NotOctal                // a number begins with 0, which makes it octal, and has an 8 or a 9
	Negative                // a number is negative
	Zero                    // the count is 0
	Beyond                  // the range reaches beyond 2^32
)

// The faults of a line that grants something, but not to the user whom it seems to mean: see Slips.
const (
	Mark    Fault = iota + Beyond + 1 // a byte order mark stands in front of the owner
	Spaced                            // blanks stand around the owner
	Quoted                            // the owner is in quotation marks
	At                                // the owner has @ in front, as groups have in other files
	Case                              // the owner differs from the login name in case
	Digits                            // the owner is a user id, and the login name looks like it
	GroupID                           // the owner is a user id, and the number is that of the user's group
	Octal                             // grants, but not what it seems to: a number with a leading 0 is octal
)

// ID is the name of the fault for programs; it never changes.
func (f Fault) ID() string {
	return [...]string{
		NoFault: "", NIS: "nis", TooLong: "too-long", NUL: "nul", Separators: "separators", FirstLast: "first-last", EmptyField: "empty-field",
		Fields: "fields", NoOwner: "owner", BadStart: "start", BadCount: "count", Comment: "comment", Blank: "blank", Foreign: "not-ascii",
		Grouped: "grouped", NotOctal: "not-octal", Negative: "negative", Zero: "zero", Beyond: "beyond", Mark: "byte-order-mark", Spaced: "owner-blank",
		Quoted: "owner-quoted", At: "owner-at", Case: "owner-case", Digits: "owner-digits", GroupID: "owner-gid", Octal: "octal",
	}[f]
}

// Why says what is wrong with the line. These are the words for all programs.
func (e Entry) Why() string {
	field := e.field()
	switch e.Fault {
	case NIS:
		return "it begins with + or -, as lines for NIS did"
	case TooLong:
		return "it has 1024 bytes or more"
	case NUL:
		return "it holds a NUL byte"
	case Separators:
		return "colons separate the fields, OWNER:START:COUNT, and nothing else does"
	case FirstLast:
		return "it has a first and a last id, and wants a start and a count: OWNER:START:COUNT"
	case EmptyField:
		return "two colons stand side by side"
	case Fields:
		return "it does not have three fields, OWNER:START:COUNT"
	case NoOwner:
		return "the owner is neither a login name nor a user id in decimal without leading zeros"
	case BadStart, BadCount:
		return field + " is not a number"
	case Comment:
		return "a comment follows " + field + ": comments have lines of their own"
	case Blank:
		return "a blank follows " + field
	case Foreign:
		return field + " has characters that are not ASCII, such as a no-break space or digits of another script"
	case Grouped:
		return field + " has separators between its digits"
	case NotOctal:
		return field + " begins with 0, so it is octal, and has an 8 or a 9"
	case Negative:
		return field + " is negative"
	case Zero:
		return "the count is 0"
	case Beyond:
		return "the range reaches beyond 4294967295, the last id there can be"
	default:
		return e.whyNot()
	}
}

// field is which number is at fault.
func (e Entry) field() string {
	if e.Count {
		return "the count"
	}
	return "the start"
}

// whyNot is Why for a line that grants something, and not what it seems to.
func (e Entry) whyNot() string {
	switch e.Fault {
	case Mark:
		return "an invisible byte order mark (U+FEFF) stands in front of the owner: save the file without one"
	case Spaced:
		return "a blank stands beside the owner"
	case Quoted:
		return "the owner is in quotation marks"
	case At:
		return "the owner has @ in front: groups have no ranges, users do"
	case Case:
		return "the owner is written in another case than the login name"
	case Digits:
		return "an owner of digits is a user id, never a login name: write the user id"
	case GroupID:
		return "an owner of digits is a user id, never a group id: write the login name"
	case Octal:
		return "a number with a leading 0 is octal: the line grants " + e.Range.String()
	default:
		return ""
	}
}

// append appends `line 3 ("alice:1:1 ") grants nothing: why` to text.
func (e Entry) append(text []byte) []byte {
	text = strconv.AppendInt(append(text, "line "...), int64(e.Line), 10)
	text = strconv.AppendQuote(append(text, " ("...), e.Text)
	text = append(text, ')')
	if e.Fault != Octal {
		text = append(text, " grants nothing"...)
		if e.Fault > Beyond {
			text = append(text, " to this user"...)
		}
	}
	return append(append(text, ": "...), e.Why()...)
}
