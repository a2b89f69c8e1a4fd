package getent

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/kernel/exec"
)

// answering is a switch whose getent ends like that; it tells how it was started.
func answering(status int, output string, err error) (Switch, *exec.Program) {
	var started exec.Program
	return Switch{func(p exec.Program) (exec.Result, error) {
		started = p
		return exec.Result{Status: status, Output: []byte(output)}, err
	}, patience}, &started
}

// whole reports whether the patience of a run is all there is.
func whole(left time.Duration) bool { return patience-time.Second < left && left <= patience }

const alice = "alice:*:1149800001:1149800001:Alice A:/home/alice:/bin/bash"

func TestAsk(t *testing.T) {
	s, started := answering(0, alice+"\n", nil)
	if found, err := s.Find([]lookup.Key{{ID: 1149800001}}); err != nil || len(found) != 1 || found[0].Name != "alice" || found[0].ID != 1149800001 {
		t.Errorf("%v, %v", found, err)
	}
	if started.Path != "/usr/bin/getent" || !slices.Equal(started.Arguments, []string{"passwd", "1149800001"}) ||
		!slices.Equal(started.Environment, []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}) || !whole(started.Patience) {
		t.Errorf("%+v", started)
	}
	s, started = answering(0, "devs:*:7:alice\n", nil)
	if _, err := s.Find([]lookup.Key{{Group: true, ID: 7}}); err != nil || !slices.Equal(started.Arguments, []string{"group", "7"}) {
		t.Errorf("%+v, %v", started, err)
	}
}

// TestGroupNamed: a group is asked for by a name that getent cannot take for anything else.
func TestGroupNamed(t *testing.T) {
	s, started := answering(0, "devs:*:7:alice\n", nil)
	if found, err := s.Find([]lookup.Key{{Group: true, Name: "devs"}}); err != nil || len(found) != 1 || found[0].ID != 7 || !slices.Equal(started.Arguments, []string{"group", "devs"}) {
		t.Errorf("%v, %v, %+v", found, err, started)
	}
	for _, name := range []string{"7", "-7", "+7", " 7", "--help", "-s"} {
		s, started := answering(0, "devs:*:7:alice\n", nil)
		if found, err := s.Find([]lookup.Key{{Group: true, Name: name}}); found != nil || !lookup.IsAbsent(err) || started.Path != "" {
			t.Errorf("%q: %v, %v, %+v", name, found, err, started)
		}
	}
}

func TestNoAnswer(t *testing.T) {
	s, _ := answering(2, "", nil)
	if found, err := s.Find([]lookup.Key{{ID: 7}}); found != nil || err != nil {
		t.Errorf("not found: %v, %v", found, err)
	}
	if found, err := s.Find([]lookup.Key{{Name: "alice"}}); found != nil || !lookup.IsAbsent(err) {
		t.Errorf("by name: %v, %v", found, err)
	}
	// A malformed line ends the search: nobody knows what it was meant to say.
	for _, output := range []string{"alice\n", "alice:*:x:7:::\n", "+:*:7:7:::\n", ":*:7:7:::\n"} {
		s, _ := answering(0, output, nil)
		if found, err := s.Find([]lookup.Key{{ID: 7}}); found != nil || err == nil || lookup.IsAbsent(err) {
			t.Errorf("%q: %v, %v", output, found, err)
		}
	}
	for name, c := range map[string]struct {
		status int
		output string
		err    error
		want   string
	}{
		"killed":         {-1, alice + "\n", nil, "status -1"},
		"wrong database": {1, "Unknown database", nil, "status 1"},
		"no enumeration": {3, "", nil, "status 3"},
		"nothing":        {0, "", nil, "not one line"},
		"an empty line":  {0, "\n", nil, "not one line"},
		"two lines":      {0, alice + "\nbob:*:7:7:::\n", nil, "not one line"},
		"cut":            {0, alice, nil, "not one line"},
		"slow":           {0, alice + "\n", exec.ErrTimeout, "within 10 seconds"},
		"not root":       {0, alice + "\n", exec.ErrNotRoot, "only executed as root"},
	} {
		s, _ := answering(c.status, c.output, c.err)
		found, err := s.Find([]lookup.Key{{ID: 7}})
		var failed *Error
		if found != nil || !errors.As(err, &failed) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
}

// FuzzLine: an answer is one line, and the whole output.
func FuzzLine(f *testing.F) {
	f.Add([]byte(alice + "\n"))
	f.Add([]byte("a\nb\n"))
	f.Fuzz(func(t *testing.T, output []byte) {
		if text, err := line(output); err == nil && string(text)+"\n" != string(output) || err != nil && text != nil {
			t.Errorf("%q, %v", text, err)
		}
	})
}
