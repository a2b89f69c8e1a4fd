package main

import "regexp"

// fault is something that is said wrongly.
type fault struct{ words, better string }

// rule finds words, unless what is around them shows that they are right.
type rule struct{ wrong, right, better string }

// rules are the patterns that came up again and again, each as narrow as it takes to be never wrong itself.
func rules() []rule {
	return []rule{
		{`\bfolders?\b`, ``, "directory"},
		{`\bfor ever\b`, ``, "forever, without end"},
		{`\bmeanwhile\b`, ``, "in the meantime, during that time; or leave it out"},
		{`(?-i:\b([Hh]e|[Hh]im|[Hh]is|[Hh]imself)\b)`, ``, "they, them, their, themselves"},
		{`\bshall\b`, ``, "must, will, should"},
		{`\b(it|that|which|one|number|file|bridge|this|others) (is|are) none\b`, `\bis none of\b`, "is not one, is not a ..."},
		{`\b(has|have) not (an?|any|the|one|two|three|four|fewer|more|mode|enough)\b`, ``, "does not have"},
		{`\b(blanks?|comment|text|words?|dash|comma|bytes?|newline|fields?|digits|slash|stands?|comes?|written|arguments?) behind\b`, ``, "after"},
		{`\bnothing behind the\b`, ``, "after"},
		{`\b(belongs?|stands?) into\b`, ``, "belongs in, is only valid in"},
		{`\b(on|at) this occasion\b`, ``, "at the same time"},
		{`\bshared out\b`, ``, "divided"},
		{`\bbe rid of\b`, ``, "evade, lose"},
		{`\bas long as it is so\b`, ``, "until this is fixed"},
	}
}

// expressions are the rules, compiled.
type expressions []struct{ wrong, right *regexp.Regexp }

func compiled() expressions {
	var all expressions
	for _, r := range rules() {
		right := r.right
		if right == "" {
			right = `$^` // nothing
		}
		all = append(all, struct{ wrong, right *regexp.Regexp }{regexp.MustCompile(`(?i)` + r.wrong), regexp.MustCompile(`(?i)` + right)})
	}
	return all
}

// faults are those of a line.
func (e expressions) faults(text string) []fault {
	var found []fault
	for i, c := range e {
		if words := c.wrong.FindString(text); words != "" && !c.right.MatchString(text) {
			found = append(found, fault{words, rules()[i].better})
		}
	}
	return found
}
