//go:build system

package maps

import (
	"fmt"
	"os"
	"slices"
	"strings"
)

// record is what the programs of one release of Debian's were seen to do, one line per case: name, tab, outcome.
type record struct {
	release   string
	text, now map[string]string
}

// readObserved reads the record of a release, which need not be there when one is to be written.
func readObserved(folder, release string) (*record, error) {
	r := &record{release, map[string]string{}, map[string]string{}}
	text, err := os.ReadFile(folder + "/debian-" + release + ".txt")
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

// write replaces the record at path by what was seen now.
func (r *record) write(path string) error {
	lines := []string{"# What Debian's uidmap " + r.release + " does in each case; written by `run -record`, compared by every other run."}
	for name, outcome := range r.now {
		lines = append(lines, name+"\t"+outcome)
	}
	slices.Sort(lines[1:])
	return os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}

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
