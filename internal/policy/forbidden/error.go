package forbidden

import "strconv"

// Fault is why a line, or the file, is not understood.
type Fault uint8

// The faults.
const (
	NoFault  Fault = iota
	NotRange       // neither an id nor a range
	Control        // has a control character
	TooLong        // has more than LongestLine bytes
	TooLarge       // the file has more than LongestFile bytes
)

// Error says why a file forbids everything.
type Error struct {
	Line  int // from 1; 0 is the whole file
	Fault Fault
	Text  string // of the line, at most LongestLine bytes; "" for TooLong and TooLarge
}

// Error names the line and the reason.
func (e *Error) Error() string {
	if e.Line == 0 {
		return e.Reason()
	}
	return "line " + strconv.Itoa(e.Line) + ": " + e.Reason()
}

// longestQuote is how many bytes of a line a message repeats.
const longestQuote = 48

// Reason says what is wrong, without the line.
func (e *Error) Reason() string {
	text := strconv.Quote(e.Text[:min(len(e.Text), longestQuote)])
	if len(e.Text) > longestQuote {
		text += "..."
	}
	switch e.Fault {
	case Control:
		return text + " contains a control character"
	case TooLong:
		return "the line is longer than " + strconv.Itoa(LongestLine) + " bytes"
	case TooLarge:
		return "the file is larger than " + strconv.Itoa(LongestFile) + " bytes"
	case NoFault, NotRange:
	}
	return text + " is not an ID or a range of IDs like 0-999 (at most 4294967295, the smaller first)"
}
