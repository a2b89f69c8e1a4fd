package policy

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"

	"github.com/BurntSushi/toml"

	"userns-helpers/internal/forbidden"
)

// LongestFile bounds what is read of a policy, in bytes.
const LongestFile = forbidden.LongestFile

// Parse understands the text of a policy, for interfaces. The error is the first *Problem that refuses them.
func Parse(text []byte) (*Policy, error) {
	p, found := parse(text)
	for _, problem := range sorted(text, found) {
		if problem.Refuses != Maps {
			return nil, &problem
		}
	}
	return p, nil
}

// Check returns everything that is wrong with a policy, in the order of the file: what refuses interfaces, and what
// refuses maps. A file that is no TOML has one problem for each of the two parsers.
func Check(text []byte) []Problem {
	_, found := parse(text)
	problems := sorted(text, found)
	var wrong *forbidden.Error
	if _, err := forbidden.Parse(text); errors.As(err, &wrong) {
		problems = append(problems, Problem{wrong.Line, wrong.Text, Maps})
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return problems
}

// finding is a problem whose line is not known yet.
type finding struct {
	at      path
	problem Problem
}

// sorted gives findings their lines, and orders them by these.
func sorted(text []byte, found []finding) []Problem {
	var problems []Problem
	for _, f := range found {
		if f.at != nil {
			f.problem.Line = lineOf(text, f.at)
		}
		problems = append(problems, f.problem)
	}
	slices.SortStableFunc(problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	return problems
}

// decode parses TOML into maps.
func decode(text []byte) (map[string]any, error) {
	root := make(map[string]any)
	_, err := toml.Decode(string(text), &root)
	return root, err
}

// parse understands a policy as far as that goes, and finds what is wrong.
func parse(text []byte) (*Policy, []finding) {
	if len(text) > LongestFile {
		return nil, []finding{{problem: Problem{0, "the file is larger than " + strconv.Itoa(LongestFile) + " bytes", Both}}}
	}
	root, err := decode(text)
	if err != nil {
		return nil, []finding{{problem: notTOML(err)}}
	}
	b := &builder{policy: &Policy{text: text, bridges: make(map[string]table)}}
	for _, name := range slices.Sorted(maps.Keys(root)) {
		b.top(name, root[name])
	}
	return b.policy, b.found
}

// notTOML is the problem that the parser of TOML has.
func notTOML(err error) Problem {
	var syntax toml.ParseError
	if errors.As(err, &syntax) {
		return Problem{syntax.Position.Line, "not TOML: " + syntax.Message, Both}
	}
	return Problem{0, "not TOML: " + err.Error(), Both}
}
