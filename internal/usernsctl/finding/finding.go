// Package finding is the vocabulary of a report on a host: what is wrong, what it means, and what could not be looked at.
package finding

import (
	"cmp"
	"slices"
	"strconv"
)

// Level says how much a finding matters.
type Level string

// The levels.
const (
	Error   Level = "error"   // something is granted that should not be, or does not work
	Warning Level = "warning" // a trap: it works, and not as it looks, or not for long
	Note    Level = "note"    // worth knowing; no finding for the exit status
)

// Levels are all levels, the gravest first.
func Levels() []Level { return []Level{Error, Warning, Note} }

// AtLeast reports whether a level matters as much as another, or more.
func (l Level) AtLeast(least Level) bool {
	return slices.Index(Levels(), l) <= slices.Index(Levels(), least)
}

// Finding is one thing that an administrator should know.
type Finding struct {
	ID       string   `json:"id"` // of the kind of finding, one of IDs
	Level    Level    `json:"level"`
	File     string   `json:"file,omitempty"`
	Line     int      `json:"line,omitempty"`     // of File, from 1; 0: the whole file
	Problem  string   `json:"problem"`            // what is so, in one clause
	Advice   string   `json:"advice"`             // what it means, and what to do
	Write    string   `json:"write,omitempty"`    // what to write in place of what is there, one or more lines; "" for nothing
	Fix      []string `json:"fix,omitempty"`      // commands for root's shell that put it right, in order; none where a person has to choose
	Users    []string `json:"users,omitempty"`    // whom it is about, by login names, where no line of File says it
	Accepted string   `json:"accepted,omitempty"` // why it is fine on this host: it does not count; "": nobody said so
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

// File is a file that was read to its end.
type File struct {
	Path string `json:"file"`
	Fine bool   `json:"ok"` // there is no error and no warning about it
}

// Report is what was found. The zero value is empty.
type Report struct {
	Findings []Finding `json:"findings"`
	Unseen   []Unseen  `json:"unseen"`
	Files    []File    `json:"files"`
}

// Add adds a finding. Commands that could not be pasted into a terminal as they are it leaves out, all of them.
func (r *Report) Add(f Finding) {
	if !pasteable(f.Fix) {
		f.Fix = nil
	}
	r.Findings = append(r.Findings, f)
}

// Miss adds what could not be looked at.
func (r *Report) Miss(what, why string) { r.Unseen = append(r.Unseen, Unseen{what, why}) }

// Read adds a file that was read, once; Finish finds out whether it is fine.
func (r *Report) Read(path string) {
	if !slices.ContainsFunc(r.Files, func(f File) bool { return f.Path == path }) {
		r.Files = append(r.Files, File{Path: path})
	}
}

// Finish sorts the findings by file and line, those about no file last, of one place the gravest first; and finds out
// which files are fine. A file of which something could not be looked at is not.
func (r *Report) Finish() {
	slices.SortStableFunc(r.Findings, func(a, b Finding) int {
		return cmp.Or(inFiles(a, b), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line),
			cmp.Compare(slices.Index(Levels(), a.Level), slices.Index(Levels(), b.Level)), cmp.Compare(a.ID, b.ID))
	})
	slices.SortFunc(r.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	bad := make(map[string]bool)
	for _, f := range r.Findings {
		bad[f.File] = bad[f.File] || f.counts(Warning)
	}
	for _, u := range r.Unseen {
		bad[u.What] = true
	}
	for i := range r.Files {
		r.Files[i].Fine = !bad[r.Files[i].Path]
	}
}

// inFiles compares by whether a finding is about a file.
func inFiles(a, b Finding) int {
	switch {
	case a.File != "" && b.File == "":
		return -1
	case a.File == "" && b.File != "":
		return 1
	}
	return 0
}

// counts reports whether a finding is of a level, or a graver one, and nobody accepted it.
func (f Finding) counts(least Level) bool { return f.Accepted == "" && f.Level.AtLeast(least) }

// Count is how many findings that nobody accepted have a level.
func (r *Report) Count(level Level) int {
	n := 0
	for _, f := range r.Findings {
		if f.Level == level && f.Accepted == "" {
			n++
		}
	}
	return n
}

// Accepted is how many findings somebody accepted.
func (r *Report) Accepted() int {
	n := 0
	for _, f := range r.Findings {
		if f.Accepted != "" {
			n++
		}
	}
	return n
}

// Status is the exit status of a program whose report this is, where findings of a level and graver ones count: 1 if
// there are errors, else 2 if something could not be looked at, else 1 if there is a finding that counts, else 0.
func (r *Report) Status(least Level) int {
	counts := func(level Level) bool {
		return slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.counts(level) })
	}
	switch {
	case counts(Error):
		return 1
	case len(r.Unseen) > 0:
		return 2
	case counts(least):
		return 1
	}
	return 0
}
