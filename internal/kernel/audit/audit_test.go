package audit

import (
	"encoding/hex"
	"strconv"
	"strings"
	"testing"
)

// sample is a record with one number and some texts.
func sample(texts ...string) *Record {
	r := &Record{program: "p"}
	r.Number("uid", 4294967295)
	for i, text := range texts {
		r.Text(string(rune('a'+i)), text)
	}
	return r
}

func TestFields(t *testing.T) {
	r := sample(`a"b\c`, "x\ny\x1b\xff", " result=granted", "")
	got := string(r.syslogText(nil, refused))
	if want := `result=refused uid=4294967295 a="a\"b\\c" b="x\ny\x1b\ufffd" c=" result\x3dgranted" d=""`; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = string(r.kernelText([]byte("head"), refused))
	if want := "headop=p result=refused uid=4294967295 a=6122625C63 b=780A791BFF c=20726573756C743D6772616E746564 d=? res=failed\x00"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// What ausearch(8) could take for a field is in hexadecimal digits; what it could not is to be read as it is.
func TestKernelText(t *testing.T) {
	for text, want := range map[string]string{
		"/etc/subuid:1":  `"/etc/subuid:1"`,
		"a\\b,c(d)":      `"a\b,c(d)"`,
		"1 res=success":  "31207265733D73756363657373",
		"res=success":    "7265733D73756363657373",
		"1' res=success": "3127207265733D73756363657373",
		"'":              "27",
		`"`:              "22",
		" ":              "20",
		"\n":             "0A",
		"\x7f":           "7F",
		"ü":              "C3BC",
		"\xff":           "FF",
		"":               "?",
		"?":              `"?"`,
	} {
		if got := string(encoded(nil, text, 100)); got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}

// However long texts are, each has some of the room, its form is whole, and the result is at the end.
func TestLong(t *testing.T) {
	for _, long := range []string{strings.Repeat("x", 1<<17), strings.Repeat("' res=success ", 1<<14), strings.Repeat("\x00", 1<<17), strings.Repeat("\"", 1<<17)} {
		r := sample(long, long, long, "short")
		kernel := string(r.kernelText(nil, failed))
		if len(kernel) > longestRecord+64 || !strings.HasSuffix(kernel, ` d="short" res=failed`+"\x00") || strings.Count(kernel, "res=") != 1 {
			t.Errorf("%d bytes, ends in %q", len(kernel), kernel[len(kernel)-40:])
		}
		text := string(r.syslogText(nil, failed))
		if len(text) > longestRecord+64 || !strings.HasSuffix(text, `" d="short"`) {
			t.Errorf("%d bytes, ends in %q", len(text), text[len(text)-40:])
		}
	}
}

// Whatever a caller puts into a value, the record stays one line of bounded length, has the fields that it should and no
// others, and their values can be had back.
func FuzzText(f *testing.F) {
	f.Add("plain", "two")
	f.Add("a\" result=granted b=\"", "\n<0>kernel: panic")
	f.Add("1' res=success uid=0 '", "?")
	f.Fuzz(func(t *testing.T, first, second string) {
		r := sample(first, second)
		for form, text := range map[string]string{
			"syslog": string(r.syslogText(nil, refused)), "kernel": strings.TrimSuffix(string(r.kernelText(nil, refused)), "\x00"),
		} {
			if strings.ContainsAny(text, "\n\r\x00\x1b") || len(text) > longestRecord+64 {
				t.Errorf("%s: %d bytes or more than one line: %q", form, len(text), text)
			}
			if strings.Count(text, "=") != map[string]int{"syslog": 4, "kernel": 6}[form] {
				t.Errorf("%s: %q has other fields than those of the record", form, text)
			}
			if len(first) < 1000 && len(second) < 1000 && !has(form, text, first, second) {
				t.Errorf("%s: %q does not tell %q and %q", form, text, first, second)
			}
		}
	})
}

// has reports whether the fields a and b of a text have these values. What is not UTF-8 does not come back from syslog's.
func has(form, text, first, second string) bool {
	a, b := value(form, text, "a"), value(form, text, "b")
	if form == "syslog" {
		first, second = strings.ToValidUTF8(first, "\ufffd"), strings.ToValidUTF8(second, "\ufffd")
		return strings.ReplaceAll(a, "\ufffd", "") == strings.ReplaceAll(first, "\ufffd", "") &&
			strings.ReplaceAll(b, "\ufffd", "") == strings.ReplaceAll(second, "\ufffd", "")
	}
	return a == first && b == second
}

func value(form, text, key string) string {
	_, rest, _ := strings.Cut(text, " "+key+"=")
	if form == "syslog" {
		quote, _ := strconv.QuotedPrefix(rest)
		plain, _ := strconv.Unquote(quote)
		return plain
	}
	word, _, _ := strings.Cut(rest, " ")
	switch {
	case word == "?":
		return ""
	case strings.HasPrefix(word, `"`):
		return strings.Trim(word, `"`)
	}
	plain, _ := hex.DecodeString(word)
	return string(plain)
}
