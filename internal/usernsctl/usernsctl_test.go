package usernsctl

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
)

// run is a run of the program.
func run(arguments ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = Run(append([]string{"usernsctl"}, arguments...), &out, &errs)
	return status, out.String(), errs.String()
}

func TestHelp(t *testing.T) {
	for _, arguments := range [][]string{{"--help"}, {"-h"}, {"check", "--help"}} {
		status, out, errs := run(arguments...)
		if status != 0 || out != help || errs != "" {
			t.Errorf("%q: status %d, %q, %q", arguments, status, out, errs)
		}
	}
	for line := range strings.Lines(help) {
		if len(line) > lineWide+1 {
			t.Errorf("a line of %d columns: %s", len(line), line)
		}
	}
	if status, out, _ := run("--version"); status != 0 || !strings.HasPrefix(out, "usernsctl (userns-helpers) ") {
		t.Errorf("status %d, %q", status, out)
	}
}

// TestWrongCommandLines: each is refused with status 2 and the usage, and prints nothing on standard output.
func TestWrongCommandLines(t *testing.T) {
	for _, arguments := range [][]string{
		{},
		{""},
		{"chek"},
		{"check", "all"},
		{"check", "--al"},
		{"nics", "x"},
		{"ranges", "pid"},
		{"ranges", "uid", "gid"},
		{"explain"},
		{"explain", "uid"},
		{"explain", "uid", "alice", "1"},
		{"explain", "uid", "alice", "1", "2", "3"},
		{"explain", "nic", "alice"},
		{"explain", "nic", "a", "b", "c"},
		{"explain", "pid", "alice"},
		{"check", "--path"},
		{"check", "--path="},
		{"check", "--json=yes"},
		{"explain", "uid", "root", "--pid", "0"},
		{"explain", "uid", "root", "--pid=x"},
		{"explain", "uid", "root", "--pid", "99999999999"},
		{"explain", "uid", "root", "x", "1"},
		{"explain", "uid", "root", "0", "0"},
		{"explain", "uid", "root", "4294967295", "2"},
		{"--", "--help"},
		{"-"},
		{"check", "-j"},
	} {
		status, out, errs := run(arguments...)
		if status != 2 || out != "" || !strings.HasSuffix(errs, usage) || !strings.HasPrefix(errs, "usernsctl: ") {
			t.Errorf("%q: status %d, %q, %q", arguments, status, out, errs)
		}
	}
}

func TestParse(t *testing.T) {
	var o options
	words, err := o.parse([]string{"--json", "explain", "--pid=12", "uid", "--path", "/a:/b", "--all", "--", "--json"})
	if err != nil || !slices.Equal(words, []string{"explain", "uid", "--json"}) || !o.json || !o.all || o.pid != 12 || o.path != "/a:/b" || o.help || o.version {
		t.Errorf("%q, %+v, %v", words, o, err)
	}
}

// closed is a standard output that nobody reads.
type closed struct{}

func (closed) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestUnwritten(t *testing.T) {
	var errs bytes.Buffer
	if status := Run([]string{"usernsctl", "--help"}, closed{}, &errs); status != 2 || !strings.Contains(errs.String(), "cannot write the answer") {
		t.Errorf("status %d, %q", status, errs.String())
	}
}

// TestJSON: each command's answer is JSON, whatever this machine is like.
func TestJSON(t *testing.T) {
	for _, arguments := range [][]string{
		{"check"},
		{"ranges"},
		{"ranges", "gid"},
		{"nics"},
		{"explain", "uid", "root"},
		{"explain", "gid", "root", "0", "1"},
		{"explain", "nic", "root", "none"},
		{"explain", "uid", "no-such-user"},
		{"explain", "nic", "no-such-user", "none"},
	} {
		status, out, errs := run(append(arguments, "--json")...)
		var value any
		if err := json.Unmarshal([]byte(out), &value); err != nil || status > 2 {
			t.Errorf("%q: status %d, %v in %q, %q", arguments, status, err, out, errs)
		}
		if strings.Contains(out, ": null") {
			t.Errorf("%q: null in %s", arguments, out)
		}
	}
}

func TestWrap(t *testing.T) {
	long := strings.Repeat("x", 90)
	for text, want := range map[string]string{
		"":                          "",
		"a  b":                      "  a b\n",
		strings.Repeat("word ", 20): "  " + strings.TrimRight(strings.Repeat("word ", 15), " ") + "\n  " + strings.TrimRight(strings.Repeat("word ", 5), " ") + "\n",
		"a " + long + " b":          "  a\n  " + long + "\n  b\n",
	} {
		if got := wrap(text, "  "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// TestEncode: what a container's name may hold reaches programs as it is, and no terminal.
func TestEncode(t *testing.T) {
	const name = "a\x1b\x7f\u009b2J\u202eé\U000e0001"
	text, err := encode([]string{name})
	const want = "[\n  \"a\\u001b\\u007f\\u009b2J\\u202eé\\udb40\\udc01\"\n]\n"
	if err != nil || string(text) != want {
		t.Errorf("%q, %v; want %q", text, err, want)
	}
	var back []string
	if err := json.Unmarshal(text, &back); err != nil || !slices.Equal(back, []string{name}) {
		t.Errorf("%q, %v", back, err)
	}
}

// FuzzCommandLine: no command line makes the program panic, and what it prints has no control characters.
func FuzzCommandLine(f *testing.F) {
	f.Add("explain\x00uid\x00root\x000\x001")
	f.Add("explain\x00nic\x00\x1b[2J\x00br0")
	f.Add("--pid\x00-1")
	f.Fuzz(func(t *testing.T, line string) {
		var o options
		words, err := o.parse(strings.Split(line, "\x00"))
		if err != nil && words != nil {
			t.Fatal("words with an error")
		}
		status, out, errs := run(append([]string{"frob"}, words...)...)
		if status == 1 {
			t.Fatalf("status 1 for a wrong command line: %q", line)
		}
		if strings.ContainsFunc(out+errs, func(r rune) bool { return r < ' ' && r != '\n' || r == 0x7f }) {
			t.Fatalf("a control character in %q", out+errs)
		}
	})
}
