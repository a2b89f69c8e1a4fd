package finding

import (
	"fmt"
	"slices"
	"testing"
)

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		levels []Level
		unseen int
		least  Level
		want   int
	}{
		{nil, 0, Warning, 0},
		{[]Level{Note, Note}, 0, Warning, 0},
		{[]Level{Note, Note}, 0, Note, 1},
		{[]Level{Note, Warning}, 0, Warning, 1},
		{[]Level{Note, Warning}, 0, Error, 0},
		{[]Level{Error}, 0, Warning, 1},
		{[]Level{Error}, 0, Error, 1},
		{nil, 1, Warning, 2},
		{[]Level{Warning}, 1, Warning, 2},
		{[]Level{Error}, 1, Warning, 1}, // errors win
		{[]Level{Warning, Error}, 1, Error, 1},
	} {
		var r Report
		for _, level := range c.levels {
			r.Add(Finding{Level: level})
		}
		for range c.unseen {
			r.Miss("a file", "it is closed")
		}
		if got := r.Status(c.least); got != c.want {
			t.Errorf("%v, %d unseen, --level %s: status %d, want %d", c.levels, c.unseen, c.least, got, c.want)
		}
		for i := range r.Findings {
			r.Findings[i].Accepted = "it is meant"
		}
		if got, want := r.Status(c.least), 2*min(c.unseen, 1); got != want || r.Accepted() != len(c.levels) || r.Count(Error) != 0 {
			t.Errorf("%v accepted, %d unseen: status %d, want %d", c.levels, c.unseen, got, want)
		}
	}
}

func TestWhere(t *testing.T) {
	for want, f := range map[string]Finding{
		"": {}, "/etc/subuid": {File: "/etc/subuid"}, "/etc/subuid:3": {File: "/etc/subuid", Line: 3},
	} {
		if got := f.Where(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestFinish: the order is by file and line, numbers as numbers, what is about no file last; a file is fine unless an
// error, a warning, or what could not be looked at is about it.
func TestFinish(t *testing.T) {
	var r Report
	for _, f := range []Finding{
		{ID: "h", Level: Error},
		{ID: "c", File: "/etc/subuid", Line: 10, Level: Error},
		{ID: "b", File: "/etc/subuid", Line: 9, Level: Note},
		{ID: "a", File: "/etc/subuid", Line: 9, Level: Warning},
		{ID: "x", File: "/etc/passwd", Level: Note},
		{ID: "y", File: "/etc/group", Level: Warning, Accepted: "so"},
	} {
		r.Add(f)
	}
	for _, path := range []string{"/etc/subuid", "/etc/passwd", "/etc/half", "/etc/passwd", "/etc/group"} {
		r.Read(path)
	}
	r.Miss("/etc/half", "input/output error")
	r.Finish()
	var got []string
	for _, f := range r.Findings {
		got = append(got, f.ID)
	}
	if !slices.Equal(got, []string{"y", "x", "a", "b", "c", "h"}) {
		t.Errorf("%q", got)
	}
	if files := fmt.Sprint(r.Files); files != "[{/etc/group true} {/etc/half false} {/etc/passwd true} {/etc/subuid false}]" {
		t.Error(files)
	}
}

func TestIDsAreSorted(t *testing.T) {
	if ids := IDs(); !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != len(ids) {
		t.Errorf("%q", ids)
	}
}
