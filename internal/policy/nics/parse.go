package nics

import (
	"cmp"
	"errors"
	"maps"
	"slices"

	"userns-helpers/internal/policy/plain"
)

// LongestFile bounds what is read of a policy, in bytes.
const LongestFile = plain.LongestFile

// Parse understands the text of a policy. The error is the first *Problem.
func Parse(text []byte) (*Policy, error) {
	p, problems := ParseAll(text)
	if len(problems) > 0 {
		return nil, &problems[0]
	}
	return p, nil
}

// sorted orders problems by their lines.
func sorted(problems []Problem) []Problem {
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return problems
}

// ParseAll is Parse with everything that is wrong, in the order of the file. There is no policy where anything is.
func ParseAll(text []byte) (*Policy, []Problem) {
	document, err := plain.Parse(text)
	var wrong *plain.Error
	if errors.As(err, &wrong) {
		return nil, []Problem{{Line: wrong.Line, Fault: NotPlain, Syntax: wrong}}
	}
	b := &builder{policy: &Policy{document: document, bridges: make(map[string]table)}}
	for _, name := range slices.Sorted(maps.Keys(document.Root)) {
		b.top(name, document.Root[name])
	}
	if len(b.found) == 0 {
		b.together()
	}
	if len(b.found) > 0 {
		return nil, sorted(b.found)
	}
	return b.policy, nil
}
