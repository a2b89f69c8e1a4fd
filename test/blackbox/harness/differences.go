package harness

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// Differences is the list of the ways in which our programs and the originals are known to behave differently:
// rows of tables in docs/compatibility.md that begin with an id, a letter and two digits:
//
//	| M07 | what the original does | what ours does | why |
//	| M08 | 4.13: what that release of the original does, and no other | what ours does | why |
//	| M09 | 4.17, 4.20: what these two do | what ours does | why |
//
// A suite reads the ids of its own letter.
type Differences struct {
	release string
	of      map[string][]string // the releases that a listed id is about; none: each
	shown   map[string]bool
}

var (
	row = regexp.MustCompile(`^\|\s*([A-Z][0-9]{2})\s*\|(.*)\|\s*$`)
	of  = regexp.MustCompile(`^\s*([0-9]+\.[0-9]+(?:, [0-9]+\.[0-9]+)*): `)
)

// ReadDifferences reads the rows whose id begins with letter, to judge that release of the original. It is an error if
// an id stands twice, or if a row does not say what the original does, what ours does, and why.
func ReadDifferences(path string, letter byte, release string) (*Differences, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the list of differences: %w", err)
	}
	d := &Differences{release: release, of: map[string][]string{}, shown: map[string]bool{}}
	for _, line := range strings.Split(string(text), "\n") {
		found := row.FindStringSubmatch(line)
		if found == nil || found[1][0] != letter {
			continue
		}
		if _, twice := d.of[found[1]]; twice {
			return nil, fmt.Errorf("%s: %s stands twice", path, found[1])
		}
		if !complete(found[2]) {
			return nil, fmt.Errorf("%s: %s needs four columns, none empty", path, found[1])
		}
		d.of[found[1]] = nil
		if only := of.FindStringSubmatch(found[2]); only != nil {
			d.of[found[1]] = strings.Split(only[1], ", ")
		}
	}
	return d, nil
}

func complete(columns string) bool {
	cells := strings.Split(strings.ReplaceAll(columns, `\|`, " "), "|")
	return len(cells) == 3 && !slices.ContainsFunc(cells, func(cell string) bool { return strings.TrimSpace(cell) == "" })
}

// Judge compares what a case says (ids, separated by blanks; "" for no difference) with what was seen, and returns what
// is wrong with it. Of the ids it is those of this release that count.
func (d *Differences) Judge(ids string, differs bool) error {
	here := false
	for _, id := range strings.Fields(ids) {
		only, listed := d.of[id]
		switch {
		case !listed:
			return fmt.Errorf("the case names difference %s, which docs/compatibility.md does not list", id)
		case !d.about(only):
			continue
		case !differs:
			return fmt.Errorf("no difference was seen, but the case names %s", id)
		}
		here, d.shown[id] = true, true
	}
	if differs && !here {
		return fmt.Errorf("an unexplained difference: fix it, or give it a row in docs/compatibility.md and name the row in the case")
	}
	return nil
}

// about says whether a row that names these releases, or none, is about the release that is judged.
func (d *Differences) about(releases []string) bool {
	return len(releases) == 0 || slices.Contains(releases, d.release)
}

// Here says whether an id is listed, and about the release that is judged.
func (d *Differences) Here(id string) bool {
	releases, listed := d.of[id]
	return listed && d.about(releases)
}

// Stale returns the ids in the list that are about this release, and that no case has shown, sorted.
func (d *Differences) Stale() []string {
	var out []string
	for id, only := range d.of {
		if d.about(only) && !d.shown[id] {
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}
