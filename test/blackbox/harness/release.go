package harness

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

var upstream = regexp.MustCompile(`^(?:[0-9]+:)?([0-9]+\.[0-9]+)`)

// Release returns the release of the original in the version of a Debian package: 4.17 in 1:4.17.4-2. What a package
// changes within a release is a difference like any other. "" for a version of another form.
func Release(version string) string {
	found := upstream.FindStringSubmatch(version)
	if found == nil {
		return ""
	}
	return found[1]
}

// Known says whether a suite knows what the original does in the release of that version; if not, it prints so, for
// then only ours is checked.
func Known(name, version string, releases []string) bool {
	if slices.Contains(releases, Release(version)) {
		return true
	}
	fmt.Printf("%s %s is not of the known releases (%s): only ours is checked\n", name, version, strings.Join(releases, ", "))
	return false
}
