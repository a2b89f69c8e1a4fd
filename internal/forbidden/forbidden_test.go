package forbidden

import (
	"errors"
	"os"
	"strings"
	"testing"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/plain"
)

const example = "../../docs/policy.toml.example"

func TestExample(t *testing.T) {
	file, err := os.Open(example)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	ids, err := Read(file)
	if err != nil || len(ids.entries) != 1 || ids.entries[0].Range.String() != "[0-1000)" {
		t.Fatal(ids, err)
	}
	for _, c := range []struct {
		start, count uint64
		denied       bool
	}{{0, 1, true}, {999, 1, true}, {1000, 1, false}, {500, 100000, true}, {1000, 4294966296, false}} {
		r, _ := idmap.NewRange(c.start, c.count)
		if _, denied := ids.Denies(r); denied != c.denied {
			t.Error(c)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"":                                      "",
		"# x\n\n \t \n":                         "",
		"[idmap]\n":                             "",
		"[defaults]\nno_such_key = 1\n":         "",
		"[idmap]\nforbidden_host_ids = []\n":    "",
		"[idmap]\nforbidden_host_ids = [\"5\"]": "[5-6)",
		"[idmap]\r\nforbidden_host_ids=['1-2',\"4294967295\",]\r\n":                          "[1-3)[4294967295-4294967296)",
		"[idmap]\nforbidden_host_ids = [ # all\n\"0\", # \"9\"\n\n '7-8'\n] # x\n[limits]\n": "[0-1)[7-9)",
		"[[rule]]\nuser='a#\"b'\n[[rule]]\nuser=\"c\"\n[bridge.\"e.5\"]\nx = 018\n":          "!",
		"[bridge.\"e.5\"]\nx = 18 # 0\n[bridge.e5]\nx = false\n":                             "",
	} {
		ids, err := Parse([]byte(text))
		got := ""
		for _, e := range ids.entries {
			got += e.Range.String()
		}
		if want == "!" && err == nil || want != "!" && (err != nil || got != want) {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
}

// TestRefuses: what is not understood forbids everything.
func TestRefuses(t *testing.T) {
	list := func(s string) string { return "[idmap]\nforbidden_host_ids = " + s + "\n" }
	for _, c := range []struct {
		text string
		line int
	}{
		{"[limits]\nforbidden_host_ids = [\"0-999\"]\n", 1},
		{"[idmap]\n[[rule]]\nuser = \"a\"\n[[rule]]\nforbidden_host_ids = [\"0-999\"]\n", 2},
		{"[bridge.br0]\nforbidden_host_ids = true\n", 1},
		{list(`["0-"]`), 2},
		{list(`["-5"]`), 2},
		{list(`["9-1"]`), 2},
		{list(`["4294967296"]`), 2},
		{list(`["0-4294967296"]`), 2},
		{list(`["+1"]`), 2},
		{list(`["01"]`), 2},
		{list(`["1 - 2"]`), 2},
		{list(`["1-2-3"]`), 2},
		{list(`[""]`), 2},
		{list(`["0x10"]`), 2},
		{list(`[1]`), 2},
		{list(`"1"`), 2},
		{list(`["1" "2"]`), 2},
		{list(`["1",,"2"]`), 2},
		{list(`[,"1"]`), 2},
		{list(`["1"]]`), 2},
		{list(`["1"`), 2},
		{list(`["1"] x`), 2},
		{list(`["\u0031"]`), 2},
		{list(`["""1"""]`), 2},
		{list(`[["1"]]`), 2},
		{list(`{}`), 2},
		{list(``), 2},
		{list(`[`), 2},
		{list("[\n1\n]"), 3},
		{list(`["1"]`) + `forbidden_host_ids = ["2"]`, 3},
		{list(`["1"]`) + "[idmap]\n", 3},
		{"[idmap]\nforbidden_host_id = [\"1\"]\n", 2},
		{"[idmap]\n\"forbidden_host_ids\" = [\"1\"]\n", 2},
		{"idmap.forbidden_host_ids = [\"1\"]\n", 1},
		{"idmap = { forbidden_host_ids = [\"1\"] }\n", 1},
		{"[ idmap ]\n", 1},
		{"[\"idmap\"]\n", 1},
		{"[[idmap]]\n", 1},
		{"[idmap.x]\n", 1},
		{"[idmaps]\n", 1},
		{"[bridge.a.b]\n", 1},
		{"[bridge.a]]\n", 1},
		{"x = 1\n", 1},
		{"[defaults]\nx\n", 2},
		{"[defaults]\nx = \n", 2},
		{"[defaults]\nx = \"\"\"a\n\"\"\"\n", 2},
		{"[defaults]\nx = [1]\n", 2},
		{"[defaults]\nx = 1\nx = 2\n", 3},
		{"[defaults]\n[defaults]\n", 2},
		{"[bridge.a]\n[bridge.\"a\"]\n", 2},
		{"[defaults] x\n", 1},
		{"[defaults]\nx = 1979-05-27\n", 2},
		{"[defaults]\nx = 'a\n", 2},
		{"# \x01\n", 1},
		{"[defaults]\rx = 1\n", 1},
		{"\ufeff[idmap]\n", 1},
		{"\xff", 0},
		{strings.Repeat("#", plain.LongestFile+1), 0},
	} {
		ids, err := Parse([]byte(c.text))
		var wrong *Error
		if !errors.As(err, &wrong) || wrong.Line != c.line || len(ids.entries) > 0 {
			t.Errorf("%.60q: %v, want line %d", c.text, err, c.line)
		}
	}
}
