package hostcheck

import (
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/kernel/trusted"
	"userns-helpers/internal/usernsctl/finding"
)

const acceptedPath = "/etc/userns-helpers/accepted-findings"

// faulty is a host with one warning.
func faultyHost(t *testing.T) *fake {
	f := clean(t)
	f.add(t, "/etc/subuid", "dave:300000:10\n")
	return f
}

// TestAccepted: what is accepted does not count, and each line that accepts nothing is named.
func TestAccepted(t *testing.T) {
	for _, c := range []struct {
		name, text string
		status     int
		want       []string // besides the finding itself
	}{
		{"accepted", "# ours\nsubid-owner /etc/subuid:6 he comes next week\n", 0, nil},
		{"by the file", "subid-owner /etc/subuid he comes next week\n", 0, nil},
		{"elsewhere", "subid-owner /etc/subgid he comes\n", 1, []string{"note accepted-stale " + acceptedPath + ":1"}},
		{"no reason", "subid-owner /etc/subuid\n", 1, []string{"note accepted-file " + acceptedPath + ":1"}},
		{"unknown", "\nsubid-ovner /etc/subuid he comes\n", 1, []string{"note accepted-unknown " + acceptedPath + ":2"}},
		{"gone", "subid-owner * he comes\nsubid-zero * soon\n", 0, []string{"note accepted-stale " + acceptedPath + ":2"}},
		{"nothing", "", 1, nil},
	} {
		f := faultyHost(t)
		f.write(t, acceptedPath, c.text)
		report := f.look(t)
		if got := found(report); report.Status(finding.Warning) != c.status || !slices.Equal(got, append([]string{"warning subid-owner /etc/subuid:6"}, c.want...)) {
			t.Errorf("%s: status %d, %q", c.name, report.Status(finding.Warning), got)
		}
		if fine := slices.Contains(report.Files, finding.File{Path: "/etc/subuid", Fine: true}); fine != (c.status == 0) {
			t.Errorf("%s: %v", c.name, report.Files)
		}
	}
}

// TestAcceptedByOthers: nothing is accepted by a file that somebody other than root could have written, or that is too large.
func TestAcceptedByOthers(t *testing.T) {
	const text = "subid-owner * x\nfile-trust * x\naccepted-file * x\n"
	f := faultyHost(t)
	f.write(t, acceptedPath, text)
	f.distrusted[acceptedPath] = trusted.OtherOwner
	if got := f.look(t); got.Accepted() != 0 || got.Status(finding.Warning) != 1 {
		t.Errorf("%q", found(got))
	}
	f = faultyHost(t)
	f.write(t, acceptedPath, text+strings.Repeat("#\n", finding.LongestFile))
	if got := f.look(t); got.Accepted() != 0 || got.Status(finding.Error) != 2 {
		t.Errorf("%q %v", found(got), got.Unseen)
	}
}
