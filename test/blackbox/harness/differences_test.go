package harness

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func list(t *testing.T, text string) (*Differences, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "list.md")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return ReadDifferences(path, 'M', "4.13")
}

func TestReadDifferencesRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"twice":           "| M01 | a | b | c |\n| M01 | a | b | c |\n",
		"no reason":       "| M01 | a | b | |\n",
		"three columns":   "| M01 | a | b |\n",
		"an escaped bar":  `| M01 | a | b\|c |` + "\n",
		"too many fields": "| M01 | a | b | c | d |\n",
	} {
		if _, err := list(t, text); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if _, err := ReadDifferences(filepath.Join(t.TempDir(), "absent"), 'M', "4.13"); err == nil {
		t.Error("a missing list: no error")
	}
}

func TestJudge(t *testing.T) {
	differences, err := list(t, `# Title

| Id | x |
|---|---|
| M01 | a | b | c |
| M02 | a\|b | b | c |
| N01 | a | b | c |
| M04 | 4.13: a | b | c |
| M05 | 4.17: a | b | c |
| M06 | 4.13: a | b | c |
| M07 | 4.17: a | b | c |
| M08 | 4.13, 4.17: a | b | c |
| M09 | 4.17, 4.20: a | b | c |
| M10 | 4.17, 4.13: a | b | c |
`)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		id      string
		differs bool
		good    bool
	}{
		{"", false, true},
		{"M01", true, true},
		{"", true, false},     // unexplained
		{"M01", false, false}, // the case claims one that is not there
		{"M03", true, false},  // not listed
		{"N01", true, false},  // the other suite's
		{"M04", true, true},
		{"M04", false, false},
		{"M05", false, true}, // another release's
		{"M05", true, false},
		{"M04 M05", true, true},
		{"M05 M04", true, true},
		{"M05 M04", false, false},
		{"M05 M07", true, false},
		{"M05 M03", false, false}, // not listed, though no difference was seen
		{"M08", true, true},
		{"M08", false, false},
		{"M09", false, true}, // two others'
		{"M09", true, false},
	} {
		if err := differences.Judge(row.id, row.differs); (err == nil) != row.good {
			t.Errorf("Judge(%q, %t) = %v", row.id, row.differs, err)
		}
	}
	for id, here := range map[string]bool{"M01": true, "M04": true, "M05": false, "M08": true, "M09": false, "M99": false} {
		if differences.Here(id) != here {
			t.Errorf("Here(%s) = %t", id, !here)
		}
	}
	if stale := differences.Stale(); !slices.Equal(stale, []string{"M02", "M06", "M10"}) {
		t.Errorf("stale: %v", stale)
	}
}

func TestRelease(t *testing.T) {
	for version, want := range map[string]string{
		"1:4.13+dfsg1-1+deb12u1": "4.13", "1:4.17.4-2": "4.17", "1:6.0.4-4+deb13u4": "6.0", "4.20": "4.20", "": "", "unknown": "", "1:4": "",
	} {
		if got := Release(version); got != want {
			t.Errorf("Release(%q) = %q, not %q", version, got, want)
		}
		if unknown := Unknown("uidmap", version, []string{"4.13", "4.17"}); (unknown == "") != (want == "4.13" || want == "4.17") {
			t.Errorf("Unknown(%q) = %q", version, unknown)
		}
	}
}
