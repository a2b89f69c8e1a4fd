package nics

import (
	"strconv"

	"userns-helpers/internal/policy/plain"
)

// Fault names what is wrong in a policy; package policy/whynot has the words.
type Fault string

// The faults.
const (
	NotPlain     Fault = "not-plain"     // Syntax says why
	OtherFile    Fault = "other-file"    // it is about IDs that are never mapped
	UnknownTable Fault = "unknown-table" // none of the tables
	NotTable     Fault = "not-a-table"
	NotRules     Fault = "not-a-list-of-rules"
	UnknownKey   Fault = "unknown-key" // not one of this table
	NotSwitch    Fault = "not-true-or-false"
	NotRate      Fault = "not-a-rate"
	OutOfRange   Fault = "out-of-range" // not a number from Least to Most
	BadName      Fault = "bad-name"     // no user, group or bridge has it
	NotQuoted    Fault = "not-quoted"
	WithAt       Fault = "with-at"      // users and groups are named without @
	GroupNumber  Fault = "group-number" // a group is meant by its name
	NoSubject    Fault = "no-subject"   // a rule has neither a user nor a group, or both
	SetTwice     Fault = "set-twice"    // by an earlier rule for the same subject
)

// Problem is something wrong in a policy: lxc-user-nic makes no interface then. It is an error.
type Problem struct {
	Line        int // of the file, from 1; 0 is the whole file
	Fault       Fault
	Key         string // the key or the table, as the file has it; BadName: user, group or bridge
	Name        string // NotTable: the header that it has to have; BadName: the name
	Least, Most int64
	Syntax      *plain.Error
}

// Error names the line and the fault.
func (p *Problem) Error() string { return "line " + strconv.Itoa(p.Line) + ": " + string(p.Fault) }
