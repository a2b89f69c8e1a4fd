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
	return ReadDifferences(path, 'M')
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
	if _, err := ReadDifferences(filepath.Join(t.TempDir(), "absent"), 'M'); err == nil {
		t.Error("a missing list: no error")
	}
}

func TestJudge(t *testing.T) {
	differences, err := list(t, "# Title\n\n| Id | x |\n|---|---|\n| M01 | a | b | c |\n| M02 | a\\|b | b | c |\n| N01 | a | b | c |\n")
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
	} {
		if err := differences.Judge(row.id, row.differs); (err == nil) != row.good {
			t.Errorf("Judge(%q, %t) = %v", row.id, row.differs, err)
		}
	}
	if stale := differences.Stale(); !slices.Equal(stale, []string{"M02"}) {
		t.Errorf("stale: %v", stale)
	}
}
