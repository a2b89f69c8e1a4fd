package whynot

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/text/verdict"
)

// unprovoked are the reasons that no case provokes, and why no installed program can be made to give one of them here.
func unprovoked() map[verdict.ID]string {
	return map[verdict.ID]string{
		"fd-not-passed": "the runtime keeps no descriptor where the entry point is the programs' own",
		"proc-gid":      "a kernel of today shows the group of a process whatever the option gid= of its /proc says",
		"environment":   "the installed programs' entry point empties it; hostile runs a build without one",
	}
}

// TestIDs: each reason has its entry in the manual, and a case whose row names it and is compared with the record; and the
// manual has no other.
func TestIDs(t *testing.T) {
	ids := declared(t)
	for _, v := range processIDs {
		ids = append(ids, v)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	var documented []verdict.ID
	for _, line := range strings.Split(read(t, "../../../man/newuidmap.1"), "\n") {
		if id, is := strings.CutPrefix(line, ".It Sy "); is {
			documented = append(documented, verdict.ID(id))
		}
	}
	slices.Sort(documented)
	if len(ids) < 50 || !slices.Equal(documented, ids) {
		t.Errorf("DIAGNOSTICS has %q, the programs have %q", documented, ids)
	}
	cases := read(t, "../../../test/blackbox/maps/cases_*_test.go")
	for _, id := range ids {
		why, excused := unprovoked()[id]
		if strings.Contains(cases, `"`+string(id)+`"`) == excused {
			t.Errorf("%s: no case provokes it, or one does, and it stands among those that none does (%q)", id, why)
		}
	}
	for id := range unprovoked() {
		if !slices.Contains(ids, id) {
			t.Errorf("%s is no reason", id)
		}
	}
}

var declaration = regexp.MustCompile(`verdict\.ID *= "([a-z-]+)"`)

// declared are the ids that the packages declare.
func declared(t *testing.T) (ids []verdict.ID) {
	t.Helper()
	for _, match := range declaration.FindAllStringSubmatch(read(t, "*.go")+read(t, "../../idmap/*.go")+read(t, "../../subid/source/*.go"), -1) {
		ids = append(ids, verdict.ID(match[1]))
	}
	return ids
}

// read is the text of files.
func read(t *testing.T, pattern string) string {
	t.Helper()
	text := ""
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatal(pattern, err)
	}
	for _, file := range files {
		part, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text += string(part)
	}
	return text
}
