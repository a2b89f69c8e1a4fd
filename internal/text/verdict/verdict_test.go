package verdict

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestText(t *testing.T) {
	cause := errors.New("cause")
	for _, c := range []struct {
		name string
		err  error
		want string
	}{
		{"a refusal has two lines", &Refusal{Headline: "no", Advice: "because"}, "p: no\np: because\n"},
		{"a refusal without advice has one", &Refusal{Headline: "no"}, "p: no\n"},
		{"usage alone", &Refusal{Usage: true}, "usage\n"},
		{"usage with advice", &Refusal{Usage: true, Advice: "because"}, "usage\np: because\n"},
		{"usage behind a headline", &Refusal{Headline: "overflow", Usage: true, Advice: "because"}, "p: overflow\nusage\np: because\n"},
		{"a failure has two lines", &Failure{Headline: "broken", Advice: "why", Err: cause}, "p: broken\np: why\n"},
		{"a wrapped refusal is found", fmt.Errorf("x: %w", &Refusal{Headline: "no"}), "p: no\n"},
		{"anything else is one line", cause, "p: cause\n"},
		{"a terminal is not the caller's to command", &Refusal{Headline: "\x1b[2Jx\n\xffy"}, "p: \\x1b[2Jx\\n\\ufffdy\n"},
	} {
		if got := string(Text("p", "usage", c.err)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestError(t *testing.T) {
	cause := errors.New("cause")
	failure := &Failure{Headline: "broken", Advice: "why", Err: cause}
	if failure.Error() != "broken: why" || !errors.Is(failure, cause) {
		t.Errorf("%q does not wrap its cause", failure.Error())
	}
	for err, want := range map[error]string{
		&Refusal{Headline: "no"}:                "no",
		&Refusal{Advice: "because"}:             "because",
		&Refusal{Headline: "no", Advice: "why"}: "no: why",
	} {
		if err.Error() != want {
			t.Errorf("got %q, want %q", err.Error(), want)
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
