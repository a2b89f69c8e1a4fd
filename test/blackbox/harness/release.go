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

// Unknown returns what a suite has to print before it checks ours alone, because it does not know what the original does
// in the release of that version; "" when the release is one of those it knows.
func Unknown(name, version string, releases []string) string {
	if slices.Contains(releases, Release(version)) {
		return ""
	}
	return fmt.Sprintf("%s %s is not of the known releases (%s): only ours is checked", name, version, strings.Join(releases, ", "))
}
