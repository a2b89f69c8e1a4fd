package slips

import (
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid"
)

// inspectAll returns what Inspect says of text.
func inspectAll(t testing.TB, text string) []Entry {
	t.Helper()
	var entries []Entry
	if _, err := Inspect(strings.NewReader(text), nil, func(e Entry) { entries = append(entries, e) }); err != nil {
		t.Fatal(err)
	}
	return entries
}

func TestInspectFaults(t *testing.T) {
	for _, c := range []struct {
		line  string
		fault Fault
	}{
		{"alice:100000:65536", NoFault},
		{"1000:100000:65536", NoFault},
		{"alice: +100000:0x10000", NoFault},
		{"EXAMPLE\\alice smith:1:1", NoFault},
		{"+alice:1:1", NIS},
		{"-", NIS},
		{"alice:1:1" + strings.Repeat(" ", 2000), TooLong},
		{strings.Repeat("x", 100_000), TooLong},
		{"alice:1\x00:1", NUL},
		{"alice", Fields},
		{"alice:1", Fields},
		{"alice:1:1:", Fields},
		{":1:1", NoOwner},
		{"01000:1:1", NoOwner},
		{"4294967296:1:1", NoOwner},
		{"alice::1", BadStart},
		{"alice:1 :1", Blank},
		{"alice:ten:1", BadStart},
		{"alice:1:", BadCount},
		{"alice:1:1 ", Blank},
		{"alice:1:1\r", NoFault},
		{"alice:1:1\r\r", Blank},
		{"alice:1:1 # comment", Comment},
		{"alice:0:0", Zero},
		{"alice:4294967295:0", Zero},
		{"alice:4294967295:2", Beyond},
		{"alice:-1:1", Negative},
		{"alice:1:-1", Negative},
		{"alice 1 1", Separators},
		{"alice\t1\t1", Separators},
		{"alice;1;1", Separators},
		{"alice：1：1", Separators},
		{"alice:1 1", Separators},
		{"alice:1-5", FirstLast},
		{"alice:1-5:5", FirstLast},
		{"alice::1:1", EmptyField},
		{"alice:1::1", EmptyField},
		{"alice:1:\u00a01", Foreign},
		{"alice:１:1", Foreign},
		{"alice:1_000:1", Grouped},
		{"alice:1:65.536", Grouped},
		{"alice:1:08", NotOctal},
		{"alice:1:99999999999999999999", Beyond},
	} {
		entries := inspectAll(t, "# a comment\n\n"+c.line+"\nbob:1:1\n")
		if len(entries) != 2 || entries[0].Fault != c.fault || entries[0].Line != 3 || entries[1].Line != 4 {
			t.Errorf("%.40q: %+v, want fault %d in line 3", c.line, entries, c.fault)
			continue
		}
		if entries[0].Range.Empty() != (c.fault != NoFault) {
			t.Errorf("%.40q: range %v with fault %d", c.line, entries[0].Range, c.fault)
		}
	}
}

func TestInspectOctal(t *testing.T) {
	for line, want := range map[string]bool{
		"a:0100000:1": true, "a:1:010": true, "a: +01:1": true,
		"a:0:1": false, "a:0x10:1": false, "a:100:10": false,
	} {
		if got := inspectAll(t, line)[0].Octal; got != want {
			t.Errorf("%q: octal %v", line, got)
		}
	}
}

func TestInspectIncomplete(t *testing.T) {
	for text, want := range map[string]bool{"": false, "a:1:1\n": false, "a:1:1": true, "a:1:1\n" + strings.Repeat("x", 70_000): true} {
		got, err := Inspect(strings.NewReader(text), nil, func(Entry) {})
		if got != want || err != nil {
			t.Errorf("%.20q: incomplete %v, %v", text, got, err)
		}
	}
}

// FuzzInspect: what is called a grant is what the programs grant, line by line, and nothing else is.
func FuzzInspect(f *testing.F) {
	for _, seed := range []string{
		"alice:1:1\nbob:0:0\n", "1000:5:5\n01000:5:5", "+::\n#\n\x00:1:1", "a:1:1\r\n", ":1:1\n", "a:1:1:1\n", "alice:1:1", strings.Repeat("a", 70_000) + "\na:1:1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		granted := map[string][]idmap.Row{}
		for _, e := range inspectAll(t, text) {
			if (e.Fault == NoFault) == e.Range.Empty() {
				t.Fatalf("%+v", e)
			}
			granted[e.Owner] = append(granted[e.Owner], idmap.Row{Line: e.Line, Range: e.Range})
		}
		for owner, entries := range granted {
			want := slices.DeleteFunc(entries, func(g idmap.Row) bool { return g.Range.Empty() })
			var got []idmap.Row
			if err := subid.List(strings.NewReader(text), subid.OwnerNamed(owner), func(g idmap.Row) { got = append(got, g) }); err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%q: Inspect says %v, List %v", owner, want, got)
			}
		}
	})
}
