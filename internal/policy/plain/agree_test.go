package plain

import (
	"reflect"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"pgregory.net/rapid"
)

// pieces are what a policy is put together from: good statements, and ways to write what this package must not misread.
func pieces() []string {
	return []string{
		"[idmap]", "[defaults]", "[limits]", "[[rule]]", "[bridge.a]", "[bridge.'a']", `[bridge."b.c"]`, "[bridge]", "[idmap.x]", "[ idmap ]",
		"forbidden_host_ids = [", "forbidden_host_ids = ['1-2']", `forbidden_host_ids=["3", "4",]#]`, "forbidden_host_ids = []", "forbidden_host_ids",
		"idmap.forbidden_host_ids = ['5']", `"forbidden_host_ids" = ['6']`, "idmap = {forbidden_host_ids = ['7']}", "'8-9',", `"10" , # "11"`,
		"'12'", ",", "]", "] # x", "# ]", "", " \t", "x = 1", "x = -1", "x = -0", "x = 01", "[x]", "[x.y]", "[[x]]", "[x.z]", "[[bridge]]", "x = '#'", `y = "\""`, `y = "a' # "`, `z = """`, `"""`, "z = '''", "'''", "x = true", "v = 0x1",
		`w = "\u005d"`, "[[idmap]]", "u = [1,", "1]", "é = 1", "t = 'é'", "s = 1 # é", "x = 1\r", "'1\\n'", "x.y = 1", "mac_lock = true",
	}
}

// TestAgrees: whatever is put together, what is read without an error is what a parser of TOML reads.
func TestAgrees(t *testing.T) {
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces()), 0, 8).Draw(t, "lines"), "\n")
		if compare(t, []byte(text)) {
			accepted++
		}
	})
	if accepted < 5 {
		t.Error("hardly anything was accepted:", accepted)
	}
}

// FuzzAgrees is the same for any bytes.
func FuzzAgrees(f *testing.F) {
	for _, p := range pieces() {
		f.Add([]byte("[idmap]\n" + p + "\n"))
	}
	f.Fuzz(func(t *testing.T, text []byte) { compare(t, text) })
}

// compare fails where text is accepted and means something else to a parser of TOML. It reports whether it is accepted.
func compare(t interface{ Fatalf(string, ...any) }, text []byte) bool {
	document, err := Parse(text)
	if err != nil {
		if document.Root != nil {
			t.Fatalf("%q: a document and an error", text)
		}
		return false
	}
	whole := make(map[string]any)
	if _, err := toml.Decode(string(text), &whole); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	if got := asParsed(document.Root); !reflect.DeepEqual(got, whole) {
		t.Fatalf("%q: %v, to a parser of TOML %v", text, got, whole)
	}
	return true
}

// asParsed is a table with lists as the parser has them.
func asParsed(table map[string]any) map[string]any {
	out := make(map[string]any)
	for name, value := range table {
		switch v := value.(type) {
		case []Item:
			list := []any{}
			for _, item := range v {
				list = append(list, item.Text)
			}
			out[name] = list
		case map[string]any:
			out[name] = asParsed(v)
		case []map[string]any:
			var list []map[string]any
			for _, one := range v {
				list = append(list, asParsed(one))
			}
			out[name] = list
		default:
			out[name] = v
		}
	}
	return out
}
