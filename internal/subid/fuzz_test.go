package subid

import (
	"bytes"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"userns-helpers/internal/idmap"
)

// naive is the grammar written down a second time, without regard to cost: what a line grants to alice (uid 1000).
func naive(line string) (start, count uint64, ok bool) {
	fields := strings.Split(line, ":")
	if len(line) >= 1024 || strings.Contains(line, "\x00") || len(fields) != 3 {
		return 0, 0, false
	}
	if fields[0] != "alice" && fields[0] != "1000" {
		return 0, 0, false
	}
	start, startOK := naiveNumber(fields[1])
	count, countOK := naiveNumber(fields[2])
	ok = startOK && countOK && count > 0 && start < 1<<32 && count <= 1<<32 && start+count <= 1<<32
	return start, count, ok
}

// naiveNumber is strconv's base 0 without what Go has and C has not.
func naiveNumber(text string) (uint64, bool) {
	text = strings.TrimLeft(text, " \t\n\v\f\r")
	if negative, ok := strings.CutPrefix(text, "-"); ok {
		value, err := strconv.ParseUint(negative, 0, 64)
		return 0, err == nil && value == 0 && !strings.ContainsAny(text, "_oObB")
	}
	text = strings.TrimPrefix(text, "+")
	hexadecimal := strings.HasPrefix(text, "0x") || strings.HasPrefix(text, "0X")
	if strings.ContainsAny(text, "_oO") || !hexadecimal && strings.ContainsAny(text, "bB") {
		return 0, false
	}
	value, err := strconv.ParseUint(text, 0, 64)
	return value, err == nil
}

// FuzzScan compares the streaming scan with the naive model, whole and byte by byte.
func FuzzScan(f *testing.F) {
	for _, c := range nothing {
		f.Add(c.line+"\nalice:10:10\n", uint64(12), uint64(5))
	}
	f.Add("1000:0x10:010\nalice:24:8", uint64(16), uint64(16))
	f.Add("alice:4294967290:6", uint64(4294967290), uint64(6))
	f.Fuzz(func(t *testing.T, file string, start, count uint64) {
		wanted, ok := idmap.NewRange(start%(1<<32), count%(1<<32))
		if !ok {
			return
		}
		var granted idmap.Set
		rows := 0
		for _, line := range strings.Split(file, "\n") {
			if start, count, ok := naive(line); ok {
				ids, _ := idmap.NewRange(start, count)
				granted.Add(ids.Intersect(wanted))
				rows++
			}
		}
		owner := OwnerOf(1000, "alice")
		found, err := Scan(strings.NewReader(file), owner, []idmap.Range{wanted})
		slow, slowErr := Scan(iotest.OneByteReader(strings.NewReader(file)), owner, []idmap.Range{wanted})
		if err != nil || slowErr != nil || !same(found.Granted, granted) || !same(slow.Granted, granted) {
			t.Errorf("%q: %v, want %v", file, found.Granted.Ranges(), granted.Ranges())
		}
		listed := 0
		if err := List(strings.NewReader(file), owner, func(idmap.Row) { listed++ }); err != nil || listed != rows {
			t.Errorf("%q: %d ranges are listed, want %d", file, listed, rows)
		}
	})
}

func same(a, b idmap.Set) bool {
	var texts [2][]byte
	for i, s := range []idmap.Set{a, b} {
		for _, r := range s.Ranges() {
			texts[i] = r.Append(texts[i])
		}
	}
	return bytes.Equal(texts[0], texts[1])
}

// FuzzOwner: a login name is granted nothing but by lines that begin with it, and a number is never a name.
func FuzzOwner(f *testing.F) {
	f.Add("alice", "alice:5:5")
	f.Add("1001", "1001:5:5")
	f.Add("a:5:5\nb", "a:5:5\nb:6:6")
	f.Fuzz(func(t *testing.T, name, line string) {
		line, _, _ = strings.Cut(line, "\n")
		found, err := Scan(strings.NewReader(line), OwnerOf(4294967294, name), all(t))
		owner, _, _ := strings.Cut(line, ":")
		if err != nil || found.Granted.Count() > 0 && owner != "4294967294" && (owner != name || IsUID(name)) {
			t.Errorf("name %q, line %q: granted %v, %v", name, line, found.Granted.Ranges(), err)
		}
	})
}
