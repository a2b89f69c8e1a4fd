package lines

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func collect(t *testing.T, source io.Reader, longest int) ([]string, []int, *Reader) {
	t.Helper()
	var texts []string
	var numbers []int
	r := New(source, longest)
	for {
		line, ok := r.Next()
		if !ok {
			return texts, numbers, r
		}
		texts = append(texts, string(line))
		numbers = append(numbers, r.Number())
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("x", 3*size)
	for _, c := range []struct {
		name, input string
		want        []string
		numbers     []int
		incomplete  bool
	}{
		{"nothing", "", nil, nil, false},
		{"one", "a\n", []string{"a"}, []int{1}, false},
		{"last newline missing", "a\nb", []string{"a", "b"}, []int{1, 2}, true},
		{"empty lines count", "\n\na\n", []string{"", "", "a"}, []int{1, 2, 3}, false},
		{"exactly the longest", "1234567890\n", []string{"1234567890"}, []int{1}, false},
		{"one byte too long", "12345678901\nb\n", []string{"b"}, []int{2}, false},
		{"longer than the buffer", long + "\nb\n", []string{"b"}, []int{2}, false},
		{"longer than the buffer, twice", long + "\n" + long + "\nc", []string{"c"}, []int{3}, true},
		{"longer than the buffer, at the end", "a\n" + long, []string{"a"}, []int{1}, true},
	} {
		for _, reader := range []io.Reader{strings.NewReader(c.input), iotest.DataErrReader(strings.NewReader(c.input))} {
			texts, numbers, r := collect(t, reader, 10)
			if strings.Join(texts, "|") != strings.Join(c.want, "|") || len(texts) != len(c.want) {
				t.Errorf("%s: got %q, want %q", c.name, texts, c.want)
			}
			for i := range numbers {
				if i < len(c.numbers) && numbers[i] != c.numbers[i] {
					t.Errorf("%s: line %d has number %d, want %d", c.name, i, numbers[i], c.numbers[i])
				}
			}
			if r.incomplete != c.incomplete || r.Err() != nil {
				t.Errorf("%s: incomplete %v, error %v", c.name, r.incomplete, r.Err())
			}
		}
	}
}

func TestErrorIsNotAnEnd(t *testing.T) {
	broken := errors.New("broken")
	texts, _, r := collect(t, io.MultiReader(strings.NewReader("a\nhalf"), iotest.ErrReader(broken)), 10)
	if len(texts) != 1 || texts[0] != "a" {
		t.Errorf("got %q: half a line is no line", texts)
	}
	if !errors.Is(r.Err(), broken) {
		t.Errorf("error %v", r.Err())
	}
}

// TestBufferEnds puts every kind of line at every position around the end of the first and of the large buffer, by whole
// reads and by halves of them.
func TestBufferEnds(t *testing.T) {
	for _, end := range []int{firstSize, size, firstSize + size} {
		for shift := -12; shift <= 2; shift++ {
			for _, line := range []string{"", "\n", "1234567890", "1234567890\n", "12345678901\n", "\n\n\nb", strings.Repeat("y", 5000) + "\nb"} {
				input := strings.Repeat(strings.Repeat("x", 7)+"\n", end)[:end+shift] + line
				want, wantNumbers := split(input, 10)
				for _, reader := range []io.Reader{strings.NewReader(input), iotest.HalfReader(strings.NewReader(input)), iotest.DataErrReader(strings.NewReader(input))} {
					got, numbers, _ := collect(t, reader, 10)
					if !slices.Equal(got, want) || !slices.Equal(numbers, wantNumbers) {
						t.Errorf("%d bytes and %.10q: %d lines, want %d", end+shift, line, len(got), len(want))
					}
				}
			}
		}
	}
}

// split is what a walk returns, without regard to cost.
func split(input string, longest int) (texts []string, numbers []int) {
	parts := strings.Split(input, "\n")
	for i, p := range parts {
		if len(p) <= longest && (i < len(parts)-1 || p != "") {
			texts, numbers = append(texts, p), append(numbers, i+1)
		}
	}
	return texts, numbers
}

// FuzzAgainstSplit walks over an input after so many bytes of short lines, so that it comes to lie on a buffer's end.
func FuzzAgainstSplit(f *testing.F) {
	f.Add("a\nb\n\nccc", 0)
	f.Add("a\nb\n\nccc", firstSize-3)
	f.Add("a\n"+strings.Repeat("x", 99)+"\nccc\n", size-50)
	f.Fuzz(func(t *testing.T, input string, before int) {
		if before < 0 || before > 3*size {
			return
		}
		input = strings.Repeat("seventy-seven\n", before/14+1)[:before] + input
		want, wantNumbers := split(input, 100)
		got, numbers, _ := collect(t, strings.NewReader(input), 100)
		slow, slowNumbers, _ := collect(t, iotest.OneByteReader(strings.NewReader(input)), 100)
		if !slices.Equal(got, want) || !slices.Equal(numbers, wantNumbers) || !slices.Equal(slow, want) || !slices.Equal(slowNumbers, wantNumbers) {
			t.Errorf("got %q, %q, want %q", got, slow, want)
		}
	})
}

// FuzzNextWith compares NextWith with a walk over all lines, at every alignment that the fuzzer finds, after so many bytes
// of other lines.
func FuzzNextWith(f *testing.F) {
	f.Add("bob:1:2\nalice:3:4\n#alice:\nalice\n1000:5:6", "alice:", "1000:", 0)
	f.Add("\n\n\n\n\n\n\n\n\na\n\n\xffa\na", "a", "\xff", firstSize-5)
	f.Add(strings.Repeat("x", 200)+"\na", "a", "x", size-100)
	f.Fuzz(func(t *testing.T, input, one, other string, before int) {
		if one == "" || other == "" || before < 0 || before > 3*size {
			return
		}
		input = strings.Repeat("seventy-seven\n", before/14+1)[:before] + input
		type found struct {
			text   string
			number int
		}
		var want, got []found
		all := New(strings.NewReader(input), 100)
		for line, ok := all.Next(); ok; line, ok = all.Next() {
			if text := string(line); strings.HasPrefix(text, one) || strings.HasPrefix(text, other) {
				want = append(want, found{text, all.Number()})
			}
		}
		some := New(iotest.HalfReader(strings.NewReader(input)), 100)
		for line, ok := some.NextWith([]string{one, other}); ok; line, ok = some.NextWith([]string{one, other}) {
			got = append(got, found{string(line), some.Number()})
		}
		if !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// TestKeeping: a walk that passes over nothing returns the beginning of long lines, wherever they end.
func TestKeeping(t *testing.T) {
	for _, length := range []int{0, 99, 100, 101, firstSize - 1, firstSize, size - 1, size, size + 1, 3 * size} {
		long := strings.Repeat("x", length)
		for _, input := range []string{"a\n" + long + "\nb\n", "a\n" + long, long + "\nb", long} {
			for _, source := range []io.Reader{strings.NewReader(input), iotest.OneByteReader(strings.NewReader(input))} {
				number := 0
				want := strings.Split(strings.TrimSuffix(input, "\n"), "\n")
				if input == "" {
					want = nil
				}
				incomplete, err := Each(source, 100, 10, func(text []byte, n int, cut bool) {
					if number++; n != number || n > len(want) {
						t.Fatalf("%d: line %d of %d", length, n, len(want))
					}
					line := want[n-1]
					if cut != (len(line) > 100) || cut && string(text) != line[:10] || !cut && string(text) != line {
						t.Errorf("%d: line %d is %.20q, cut %v", length, n, text, cut)
					}
				})
				if err != nil || number != len(want) || incomplete != (input != "" && !strings.HasSuffix(input, "\n")) {
					t.Errorf("%d: %d lines, %v, %v", length, number, incomplete, err)
				}
			}
		}
	}
}
