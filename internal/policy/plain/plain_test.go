package plain

import (
	"strings"
	"testing"
)

// TestLine: tables, keys and items of lists have the line on which they begin.
func TestLine(t *testing.T) {
	d, err := Parse([]byte("a = 1\n[b]\n# x\nc = [\n  'd', # e\n\n  'f']\n[g.\"h.i\"]\n[[j]]\n[[j]]\nk = true\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]int{"a": 1, "b": 2, "b c": 4, "g": 8, "g h.i": 8, "j": 9, "j 0": 9, "j 1": 10, "j 1 k": 11, "j 2": 0, "x": 0} {
		if got := d.Line(strings.Split(path, " ")...); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	b, _ := d.Root["b"].(map[string]any)
	items, _ := b["c"].([]Item)
	if len(items) != 2 || items[0] != (Item{"d", 5}) || items[1] != (Item{"f", 7}) {
		t.Error(items)
	}
}

// TestRefuses: forms of TOML that are not plain, and what is no TOML.
func TestRefuses(t *testing.T) {
	for text, line := range map[string]int{
		"a.b = 1": 1, `"a" = 1`: 1, "a = {}": 1, "a = 1.5": 1, "a = +1": 1, "a = 01": 1, "a = -0": 1, "a = 1_0": 1, "a = 0x1": 1, `a = "\n"`: 1,
		"a = 1979-05-27": 1, "a = 9999999999999999999": 1, "a = [1]": 1, "a = [[]]": 1, "a = ['b'": 1, "a = ['b' 'c']": 1, "a = [,]": 1,
		"\na = '''b'''": 2, "a = 1\na = 2": 2, "a = 1\n[a]": 2, "[a]\n[a]": 2, "[a.b]\n[a]": 2, "[[a]]\n[a]": 2, "[a]\n[[a]]": 2, "[a]\nb = 1\n[a.b]": 3,
		"[[a]]\n[a.b]": 2, "[a.b.c]": 1, "[ a ]": 1, "[]": 1, "[[a]": 1, "[a]]": 1, "[a] b": 1, "[": 1, "[[": 1, "=": 1, "a": 1, "a =": 1, "\r": 1, "a = 'b": 1,
		"\ufeffa = 1": 1, "\x00": 1, "\xff": 0, strings.Repeat("#", LongestFile+1): 0,
	} {
		_, err := Parse([]byte(text))
		wrong, ok := err.(*Error)
		if !ok || wrong.Line != line {
			t.Errorf("%.40q: %v, want line %d", text, err, line)
		}
	}
}
