package finding

import (
	"slices"
	"strconv"
	"strings"
)

// Acceptance says that findings are fine on a host, and why: a line of accepted-findings,
//
//	ID PLACE REASON
//
// where PLACE is a file, a file and a line of it as in /etc/subuid:3, - for what is about no file, or * for anywhere.
type Acceptance struct {
	ID, Place, Reason string
	Line              int // of the file, from 1
}

// Bounds of accepted-findings: more would hide a host.
const (
	mostAccepted = 1000 // lines that accept
	LongestFile  = 1 << 18
)

// Acceptances reads accepted-findings. Empty lines and those that begin with # say nothing; wrong has the numbers of lines that
// are of another form, and of those that are too many.
func Acceptances(text string) (all []Acceptance, wrong []int) {
	number := 0
	for line := range strings.Lines(text) {
		number++
		words := strings.Fields(line)
		switch {
		case len(words) == 0 || words[0][0] == '#':
		case len(words) < 3 || !isPlace(words[1]) || len(all) == mostAccepted:
			wrong = append(wrong, number)
		default:
			all = append(all, Acceptance{words[0], words[1], strings.Join(words[2:], " "), number})
		}
	}
	return all, wrong
}

func isPlace(word string) bool { return word == "*" || word == "-" || word[0] == '/' }

// Known reports whether there are findings of that name.
func (a Acceptance) Known() bool { return slices.Contains(IDs(), a.ID) }

// covers reports whether a finding is meant.
func (a Acceptance) covers(f Finding) bool {
	if a.ID != f.ID {
		return false
	}
	switch a.Place {
	case "*":
		return true
	case "-":
		return f.File == ""
	}
	return a.Place == f.File || f.Line > 0 && a.Place == f.File+":"+strconv.Itoa(f.Line)
}

// Accept marks the findings that are accepted, each by the first line that does; stale are the acceptances of known findings
// that nothing was found for.
func (r *Report) Accept(all []Acceptance) (stale []Acceptance) {
	byID := make(map[string][]int)
	for i, a := range all {
		byID[a.ID] = append(byID[a.ID], i)
	}
	used := make([]bool, len(all))
	for i := range r.Findings {
		f := &r.Findings[i]
		for _, j := range byID[f.ID] {
			if all[j].covers(*f) {
				used[j] = true
				if f.Accepted == "" {
					f.Accepted = all[j].Reason
				}
			}
		}
	}
	for i, a := range all {
		if !used[i] && a.Known() {
			stale = append(stale, a)
		}
	}
	return stale
}
