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
		_, err := idmap.ParseMappings(strings.FieldsFunc(c.arguments, func(r rune) bool { return r == ',' }))
		v := Explain(err, idmap.GID)
		if v.Headline != c.headline || !strings.Contains(v.Advice, c.advice) || !v.Usage || !v.Refused || v.ID == "" {
			t.Errorf("%s: %+v", c.arguments, v)
		}
	}
	for argument, advice := range map[string]string{"fd:x": `"fd:x" is not fd: and`, "0": `"0" is not a process ID`} {
		_, err := idmap.ParseTarget(argument)
		if v := Explain(err, idmap.UID); !strings.Contains(v.Advice, advice) || !v.Usage {
			t.Errorf("%s: %+v", argument, v)
		}
	}
}

func TestQuoteIsBounded(t *testing.T) {
	_, err := idmap.ParseMappings([]string{strings.Repeat("\x1b", 1<<17), "1", "1"})
	if text := Explain(err, idmap.UID).Line(); len(text) > 1000 || strings.Contains(text, "\x1b") {
		t.Errorf("%d bytes: %.100q", len(text), text)
	}
}
