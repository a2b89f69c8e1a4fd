package finding

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestAcceptances(t *testing.T) {
	for text, want := range map[string]string{
		"": "[] []",
		"# a comment\n\n \t\nsubid-owner /etc/subuid gone, ops-12\n":                  "[{subid-owner /etc/subuid gone, ops-12 4}] []",
		"limits-memory - one tenant\nprogram-hidden * \t meant  so\n":                 "[{limits-memory - one tenant 1} {program-hidden * meant so 2}] []",
		"subid-owner /etc/subuid\n":                                                   "[] [1]", // no reason
		"subid-owner\n":                                                               "[] [1]",
		"subid-owner subuid because\n":                                                "[] [1]", // no place
		"subid-owner /etc/subuid:3 because\r\n":                                       "[{subid-owner /etc/subuid:3 because 1}] []",
		strings.Repeat("subid-owner * x\n", mostAccepted) + "subid-owner * y\n# ok\n": "1000 [1001]",
	} {
		all, wrong := Acceptances(text)
		got := fmt.Sprint(all, wrong)
		if len(all) > 10 {
			got = fmt.Sprint(len(all), wrong)
		}
		if got != want {
			t.Errorf("%.60q: %s, want %s", text, got, want)
		}
	}
}

// TestAccept: an acceptance is for one kind of finding in one place, and no other.
func TestAccept(t *testing.T) {
	for _, c := range []struct {
		lines string
		want  string // the accepted findings
		stale int
	}{
		{"", "", 0},
		{"subid-owner /etc/subuid why\n", "0 1", 0},
		{"subid-owner /etc/subuid:3 why\n", "0", 0},
		{"subid-owner /etc/subuid:33 why\n", "", 1},
		{"subid-owner /etc/subgid why\nsubid-owner /etc/sub why\n", "2", 1},
		{"subid-owner * why\n", "0 1 2", 0},
		{"limits-memory - why\n", "3", 0},
		{"limits-memory /etc/subuid why\n", "", 1},
		{"subid-owner - why\n", "", 1},
		{"no-such-finding * why\n", "", 0}, // unknown, which is not stale
		{"subid-owner * why\nsubid-owner /etc/subuid:3 other\n", "0 1 2", 0},
	} {
		r := Report{Findings: []Finding{
			{ID: "subid-owner", File: "/etc/subuid", Line: 3, Level: Warning},
			{ID: "subid-owner", File: "/etc/subuid", Line: 4, Level: Warning},
			{ID: "subid-owner", File: "/etc/subgid", Line: 3, Level: Warning},
			{ID: "limits-memory", Level: Note},
			{ID: "subid-zero", File: "/etc/subuid", Line: 3, Level: Error},
		}}
		all, _ := Acceptances(c.lines)
		stale := r.Accept(all)
		var got []string
		for i, f := range r.Findings {
			if f.Accepted != "" {
				got = append(got, fmt.Sprint(i))
			}
			if f.Accepted != "" && f.Accepted != "why" {
				t.Errorf("%q: the reason is %q", c.lines, f.Accepted)
			}
		}
		if !slices.Equal(got, strings.Fields(c.want)) || len(stale) != c.stale {
			t.Errorf("%q: %q, %d stale, want %s, %d", c.lines, got, len(stale), c.want, c.stale)
		}
	}
}

// FuzzAcceptances: each line is accepted or wrong, not both, and never without a reason.
func FuzzAcceptances(f *testing.F) {
	f.Add("subid-owner * x\n#\n\x00 / \x1b\n")
	f.Fuzz(func(t *testing.T, text string) {
		all, wrong := Acceptances(text)
		for _, a := range all {
			if a.Reason == "" || a.ID == "" || a.Place == "" || slices.Contains(wrong, a.Line) {
				t.Fatalf("%q: %+v", text, a)
			}
		}
	})
}
