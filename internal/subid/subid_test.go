package subid

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"userns-helpers/internal/idmap"
)

func ids(t testing.TB, start, count uint64) idmap.Range {
	t.Helper()
	r, ok := idmap.NewRange(start, count)
	if !ok {
		t.Fatalf("NewRange(%d, %d) is false", start, count)
	}
	return r
}

// all is every id there is.
func all(t testing.TB) []idmap.Range { return []idmap.Range{ids(t, 0, 1<<32)} }

// scan returns what the file grants, as text: "[1-3)[5-6)".
func scan(t *testing.T, file string, owner Owner) string {
	t.Helper()
	found, err := Scan(strings.NewReader(file), owner, all(t))
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	for _, r := range found.Granted.Ranges() {
		text = r.Append(text)
	}
	return string(text)
}

func TestGrants(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"by name", "alice:100000:65536\n", "[100000-165536)"},
		{"by uid", "1000:100000:65536\n", "[100000-165536)"},
		{"by another name of the uid", "alicia:5:5\n", "[5-10)"},
		{"last newline missing", "alice:5:5", "[5-10)"}, // 4.19 refuses the whole file
		{"adjacent, out of order, by name and uid", "1000:10:5\nalice:5:5\nalicia:15:1\n", "[5-16)"},
		{"overlapping", "alice:5:10\nalice:10:10\n", "[5-20)"},
		{"apart", "alice:20:5\nalice:5:5\n", "[5-10)[20-25)"},
		{"octal and hexadecimal", "alice:0100000:0x10\n", "[32768-32784)"},
		{"blanks and plus before a number", "alice: 5:\t+5\n", "[5-10)"},
		{"the last id", "alice:4294967295:1\n", "[4294967295-4294967296)"},
		{"up to the last id", "alice:4294967290:6\n", "[4294967290-4294967296)"},
		{"everything", "alice:0:4294967296\n", "[0-4294967296)"},
		{"id 0", "alice:0:1\n", "[0-1)"},
		{"a carriage return at the end, as other systems write", "alice:5:5\r\n", "[5-10)"},
		{"1023 bytes and a carriage return", "alice:5:" + strings.Repeat("0", 1014) + "5\r\n", "[5-10)"},
		{"1023 bytes", "alice:5:" + strings.Repeat("0", 1014) + "5\n", "[5-10)"},
		{"after 1 MiB of one line", strings.Repeat("x", 1<<20) + "\nalice:5:5\n", "[5-10)"},
	} {
		if got := scan(t, c.file, OwnerOf(1000, "alice", "alicia")); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// nothing are lines that grant alice (uid 1000) nothing.
var nothing = []struct{ why, line string }{
	{"empty", ""},
	{"comment", "#alice:5:5"},
	{"NIS", "+alice:5:5"},
	{"NIS", "-alice:5:5"},
	{"NIS", "+"},
	{"NIS", "+:5:5"},
	{"count 0: all ids in releases before 4.20 (shadow#1689)", "alice:0:0"},
	{"count 0, as useradd 4.9 wrote it (shadow#399)", "alice:100000:0"},
	{"count 0", "1000:5:-0"},
	{"beyond 2^32", "alice:4294967290:7"},
	{"beyond 2^32", "alice:4294967296:1"},
	{"beyond 2^32", "alice:1:4294967296"},
	{"wraps to 1000 in 32 bits", "alice:4294968296:1"},
	{"wraps in 64 bits (CVE-2016-6252)", "alice:100000:18446744073709551615"},
	{"wraps in 64 bits", "alice:18446744073709551615:2"},
	{"more than 64 bits", "alice:18446744073709551617:1"},
	{"negative start: 2^64-1 in the original", "alice:-1:1"},
	{"negative count", "alice:5:-5"},
	{"two fields", "alice:5"},
	{"one field", "alice"},
	{"one field and a colon", "alice:"},
	{"four fields: three to the original", "alice:5:5:5"},
	{"four fields", "alice:5:5:"},
	{"empty start", "alice::5"},
	{"empty count", "alice:5:"},
	{"empty owner", ":5:5"},
	{"trailing blank", "alice:5:5 "},
	{"trailing tab", "alice:5:5\t"},
	{"two carriage returns", "alice:5:5\r\r"},
	{"a carriage return in front", "\ralice:5:5"},
	{"inline comment", "alice:5:5#x"},
	{"inline comment", "alice:5:5 # x"},
	{"blank behind start", "alice:5 :5"},
	{"octal with an 8", "alice:08:5"},
	{"0x alone", "alice:0x:5"},
	{"NUL at the end", "alice:5:5\x00"},
	{"NUL behind the owner", "alice\x00:5:5"},
	{"NUL in front", "\x00alice:5:5"},
	{"NUL in a number", "alice:5\x00:5"},
	{"NUL and junk", "alice:5:5\x00:6:6"},
	{"1024 bytes", "alice:5:" + strings.Repeat("0", 1015) + "5"},
	{"a line with alice at byte 1024", strings.Repeat("x", 1024) + "alice:5:5"},
	{"a line with alice at byte 32768", strings.Repeat("x", 32768) + "alice:5:5"},
	{"someone else", "bob:5:5"},
	{"begins alike", "alice2:5:5"},
	{"a part of the name", "alic:5:5"},
	{"other case", "Alice:5:5"},
	{"leading blank", " alice:5:5"},
	{"blank behind the name", "alice :5:5"},
	{"another uid", "1001:5:5"},
	{"begins alike", "10000:5:5"},
	{"a part of the uid", "100:5:5"},
	{"uid with zeros", "01000:5:5"},
	{"uid in hexadecimal", "0x3e8:5:5"},
	{"uid with a plus", "+1000:5:5"},
	{"uid with a blank", " 1000:5:5"},
	{"a group", "@alice:5:5"},
	{"a pattern", "*:5:5"},
}

func TestGrantsNothing(t *testing.T) {
	for _, c := range nothing {
		for _, end := range []string{"", "\n"} {
			if got := scan(t, c.line+end, OwnerOf(1000, "alice")); got != "" {
				t.Errorf("%s: %.40q grants %s", c.why, c.line, got)
			}
		}
	}
}

// TestBadLinesSpoilNothing puts each bad line between two good ones; a Rust rewrite dropped all grants.
func TestBadLinesSpoilNothing(t *testing.T) {
	var together []string
	for _, c := range nothing {
		file := "alice:1:1\n" + c.line + "\n1000:3:1\n"
		if got := scan(t, file, OwnerOf(1000, "alice")); got != "[1-2)[3-4)" {
			t.Errorf("%s: %.40q leaves %s", c.why, c.line, got)
		}
		together = append(together, c.line)
	}
	file := "alice:1:1\n" + strings.Join(together, "\n") + "\nalice:3:1"
	if got := scan(t, file, OwnerOf(1000, "alice")); got != "[1-2)[3-4)" {
		t.Errorf("all together leave %s", got)
	}
}

func TestOwners(t *testing.T) {
	const file = "1001:1:1\n5000:3:1\nbob:5:1\na b:7:1\nd\\a:9:1\n#x:11:1\n-5:13:1\n+y:15:1\n01001:17:1\n18446744073709552617:19:1\n:21:1\n"
	for _, c := range []struct {
		name  string
		owner Owner
		want  string
	}{
		// 4.13 lets a user called 1001 have what was granted to uid 1001, and uid 1001 what was granted to the user.
		{"user 1001 with uid 5000", OwnerOf(5000, "1001"), "[3-4)"},
		{"uid 1001, bob", OwnerOf(1001, "bob"), "[1-2)[5-6)"},
		{"user 01001", OwnerOf(6000, "01001"), ""},
		{"blank in the name", OwnerOf(6000, "a b"), "[7-8)"},
		{"backslash in the name", OwnerOf(6000, `d\a`), "[9-10)"},
		{"a name that begins a comment", OwnerOf(6000, "#x"), ""},
		{"a negative name", OwnerOf(6000, "-5"), ""},
		{"uid -5 in 32 bits", OwnerOf(4294967291), ""},
		{"a name of NIS", OwnerOf(6000, "+y"), ""},
		{"no name", OwnerOf(6000, ""), ""},
		{"a name with a colon", OwnerOf(6000, "bob:5:1\nbob", "bob:5"), ""},
		{"named", OwnerNamed("bob"), "[5-6)"},
		{"named by number", OwnerNamed("1001"), "[1-2)"},
		{"named by number with zeros", OwnerNamed("01001"), ""},
		{"named by a number that wraps", OwnerNamed("18446744073709552617"), ""},
		{"named by nothing", OwnerNamed(""), ""},
		{"nobody", Owner{}, ""},
	} {
		if got := scan(t, file, c.owner); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// linesOf returns the numbers of the lines, of those in Used, that grant some of the ids of wanted.
func linesOf(found idmap.Grants, wanted idmap.Range) []int {
	var numbers []int
	for _, grant := range found.Used {
		if !grant.Range.Intersect(wanted).Empty() {
			numbers = append(numbers, grant.Line)
		}
	}
	return numbers
}

func TestFound(t *testing.T) {
	const file = "# comment\nalice:100:10\nbob:1:1\nalice:200:10\nalice:0:0\n1000:110:5\nalice:1000:10"
	wanted := []idmap.Range{ids(t, 105, 8), ids(t, 900, 10), ids(t, 150, 1)}
	found, err := Scan(strings.NewReader(file), OwnerOf(1000, "alice"), wanted)
	if err != nil {
		t.Fatal(err)
	}
	if !found.Granted.Covers(wanted[0]) || found.Granted.Count() != 8 {
		t.Errorf("granted %v: what is not wanted is not kept", found.Granted.Ranges())
	}
	if lines := linesOf(found, wanted[0]); !slices.Equal(lines, []int{2, 6}) || linesOf(found, wanted[1]) != nil {
		t.Errorf("granted by lines %v", lines)
	}
	if len(found.Owned) != 4 || found.Many != 4 {
		t.Errorf("owned %v", found.Owned)
	}
}

// TestAnOwnerOfManyRanges: what is kept stays little.
func TestAnOwnerOfManyRanges(t *testing.T) {
	file := strings.Repeat("alice:5:5\n", 1000) + "alice:1000:1"
	found, err := Scan(strings.NewReader(file), OwnerOf(1000, "alice"), []idmap.Range{ids(t, 1002, 1), ids(t, 6, 1)})
	if err != nil || len(found.Used) != maxUsed || len(found.Owned) != maxOwned || found.Many != 1001 {
		t.Errorf("%d and %d lines of %d are kept, %v", len(found.Used), len(found.Owned), found.Many, err)
	}
}

func TestErrorsGrantNothing(t *testing.T) {
	broken := errors.New("broken")
	file := io.MultiReader(strings.NewReader("alice:5:5\nalice:10:5"), iotest.ErrReader(broken))
	found, err := Scan(file, OwnerOf(1000, "alice"), all(t))
	if !errors.Is(err, broken) || found.Granted.Count() != 0 || found.Used != nil {
		t.Errorf("%+v, %v", found, err)
	}
}

// TestStopsWhenGranted: the rest of a huge file is not read, and an error there does not matter.
func TestStopsWhenGranted(t *testing.T) {
	file := io.MultiReader(strings.NewReader("alice:5:5\n"), iotest.ErrReader(errors.New("read on")))
	found, err := Scan(file, OwnerOf(1000, "alice"), []idmap.Range{ids(t, 5, 1), ids(t, 9, 1)})
	if err != nil || found.Granted.Count() != 2 {
		t.Error(found.Granted, err)
	}
	if _, err := Scan(iotest.ErrReader(errors.New("read")), OwnerOf(1000, "alice"), nil); err != nil {
		t.Error("nothing is wanted:", err)
	}
}

// TestFragments: memory is bounded where every second id is granted, and nothing is granted then.
func TestFragments(t *testing.T) {
	var file []byte
	for i := range 2 * maxFragments {
		file = append(strconv.AppendInt(append(file, "alice:"...), int64(2*i), 10), ":1\n"...)
	}
	found, err := Scan(bytes.NewReader(file), OwnerOf(1000, "alice"), all(t))
	if !errors.Is(err, ErrFragments) || found.Granted.Count() != 0 {
		t.Errorf("%d ids, %v", found.Granted.Count(), err)
	}
	few, err := Scan(bytes.NewReader(file), OwnerOf(1000, "alice"), []idmap.Range{ids(t, 4*maxFragments-2, 1)})
	if err != nil || few.Granted.Count() != 1 {
		t.Errorf("what is not wanted counts: %v", err)
	}
}

func TestList(t *testing.T) {
	const file = "alice:100000:65536\nbob:1:1\nalice:0:0\n1000:5:5\nalice:5:5"
	var got []idmap.Row
	if err := List(strings.NewReader(file), OwnerOf(1000, "alice"), func(g idmap.Row) { got = append(got, g) }); err != nil {
		t.Fatal(err)
	}
	want := []idmap.Row{{Line: 1, Range: ids(t, 100000, 65536)}, {Line: 4, Range: ids(t, 5, 5)}, {Line: 5, Range: ids(t, 5, 5)}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	broken := errors.New("broken")
	if err := List(iotest.ErrReader(broken), Owner{}, nil); !errors.Is(err, broken) {
		t.Error(err)
	}
}

// TestMemory: what a scan allocates does not depend on the size of the file, nor on what is wrong with it.
func TestMemory(t *testing.T) {
	bad := func(n int) []byte {
		return append(bytes.Repeat([]byte("alice:"+strings.Repeat("9", 500)+":1\nalice:5:0\n"), n), "alice:100000:65536\n"...)
	}
	wanted := []idmap.Range{ids(t, 100000, 65536)}
	for name, fileOf := range map[string]func(int) []byte{"of others": hugeFile, "malformed": bad} {
		var allocations []float64
		for _, n := range []int{1000, 20_000} {
			file := fileOf(n)
			allocations = append(allocations, testing.AllocsPerRun(3, func() {
				found, err := Scan(bytes.NewReader(file), OwnerOf(1000, "alice"), wanted)
				if err != nil || found.Granted.Count() != 65536 {
					t.Fatal(err)
				}
			}))
		}
		if allocations[0] != allocations[1] {
			t.Errorf("lines %s: %v allocations", name, allocations)
		}
	}
}

// TestAMillionLines reads a file that is made while it is read.
func TestAMillionLines(t *testing.T) {
	block := hugeFile(1000)
	block = block[:bytes.LastIndexByte(block[:len(block)-1], '\n')+1]
	readers := make([]io.Reader, 0, 1001)
	for range 1000 {
		readers = append(readers, bytes.NewReader(block))
	}
	readers = append(readers, strings.NewReader("alice:5:5"))
	found, err := Scan(io.MultiReader(readers...), OwnerOf(1000, "alice"), all(t))
	if err != nil || len(found.Used) != 1 || found.Used[0].Line != 1_000_001 {
		t.Errorf("%+v, %v", found.Used, err)
	}
}
