package whynot

import (
	"os"
	"path/filepath"
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

// TestIDs: each reason has its entry in the manual, in this order, and a case whose row names it and is compared with the
// record.
func TestIDs(t *testing.T) {
	page, err := os.ReadFile("../../../man/newuidmap.1")
	if err != nil {
		t.Fatal(err)
	}
	var documented []verdict.ID
	for _, line := range strings.Split(string(page), "\n") {
		if id, is := strings.CutPrefix(line, ".It Sy "); is {
			documented = append(documented, verdict.ID(id))
		}
	}
	if !slices.Equal(documented, IDs()) {
		t.Errorf("DIAGNOSTICS has %q, IDs has %q", documented, IDs())
	}
	cases := rows(t)
	for _, id := range IDs() {
		why, excused := unprovoked()[id]
		if strings.Contains(cases, `"`+string(id)+`"`) == excused {
			t.Errorf("%s: no case provokes it, or one does, and it stands among those that none does (%q)", id, why)
		}
	}
}

// rows are the sources of the suite whose rows name reasons.
func rows(t *testing.T) string {
	t.Helper()
	text := ""
	files, err := filepath.Glob("../../../test/blackbox/maps/cases_*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
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
