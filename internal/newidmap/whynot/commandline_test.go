package whynot

import (
	"strings"
	"testing"

	"userns-helpers/internal/idmap"
)

func TestCommandLine(t *testing.T) {
	for _, c := range []struct {
		arguments, headline, advice string
	}{
		{"", "", "no range"},
		{"0,1000", "", "number of arguments (2) is not a multiple of three"},
		{"0,1000,1x", "", `"1x" is not a number`},
		{"4294967295,4294967295,x", "", `"x" is not a number`}, // what is no number comes first
		{"4294967295,4294967295,10", "subuid overflow detected.", `in "4294967295" "4294967295" "10" the IDs must be`},
	} {
		q := idmap.Parse(idmap.GID, strings.FieldsFunc(c.arguments, func(r rune) bool { return r == ',' }))
		v := Explain(q.Wrong, Looks{Kind: idmap.GID})
		if v.Headline != c.headline || !strings.Contains(v.Advice, c.advice) || !v.Usage || !v.Refused || v.ID == "" {
			t.Errorf("%s: %+v", c.arguments, v)
		}
	}
	for argument, advice := range map[string]string{"fd:x": `"fd:x" is not fd: and`, "0": `"0" is not a process ID`} {
		_, err := idmap.ParseTarget([]string{argument})
		if v := Explain(err, Looks{}); !strings.Contains(v.Advice, advice) || !v.Usage {
			t.Errorf("%s: %+v", argument, v)
		}
	}
}

func TestQuoteIsBounded(t *testing.T) {
	q := idmap.Parse(idmap.UID, []string{strings.Repeat("\x1b", 1<<17), "1", "1"})
	if text := Explain(q.Wrong, Looks{}).Line(); len(text) > 1000 || strings.Contains(text, "\x1b") {
		t.Errorf("%d bytes: %.100q", len(text), text)
	}
}
