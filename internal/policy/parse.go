package policy

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"userns-helpers/internal/forbidden"
	"userns-helpers/internal/plain"
)

// LongestFile bounds what is read of a policy, in bytes.
const LongestFile = plain.LongestFile

// Parse understands the text of a policy, for interfaces. The error is the first *Problem that refuses them.
func Parse(text []byte) (*Policy, error) {
	p, problems := parse(text)
	for _, problem := range problems {
		if problem.Refuses != Maps {
			return nil, &problem
		}
	}
	return p, nil
}

// Check returns everything that is wrong with a policy, in the order of the file: what refuses interfaces, and the first
// that refuses maps.
func Check(text []byte) []Problem {
	_, problems := parse(text)
	var wrong *forbidden.Error
	_, err := forbidden.Parse(text)
	known := slices.ContainsFunc(problems, func(p Problem) bool { return p.Refuses == Both })
	if errors.As(err, &wrong) && !known {
		problems = append(problems, Problem{wrong.Line, wrong.Text, Maps})
	}
	return sorted(problems)
}

// sorted orders problems by their lines.
func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return problems
}

// parse understands a policy as far as that goes, and finds what is wrong.
func parse(text []byte) (*Policy, []Problem) {
	document, err := plain.Parse(text)
	var wrong *plain.Error
	if errors.As(err, &wrong) {
		return nil, []Problem{{wrong.Line, wrong.Text, Both}}
	}
	b := &builder{policy: &Policy{document: document, bridges: make(map[string]table)}}
	for _, name := range slices.Sorted(maps.Keys(document.Root)) {
		b.top(name, document.Root[name])
	}
	return b.policy, sorted(b.found)
}
