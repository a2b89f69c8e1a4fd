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

// Error names the line.
func (e *Error) Error() string { return "line " + strconv.Itoa(e.Line) + " is not understood" }
