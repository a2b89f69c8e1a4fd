package verdict

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	for _, c := range []struct {
		name    string
		verdict Verdict
		want    string
	}{
		{"two lines", Verdict{Headline: "no", Advice: "because"}, "p: no\np: because\n"},
		{"without advice one", Verdict{Headline: "no"}, "p: no\n"},
		{"usage alone", Verdict{Usage: true}, "usage\n"},
		{"usage with advice", Verdict{Usage: true, Advice: "because"}, "usage\np: because\n"},
		{"usage after a headline", Verdict{Headline: "overflow", Usage: true, Advice: "because"}, "p: overflow\nusage\np: because\n"},
		{"a terminal is not the caller's to command", Verdict{Headline: "\x1b[2Jx\n\xffy"}, "p: \\x1b[2Jx\\n\\ufffdy\n"},
	} {
		if got := string(c.verdict.Text("p", "usage")); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestLine(t *testing.T) {
	for verdict, want := range map[Verdict]string{
		{}:                              "",
		{Headline: "no"}:                "no",
		{Advice: "because"}:             "because",
		{Headline: "no", Advice: "why"}: "no: why",
	} {
		if got := verdict.Line(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Whatever is printed is UTF-8 without a control character, and what is printable stays as it is.
func FuzzPrintable(f *testing.F) {
	f.Add("plain ü text")
	f.Add("\x00\x1b]0;title\x07\u202e\xff")
	f.Fuzz(func(t *testing.T, text string) {
		out := string(Printable(nil, text))
		if !utf8.ValidString(out) || strings.ContainsFunc(out, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Errorf("%q became %q", text, out)
		}
		if string(Printable(nil, out)) != out {
			t.Errorf("%q is escaped twice", out)
		}
	})
}
