package forbidden

import (
	"errors"
	"io"
	"os"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"userns-helpers/internal/idmap"
)

const example = "../../../docs/forbidden-host-ids.example"

func TestExample(t *testing.T) {
	file, err := os.Open(example)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ids, err := Read(file)
	if err != nil || text(ids) != "[0-1000)[65534-65535)" {
		t.Fatal(ids, err)
	}
	for _, c := range []struct {
		start, count uint64
		denied       bool
	}{{0, 1, true}, {999, 1, true}, {1000, 1, false}, {500, 100000, true}, {1000, 64534, false}, {1000, 64535, true}, {65535, 4294901761, false}} {
		r, _ := idmap.NewRange(c.start, c.count)
		if _, denied := (&idmap.Forbidden{Rows: ids}).Denies(r); denied != c.denied {
			t.Error(c)
		}
	}
}

// TestManual: the example of the manual is understood.
func TestManual(t *testing.T) {
	page, err := os.ReadFile("../../../man/forbidden-host-ids.5")
	if err != nil {
		t.Fatal(err)
	}
	_, list, begins := strings.Cut(string(page), ".Bd -literal\n")
	list, _, ends := strings.Cut(list, ".Ed\n")
	ids, err := Read(strings.NewReader(list))
	if !begins || !ends || err != nil || text(ids) != "[0-1000)[65534-65535)" {
		t.Error(ids, err)
	}
}

// text is the ranges one after the other.
func text(ids []idmap.Row) string {
	var all strings.Builder
	for _, e := range ids {
		all.WriteString(e.Range.String())
	}
	return all.String()
}

func TestRead(t *testing.T) {
	for input, want := range map[string]string{
		"":                           "",
		"# x\n\n \t \n#\n":           "",
		"5\n":                        "[5-6)",
		"5":                          "[5-6)",
		"0\n":                        "[0-1)",
		"0-999\n4294967295\n":        "[0-1000)[4294967295-4294967296)",
		"0-4294967295\n":             "[0-4294967296)",
		"7-7\r\n\r\n# x\r\n8\r\n":    "[7-8)[8-9)",
		"9\r":                        "[9-10)",
		" \t3-4 \t# 5 # 6\n\t7#8\n":  "[3-5)[7-8)",
		"10 # Größe\n# \xff\n11 #\n": "[10-11)[11-12)",
		"1\n1\n0-5\n":                "[1-2)[1-2)[0-6)",
		"1 #" + strings.Repeat("x", LongestLine-3) + "\n2\n":   "[1-2)[2-3)",
		strings.Repeat("#\n", LongestFile/2-1) + "6\n":         "[6-7)",
		strings.Repeat("#\n", LongestFile/2-2) + "#\n\n6":      "[6-7)",
		strings.Repeat(strings.Repeat(" ", 1023)+"\n", 200):    "",
		"#" + strings.Repeat("x", LongestLine-1) + "\n12-13\n": "[12-14)",
	} {
		ids, err := Read(iotest.HalfReader(strings.NewReader(input)))
		if err != nil || text(ids) != want {
			t.Errorf("%.60q: %q, %v, want %q", input, text(ids), err, want)
		}
	}
}

// TestRefuses: what is not understood forbids everything.
func TestRefuses(t *testing.T) {
	for _, c := range []struct {
		text  string
		line  int
		fault Fault
	}{
		{"x\n", 1, NotRange},
		{"0-\n", 1, NotRange},
		{"-5\n", 1, NotRange},
		{"-\n", 1, NotRange},
		{"9-1\n", 1, NotRange},
		{"4294967296\n", 1, NotRange},
		{"0-4294967296\n", 1, NotRange},
		{"99999999999999999999\n", 1, NotRange},
		{"18446744073709551616-18446744073709551617\n", 1, NotRange},
		{"+1\n", 1, NotRange},
		{"01\n", 1, NotRange},
		{"00\n", 1, NotRange},
		{"0-0999\n", 1, NotRange},
		{"0x10\n", 1, NotRange},
		{"1_000\n", 1, NotRange},
		{"1,000\n", 1, NotRange},
		{"1 - 2\n", 1, NotRange},
		{"1- 2\n", 1, NotRange},
		{"1-2-3\n", 1, NotRange},
		{"1..2\n", 1, NotRange},
		{"1 2\n", 1, NotRange},
		{"1,2\n", 1, NotRange},
		{"0:1000\n", 1, NotRange},
		{"\"0-999\"\n", 1, NotRange},
		{"; comment\n", 1, NotRange},
		{"// comment\n", 1, NotRange},
		{"root\n", 1, NotRange},
		{"[idmap]\n", 1, NotRange},
		{"0–999\n", 1, NotRange}, // a dash
		{"٣\n", 1, NotRange},     // a digit of Unicode
		{"1\u00a0\n", 1, NotRange},
		{"\ufeff0-999\n", 1, NotRange},
		{"5\n\n# x\n6\nseven\n8\n", 5, NotRange},
		{"1\nx\ny\n", 2, NotRange},
		{"# x\r0-999\r", 1, Control},
		{"1\r\r\n", 1, Control},
		{"1\x00\n", 1, Control},
		{"1\n# \x01\n", 2, Control},
		{"1\v\n", 1, Control},
		{"\f\n", 1, Control},
		{"# \x7f\n", 1, Control},
		{"\x00", 1, Control},
		{"1\n#" + strings.Repeat("x", LongestLine) + "\n2\n", 2, TooLong},
		{"1 #" + strings.Repeat("x", LongestLine), 1, TooLong},
		{strings.Repeat(" ", LongestLine) + "1\n", 1, TooLong},
		{strings.Repeat("#\n", LongestFile/2) + "6", 0, TooLarge},
		{strings.Repeat("x", LongestFile+1), 0, TooLarge},
	} {
		ids, err := Read(strings.NewReader(c.text))
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Line != c.line || wrong.Fault != c.fault || len(ids) > 0 {
			t.Errorf("%.60q: %v, %v, want line %d, fault %d", c.text, ids, err, c.line, c.fault)
		}
	}
}

// TestReader: what could not be read to its end forbids everything, whatever came before.
func TestReader(t *testing.T) {
	broken := errors.New("input/output error")
	ids, err := Read(io.MultiReader(strings.NewReader("0-999\n"), iotest.ErrReader(broken)))
	if !errors.Is(err, broken) || len(ids) > 0 {
		t.Error(ids, err)
	}
}

// TestEach: a report has all mistakes, and the ranges between them.
func TestEach(t *testing.T) {
	var rows []idmap.Row
	var wrong []*Error
	incomplete, err := Each(strings.NewReader("1\nx\n2-3\n\x01\n6"), func(r idmap.Row) { rows = append(rows, r) }, func(e *Error) { wrong = append(wrong, e) })
	if err != nil || text(rows) != "[1-2)[2-4)[6-7)" || len(wrong) != 2 || wrong[0].Line != 2 || wrong[1].Line != 4 || !incomplete {
		t.Error(rows, wrong, incomplete, err)
	}
}

// FuzzRead: nothing is understood together with an error; what is understood is written once more, and means the same; and
// Each finds a mistake if and only if Read does.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"0-999\n", "# x\n\n5\r\n", "1 - 2", "01\n4294967295", "x\n", "\x00", "9-1", " 7 #8\n"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, input []byte) {
		ids, err := Read(strings.NewReader(string(input)))
		var rows []idmap.Row
		var wrong []*Error
		_, failed := Each(strings.NewReader(string(input)), func(r idmap.Row) { rows = append(rows, r) }, func(e *Error) { wrong = append(wrong, e) })
		if (err == nil) != (len(wrong) == 0 && failed == nil) {
			t.Fatalf("%q: %v, but %v, %v", input, err, wrong, failed)
		}
		if err != nil {
			if len(ids) > 0 {
				t.Fatalf("%q: ranges and an error", input)
			}
			return
		}
		if text(rows) != text(ids) {
			t.Fatalf("%q: %v and %v", input, ids, rows)
		}
		var again strings.Builder
		for _, e := range ids {
			again.WriteString(strconv.FormatUint(e.Range.Start(), 10) + "-" + strconv.FormatUint(e.Range.End()-1, 10) + "\n")
		}
		if same, err := Read(strings.NewReader(again.String())); err != nil || text(same) != text(ids) {
			t.Fatalf("%q: %v, then %q: %v, %v", input, ids, again.String(), same, err)
		}
	})
}
