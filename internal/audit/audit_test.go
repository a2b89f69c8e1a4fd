package audit

import (
	"errors"
	"strings"
	"testing"

	"userns-helpers/internal/verdict"
)

func TestFields(t *testing.T) {
	r := &Record{program: "p"}
	r.Number("uid", 4294967295)
	r.Text("user", `a"b\c`)
	r.Text("asked", "x\ny\x1b\xff")
	if got, want := string(r.text), `uid=4294967295 user="a\"b\\c" asked="x\ny\x1b\ufffd"`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestOutcome(t *testing.T) {
	for want, err := range map[string]error{
		granted: nil,
		refused: &verdict.Refusal{Headline: "no"},
		failed:  &verdict.Failure{Headline: "broken"},
	} {
		if got := outcome(err); got != want {
			t.Errorf("%v is %s, want %s", err, got, want)
		}
	}
	if got := outcome(errors.Join(errors.New("x"), &verdict.Refusal{})); got != refused {
		t.Errorf("a joined refusal is %s", got)
	}
}

// The kernel quotes the message with apostrophes: one of a caller's must not end it, however many there are.
func TestKernelText(t *testing.T) {
	r := &Record{program: "p"}
	got := string(r.kernelText([]byte("head"), []byte(`target="1' res=success uid=0 '"`), failed))
	if want := `headop=p target="1\x27 res=success uid=0 \x27" res=failed` + "\x00"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	got = string(r.kernelText(nil, []byte(strings.Repeat("'", longestRecord)), granted))
	if len(got) > longestRecord+64 || !strings.HasSuffix(got, " res=success\x00") || strings.Contains(got, "'") {
		t.Errorf("%d bytes, ends in %q", len(got), got[len(got)-20:])
	}
}

// Whatever a caller puts into a value, the record stays one line of bounded length, and the value ends where it should.
func FuzzText(f *testing.F) {
	f.Add("plain", "two")
	f.Add("a\" result=granted b=\"", "\n<0>kernel: panic")
	f.Fuzz(func(t *testing.T, first, second string) {
		r := &Record{program: "p"}
		r.Text("a", first)
		r.Text("b", second)
		text := string(r.text)
		if strings.ContainsAny(text, "\n\r\x00\x1b") {
			t.Errorf("%q has more than one line", text)
		}
		if len(first) < 1000 && len(second) < 1000 && quotes(text) != 4 {
			t.Errorf("%q: a value reaches beyond its quotes", text)
		}
	})
}

// quotes counts the quotes that are not escaped.
func quotes(text string) int {
	n := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			n++
		}
	}
	return n
}
