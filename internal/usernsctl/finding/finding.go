// Package finding is the vocabulary of a report on a host: what is wrong, what it means, and what could not be looked at.
package finding

import "strconv"

// Level says how much a finding matters.
type Level string

// The levels.
const (
	Error   Level = "error"   // something is granted that should not be, or does not work
	Warning Level = "warning" // a trap: it works, and not as it looks, or not for long
	Note    Level = "note"    // worth knowing; no finding for the exit status
)

// Finding is one thing that an administrator should know.
type Finding struct {
	ID      string `json:"id"` // of the kind of finding, the same in each release: "subid-overlap"
	Level   Level  `json:"level"`
	File    string `json:"file,omitempty"`
	Line    int    `json:"line,omitempty"`  // of File, from 1; 0: the whole file
	Problem string `json:"problem"`         // what is so, in one clause
	Advice  string `json:"advice"`          // what it means, and what to do
	Write   string `json:"write,omitempty"` // what to write in place of what is there, one or more lines; "" for nothing
}

// Where is the place as editors understand it: "/etc/subuid:3"; "" if it is not in a file.
func (f Finding) Where() string {
	if f.Line == 0 {
		return f.File
	}
	return f.File + ":" + strconv.Itoa(f.Line)
}

// Unseen is something that could not be looked at.
type Unseen struct {
	What string `json:"what"` // "/etc/sssd/sssd.conf"
	Why  string `json:"why"`  // "permission denied: needs root"
}

// Report is what was found. The zero value is empty.
type Report struct {
	Findings []Finding `json:"findings"`
	Unseen   []Unseen  `json:"unseen"`
}

// Add adds a finding.
func (r *Report) Add(f Finding) { r.Findings = append(r.Findings, f) }

// Miss adds what could not be looked at.
func (r *Report) Miss(what, why string) { r.Unseen = append(r.Unseen, Unseen{what, why}) }

// Count is how many findings have a level.
func (r *Report) Count(level Level) int {
	n := 0
	for _, f := range r.Findings {
		if f.Level == level {
			n++
		}
	}
	return n
}

// Status is the exit status of a program whose report this is: 2 if something could not be looked at, else 1 if there
// are errors or warnings, else 0.
func (r *Report) Status() int {
	switch {
	case len(r.Unseen) > 0:
		return 2
	case r.Count(Error)+r.Count(Warning) > 0:
		return 1
	}
	return 0
}
