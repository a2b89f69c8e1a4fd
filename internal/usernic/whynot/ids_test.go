package whynot

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/text/verdict"
)

// unprovoked are the reasons that no case provokes, and why no installed program can be made to give one of them.
func unprovoked() map[verdict.ID]string {
	return map[verdict.ID]string{
		"container-ended": "the namespace would have to end between two steps of the kernel's: hostile/target-goes-away tries",
		"create-failed":   "the kernel refuses no pair of which everything was checked, until memory runs out",
		"not-undone":      "the kernel deletes every interface that it has made a moment ago",
	}
}

// TestIDs: each reason has its entry in the manual, in this order, and a case whose row names it and is compared with the
// record.
func TestIDs(t *testing.T) {
	page, err := os.ReadFile("../../../man/lxc-user-nic.1")
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
		if strings.Contains(cases, `why: "`+string(id)+`"`) == excused {
			t.Errorf("%s: no case provokes it, or one does, and it stands among those that none does (%q)", id, why)
		}
	}
}

// rows are the sources of the suites whose rows name reasons.
func rows(t *testing.T) string {
	t.Helper()
	text := ""
	for _, suite := range []string{"blackbox/nics", "policy"} {
		files, err := filepath.Glob("../../../test/" + suite + "/*_test.go")
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
	}
	return text
}
