package idmap

import "userns-helpers/internal/text/verdict"

// Malformed is a command line that is wrong.
type Malformed struct {
	Why   verdict.ID
	Words []string // the arguments that are wrong; for NotTriples all of those that name ranges
}

// What is wrong with a command line.
const (
	NoProcess   verdict.ID = "no-process"   // it is empty
	BadProcess  verdict.ID = "bad-process"  // the first argument names no process
	NoRange     verdict.ID = "no-range"     // nothing follows the process
	NotTriples  verdict.ID = "not-triples"  // what follows is not a multiple of three
	NotANumber  verdict.ID = "not-a-number" // one argument of a triple is not
	OutOfBounds verdict.ID = "out-of-bounds"
)

// ID is what is wrong.
func (m *Malformed) ID() verdict.ID { return m.Why }

// Error is what is wrong.
func (m *Malformed) Error() string { return string(m.Why) }

func malformed(why verdict.ID, words ...string) *Malformed { return &Malformed{why, words} }
