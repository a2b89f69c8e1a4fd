package edit

import "testing"

// TestCorrect: the line that is meant is changed as it is meant, twice is as good as once, and what has changed stays.
func TestCorrect(t *testing.T) {
	const text = "alice:1:10\nbob:x:1\r\n\tcarol\tveth x\n#dora\nalice:1:10"
	for _, c := range []struct {
		line     int
		old, end string // end "": a comment
		want     string
		change   Change
		is       bool
	}{
		{2, "bob:x:1", "", "alice:1:10\n#bob:x:1\r\n\tcarol\tveth x\n#dora\nalice:1:10", Edited, true},
		{2, "bob:", "", "alice:1:10\n#bob:x:1\r\n\tcarol\tveth x\n#dora\nalice:1:10", Edited, true},
		{3, " carol veth ", "", "alice:1:10\nbob:x:1\r\n#\tcarol\tveth x\n#dora\nalice:1:10", Edited, true},
		{4, "dora", "", text, Same, true},
		{5, ":1:10", ":20:10", "alice:1:10\nbob:x:1\r\n\tcarol\tveth x\n#dora\nalice:20:10", Edited, true},
		{2, ":x:1", ":7:1", "alice:1:10\nbob:7:1\r\n\tcarol\tveth x\n#dora\nalice:1:10", Edited, true},
		{1, ":7:1", ":1:10", text, Same, true},
		{1, ":7:1", ":1:11", text, Same, false},
		{1, "bob", "", text, Same, false},
		{1, "alice:1:10 ", "", text, Same, false},
		{6, "", "", text, Same, false},
		{0, "", "", text, Same, false},
		{-1, "", "", text, Same, false},
	} {
		got, line, change, is := Comment([]byte(text), c.line, c.old)
		if c.end != "" {
			got, line, change, is = End([]byte(text), c.line, c.old, c.end)
		}
		if string(got) != c.want || change != c.change || is != c.is || is != (line != "") {
			t.Errorf("%+v: %q, %q, %v, %v", c, got, line, change, is)
		}
	}
}

func TestEnds(t *testing.T) {
	for text, want := range map[string]string{"": "", "a": "a\n", "a\r\nb\n": "a\nb\n", "a\r\r\n\r\nb\r": "a\n\nb\n", "a\rb\n": "a\rb\n"} {
		if got := string(Ends([]byte(text))); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
