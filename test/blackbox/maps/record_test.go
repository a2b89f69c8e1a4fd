//go:build system

package maps

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// record is what the programs of one release of Debian's were seen to do, one line per case: name, tab, outcome. The record
// of the oldest release has a line where that is not what the case says of ours; that of another one, where it is not what
// the release before it does, and "=" for what the case says. So each difference is on record once.
type record struct {
	release string
	before  map[string]string // what the release before it does; nothing where there is none
	text    map[string]string // what this one does by the file and by before; no line: what the case says
	now     map[string]string // of the cases that ran: the outcome, or "" for what the case says
}

// asTheCase is what a record says where the case says it already.
const asTheCase = "="

// readObserved reads the record of the last of some releases, whose file need not be there when one is to be written.
func readObserved(directory string, releases []string) (*record, error) {
	r := &record{before: map[string]string{}, text: map[string]string{}, now: map[string]string{}}
	for i, release := range releases {
		r.release, r.before = release, maps.Clone(r.text)
		text, err := os.ReadFile(directory + "/debian-" + release + ".txt")
		if err != nil && (*recordFlag == "" || i < len(releases)-1) {
			return nil, fmt.Errorf("the record of Debian's behaviour: %w", err)
		}
		r.apply(string(text))
	}
	return r, nil
}

// apply changes what is known of the release before to what a record says.
func (r *record) apply(text string) {
	for line := range strings.SplitSeq(text, "\n") {
		if name, outcome, found := strings.Cut(line, "\t"); found {
			r.text[name] = outcome
		}
	}
	maps.DeleteFunc(r.text, func(_, outcome string) bool { return outcome == asTheCase })
}

// judge compares what Debian's program did in case c with the record, or takes note of it for write.
func (r *record) judge(c check, debian outcome) error {
	does, recorded := "", r.text[c.name]
	if debian != c.want() {
		does = debian.String()
	}
	r.now[c.name] = does
	if *recordFlag != "" || does == recorded {
		return nil
	}
	const as = "what the case says"
	return fmt.Errorf("does something else than recorded:\n  recorded %s\n  now      %s", orElse(recorded, as), orElse(does, as))
}

func orElse(text, instead string) string {
	if text == "" {
		return instead
	}
	return text
}

// write puts what was seen now into the record, beside what it has of cases that did not run.
func (r *record) write(path string) error {
	merged := maps.Clone(r.text)
	maps.Copy(merged, r.now)
	names := map[string]bool{}
	for _, outcomes := range []map[string]string{merged, r.before} {
		for name := range outcomes {
			names[name] = true
		}
	}
	lines := []string{"# What Debian's uidmap " + r.release + " does, as record_test.go says; test/run maps -record writes it."}
	for name := range names {
		if merged[name] != r.before[name] {
			lines = append(lines, name+"\t"+orElse(merged[name], asTheCase))
		}
	}
	slices.Sort(lines[1:])
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// unused are the names in the record, and in those that it builds on, that are no case's.
func (r *record) unused(names map[string]bool) []string {
	var out []string
	for _, outcomes := range []map[string]string{r.text, r.before} {
		for name := range outcomes {
			if !names[name] {
				out = append(out, name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
