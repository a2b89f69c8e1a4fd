//go:build system

package maps

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// record is what the programs of one release of Debian's were seen to do where it is not what the case says of ours, one
// line per case: name, tab, outcome. What is in no line they do as the case says.
type record struct {
	release string
	text    map[string]string // as the file has it
	now     map[string]string // of the cases that ran: the outcome, or "" for what the case says
}

// readObserved reads the record of a release, which need not be there when one is to be written.
func readObserved(directory, release string) (*record, error) {
	r := &record{release, map[string]string{}, map[string]string{}}
	text, err := os.ReadFile(directory + "/debian-" + release + ".txt")
	if err != nil && *recordFlag == "" {
		return nil, fmt.Errorf("the record of Debian's behaviour: %w", err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if name, outcome, found := strings.Cut(line, "\t"); found {
			r.text[name] = outcome
		}
	}
	return r, nil
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
	lines := []string{"# Where Debian's uidmap " + r.release + " does something else than a case says of ours; test/run maps -record writes it."}
	for name, outcome := range merged {
		if outcome != "" {
			lines = append(lines, name+"\t"+outcome)
		}
	}
	slices.Sort(lines[1:])
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

// unused are the names in the record that are no case's.
func (r *record) unused(names map[string]bool) []string {
	var out []string
	for name := range r.text {
		if !names[name] {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}
