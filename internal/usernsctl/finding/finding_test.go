package finding

import "testing"

func TestStatus(t *testing.T) {
	for _, c := range []struct {
		levels []Level
		unseen int
		want   int
	}{
		{nil, 0, 0},
		{[]Level{Note, Note}, 0, 0},
		{[]Level{Note, Warning}, 0, 1},
		{[]Level{Error}, 0, 1},
		{nil, 1, 2},
		{[]Level{Error}, 1, 2},
	} {
		var r Report
		for _, level := range c.levels {
			r.Add(Finding{Level: level})
		}
		for range c.unseen {
			r.Miss("a file", "it is closed")
		}
		if got := r.Status(); got != c.want {
			t.Errorf("%v, %d unseen: status %d, want %d", c.levels, c.unseen, got, c.want)
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
