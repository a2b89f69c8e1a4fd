package source

import (
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/sssd"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/paths"
)

// on is a machine with that nsswitch.conf.
func on(text string) Machine {
	return Unprivileged(func(string) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil })
}

const file = "/etc/subuid"

func TestChooseFiles(t *testing.T) {
	for _, text := range []string{"", "passwd: sss", "subid: files", "subid: files sss", "subid:", "#subid: sss", "subid: files\nsubid: sss"} {
		s, err := on(text).Choose(file)
		if err != nil || s.Name != file || s.SSSD || s.Notes != nil {
			t.Errorf("%q: %+v, %v", text, s, err)
		}
	}
}

// TestChooseMissing has the lines of Debian's programs, on a machine that has neither the module nor SSSD.
func TestChooseMissing(t *testing.T) {
	for _, word := range []string{"nosuch", "NOSUCH", "[x]", "../nosuch", strings.Repeat("x", 50)} {
		s, err := on("subid: " + word).Choose(file)
		module := "libsubid_" + word + ".so"
		if err != nil || s.Name != file || s.SSSD || len(s.Notes) != 2 || s.Notes[1] != "Using files" ||
			s.Notes[0] != "Error opening "+module+": "+module+": cannot open shared object file: No such file or directory" {
			t.Errorf("%q: %+v, %v", word, s, err)
		}
	}
	long := strings.Repeat("x", 51)
	if s, err := on("subid: " + long).Choose(file); err != nil || len(s.Notes) != 2 || !strings.HasSuffix(s.Notes[0], "(longer than 50 characters): "+long) {
		t.Errorf("%+v, %v", s, err)
	}
	sssdHere := account.Present(paths.SSSDPipes()) || find("libsubid_sss.so") != ""
	if s, err := on("subid: sss").Choose(file); err != nil || s.SSSD != sssdHere || (len(s.Notes) == 0) != sssdHere {
		t.Errorf("%+v, %v", s, err)
	}
}

func TestChooseUnreadable(t *testing.T) {
	for _, c := range []struct {
		err error
		bad bool
	}{{unix.ENOENT, false}, {unix.EACCES, true}, {io.ErrUnexpectedEOF, true}} {
		s, err := Unprivileged(func(string) (io.ReadCloser, error) { return nil, c.err }).Choose(file)
		var wrong *account.SwitchError
		if errors.As(err, &wrong) != c.bad || (s.Name == file) == c.bad {
			t.Errorf("%v: %+v, %v", c.err, s, err)
		}
	}
}

// TestTake: SSSD passes on what the directory says, be it ranges or not.
func TestTake(t *testing.T) {
	var a Answer
	for _, r := range [][2]uint32{
		{2147483648, 65536}, {1, 1}, {4294967294, 1}, {1, 4294967294}, // ranges
		{4294967290, 65536}, {0, 65536}, {100000, 0}, {0, 0}, {4294967295, 1}, {4294967294, 2}, {1, 4294967295}, {4294967295, 4294967295}, // none
	} {
		a.take([]sssd.Range{{Start: r[0], Count: r[1]}})
	}
	if len(a.Ranges) != 4 || a.Bad != 8 {
		t.Errorf("%+v", a)
	}
	for _, r := range a.Ranges {
		if r.Contains(0) || r.End() > 1<<32-1 {
			t.Errorf("%v", r)
		}
	}
}

// TestWithin: a request lies inside one range, or is not granted.
func TestWithin(t *testing.T) {
	ranges := []idmap.Range{ids(t, 100, 10), ids(t, 110, 10), ids(t, 300, 10)}
	for _, c := range []struct {
		start, count uint64
		granted      bool
	}{
		{100, 10, true},
		{105, 5, true},
		{110, 10, true},
		{309, 1, true},
		{100, 11, false},
		{105, 10, false}, // two ranges that touch are two grants
		{99, 2, false},
		{109, 2, false},
		{310, 1, false},
		{0, 1, false},
		{100, 210, false},
	} {
		wanted := ids(t, c.start, c.count)
		found := subid.Within(ranges, []idmap.Range{wanted})
		if found.Granted.Covers(wanted) != c.granted || (found.Granted.Count() > 0) != c.granted || (len(found.Used) == 1) != c.granted {
			t.Errorf("%v: %+v", wanted, found)
		}
		if found.Many != 3 || len(found.Owned) != 3 {
			t.Errorf("%v: %+v", wanted, found)
		}
	}
}

func ids(t *testing.T, start, count uint64) idmap.Range {
	t.Helper()
	r, ok := idmap.NewRange(start, count)
	if !ok {
		t.Fatal(start, count)
	}
	return r
}

// FuzzTake: what is granted are ids that exist, and never more than a range says.
func FuzzTake(f *testing.F) {
	f.Add(uint32(4294967290), uint32(65536))
	f.Add(uint32(100000), uint32(65536))
	f.Fuzz(func(t *testing.T, start, count uint32) {
		var a Answer
		a.take([]sssd.Range{{Start: start, Count: count}})
		if len(a.Ranges)+a.Bad != 1 {
			t.Fatalf("%+v", a)
		}
		for _, r := range a.Ranges {
			if r.Start() != uint64(start) || r.Count() != uint64(count) || r.Start() == 0 || r.End() >= 1<<32 {
				t.Errorf("%v of %d+%d", r, start, count)
			}
		}
	})
}
