package main

import (
	"reflect"
	"testing"
)

func TestFaults(t *testing.T) {
	for text, want := range map[string]string{
		"the folder is root's":              "folder",
		"# FOLDERS are read":                "FOLDERS",
		"held for ever":                     "for ever",
		"it waits meanwhile":                "meanwhile",
		"a caller and his processes":        "his",
		"could grant himself anything":      "himself",
		"the interface shall appear":        "shall",
		"a bridge that is none":             "that is none",
		"it has not three fields":           "has not three",
		"nothing behind the count":          "nothing behind the",
		"a comment behind is":               "comment behind",
		"it belongs into the table":         "belongs into",
		"to be rid of the rule":             "be rid of",
		"cannot be shared out in threes":    "shared out",
		"As long as it is so, X refuses":    "As long as it is so",
		"the rest goes on this occasion":    "on this occasion",
		"which stands into the file":        "stands into",
		"a file that has not the mode 0600": "has not the",
	} {
		found := compiled().faults(text)
		if len(found) != 1 || found[0].words != want {
			t.Errorf("%q: %v, want %q", text, found, want)
		}
	}
}

// TestGoodEnglish: what is near to a fault and right.
func TestGoodEnglish(t *testing.T) {
	for _, text := range []string{
		"a failure leaves nothing behind", "what tests could leave behind", "the daemons behind the sockets", "what is behind them is the caller's", "a file behind a symbolic link",
		"\"\" if there is none", "where there are none", "none is needed", "it is none of the three", "the history of this file", "others, here and there",
		"it has not been read", "the caller has not yet a name", "they have not granted it", "folders_of", "the theme is ushered in", "a subfolder's", "grep -hE",
	} {
		if found := compiled().faults(text); len(found) != 0 {
			t.Errorf("%q: %v", text, found)
		}
	}
}

func TestProse(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want []passage
	}{
		"a.md":               {"Of `code` and\n\n    an example\n", []passage{{1, "Of ` and"}, {2, ""}, {4, ""}}},
		"man/a.1":            {"One\n.Bd -literal\n$ two\n.Ed\n", []passage{{1, "One"}, {4, ".Ed"}, {5, ""}}},
		"hack/a":             {"# One\necho two\n", []passage{{1, "# One"}, {2, "echo two"}, {3, ""}}},
		"internal/a.go":      {"package a // One\n\nconst folder = \"two\"\n", []passage{{1, "// One"}, {3, `"two"`}}},
		"internal/a_test.go": {"package a // One\n\nconst folder = \"two\"\n", []passage{{1, "// One"}}},
		"test/a.go":          {"package a\n\n/* One\ntwo */\nconst folder = `three`\n", []passage{{3, "/* One"}, {4, "two */"}}},
	} {
		if got := prose(name, c.text); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
