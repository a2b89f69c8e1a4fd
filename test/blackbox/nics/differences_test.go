//go:build system

package nics

import (
	"regexp"
	"slices"
	"strings"
)

// chance ends what a row says of a case that wins or loses a race against the original: its difference need not show every
// time. Each such case has another beside it, under the same id, that shows it every time.
const chance = ", by chance"

func (c testCase) byChance() bool { return strings.HasSuffix(c.differs, chance) }

// differs are the aspects of a case in which the original fails, each with its id in docs/compatibility.md.
type differs map[string]string

// differences reads what the row says: pairs of an id and an aspect, with commas between.
func (c testCase) differences() differs {
	out := differs{}
	for pair := range strings.SplitSeq(strings.TrimSuffix(c.differs, chance), ", ") {
		if id, aspect, ok := strings.Cut(pair, " "); ok {
			out[aspect] = id
		}
	}
	return out
}

var rowForm = regexp.MustCompile(`^(N\d\d [a-z0-9]+(, |$))*$`)

// wellFormed says whether the row can be read, and names no aspect twice.
func (c testCase) wellFormed() bool {
	text := strings.TrimSuffix(c.differs, chance)
	return rowForm.MatchString(text) && strings.Count(text, " ") == max(0, 2*len(c.differences())-1)
}

// unlike is the case with what its row says of the original.
func (c testCase) unlike(differs string) testCase {
	c.differs = differs
	return c
}

// listed are the ids of the row, sorted, with commas between.
func (c testCase) listed() string {
	var ids []string
	for _, id := range c.differences() {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), ",")
}
