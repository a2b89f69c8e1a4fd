package number

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestBase0(t *testing.T) {
	for _, c := range []struct {
		text string
		want uint64
		err  error
	}{
		{"0", 0, nil},
		{"-0", 0, nil},
		{"+0", 0, nil},
		{"00", 0, nil},
		{"65536", 65536, nil},
		{"0100000", 32768, nil}, // octal
		{"0x1F", 31, nil},
		{"0Xff", 255, nil},
		{" \t\n\v\f\r+7", 7, nil},
		{"18446744073709551615", math.MaxUint64, nil},
		{"0xffffffffffffffff", math.MaxUint64, nil},
		{"18446744073709551616", 0, ErrRange},
		{"99999999999999999999999", 0, ErrRange},
		{"02000000000000000000000", 0, ErrRange},
		{"-1", 0, ErrRange},                    // strtoul(3): 18446744073709551615
		{"-18446744073709551615", 0, ErrRange}, // strtoul(3): 1
		{"-0x1", 0, ErrRange},
		{"99999999999999999999999x", 0, ErrSyntax}, // not a number, however large
		{"", 0, ErrSyntax},
		{" ", 0, ErrSyntax},
		{"+", 0, ErrSyntax},
		{"-", 0, ErrSyntax},
		{"+-0", 0, ErrSyntax},
		{"++1", 0, ErrSyntax},
		{"+ 1", 0, ErrSyntax},
		{"0x", 0, ErrSyntax},
		{"0xg", 0, ErrSyntax},
		{"0x-1", 0, ErrSyntax},
		{"08", 0, ErrSyntax},
		{"0b11", 0, ErrSyntax},
		{"0o17", 0, ErrSyntax},
		{"1_000", 0, ErrSyntax},
		{"1 ", 0, ErrSyntax},
		{"1\r", 0, ErrSyntax},
		{"1\x00", 0, ErrSyntax},
		{"1e3", 0, ErrSyntax},
		{"1.0", 0, ErrSyntax},
		{"٣", 0, ErrSyntax}, // a digit of another script
	} {
		got, err := Base0(c.text)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Base0(%q) = %d, %v; want %d, %v", c.text, got, err, c.want, c.err)
		}
		if bytes, bytesErr := Base0([]byte(c.text)); bytes != got || bytesErr != err {
			t.Errorf("Base0(%q): %d for a string, %d for bytes", c.text, got, bytes)
		}
	}
}

func TestDecimal(t *testing.T) {
	for _, c := range []struct {
		text string
		want uint64
		err  error
	}{
		{"2982", 2982, nil},
		{" 2982", 2982, nil},
		{"+2982", 2982, nil},
		{"02982", 2982, nil},
		{"0", 0, nil},
		{"18446744073709551617", 0, ErrRange},
		{"-0", 0, ErrSyntax},
		{"-2982", 0, ErrSyntax},
		{"0xba6", 0, ErrSyntax},
		{"2982 ", 0, ErrSyntax},
		{"", 0, ErrSyntax},
	} {
		if got, err := Decimal(c.text); got != c.want || !errors.Is(err, c.err) {
			t.Errorf("Decimal(%q) = %d, %v; want %d, %v", c.text, got, err, c.want, c.err)
		}
	}
}

// FuzzBase0 compares with strconv wherever both grammars have a meaning for the text.
func FuzzBase0(f *testing.F) {
	for _, seed := range []string{"0", "017", "0x1f", "-0", " +12", "99999999999999999999", "08"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := Base0(text)
		if err != nil && got != 0 {
			t.Errorf("Base0(%q) returns %d with an error", text, got)
		}
		body := strings.TrimPrefix(strings.TrimLeft(text, " \t\n\v\f\r"), "+")
		if strings.ContainsAny(body, "_oObB+-") && !strings.HasPrefix(body, "0x") && !strings.HasPrefix(body, "0X") {
			return // Go's own notations, and signs
		}
		want, wantErr := strconv.ParseUint(body, 0, 64)
		if strings.ContainsAny(body, "_") {
			return
		}
		if (err == nil) != (wantErr == nil) || err == nil && got != want {
			t.Errorf("Base0(%q) = %d, %v; strconv: %d, %v", text, got, err, want, wantErr)
		}
		if again, err := Base0(strconv.FormatUint(got, 10)); err != nil || again != got {
			t.Errorf("%d does not survive a round trip: %d, %v", got, again, err)
		}
	})
}
