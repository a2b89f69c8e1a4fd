package usernsctl

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"userns-helpers/internal/usernsctl/grant"
)

// run is a run of the program.
func run(arguments ...string) (status int, stdout, stderr string) {
	var out, errs bytes.Buffer
	status = Run(append([]string{"usernsctl"}, arguments...), &out, &errs)
	return status, out.String(), errs.String()
}

func TestHelp(t *testing.T) {
	for _, arguments := range [][]string{{"--help"}, {"-h"}, {"help"}} {
		status, out, errs := run(arguments...)
		if status != 0 || out != help() || errs != "" {
			t.Errorf("%q: status %d, %q, %q", arguments, status, out, errs)
		}
	}
	golden(t, "help", help())
	all := ""
	for _, c := range commands() {
		for _, arguments := range [][]string{{"help", c.name}, {c.name, "--help"}} {
			status, out, errs := run(arguments...)
			if status != 0 || out != c.help() || errs != "" {
				t.Errorf("%q: status %d, %q, %q", arguments, status, out, errs)
			}
		}
		all += c.help() + "\n"
	}
	golden(t, "help-commands", all)
	if status, out, _ := run("--version"); status != 0 || !strings.HasPrefix(out, "usernsctl (userns-helpers) ") {
		t.Errorf("status %d, %q", status, out)
	}
}

// editOrder is parseEdit for one who asks of options alone.
func editOrder(arguments []string) (order, error) {
	o, _, err := parseEdit(arguments)
	return o, err
}

// TestEdit: what the command line of edit means.
func TestEdit(t *testing.T) {
	for _, c := range []struct {
		words string
		want  grant.Correction
		wrong bool
	}{
		{"/etc/subuid", grant.Correction{File: "/etc/subuid"}, false},
		{"/etc/subuid 3 :1:1 --dry-run", grant.Correction{File: "/etc/subuid", Line: 3, Old: ":1:1", DryRun: true}, false},
		{"-- /etc/subuid 3 -x :2:1", grant.Correction{File: "/etc/subuid", Line: 3, Old: "-x", End: ":2:1"}, false},
		{"", grant.Correction{}, true},
		{"/etc/subuid 3", grant.Correction{}, true},
		{"/etc/subuid 0 x", grant.Correction{}, true},
		{"/etc/subuid -1 x", grant.Correction{}, true},
		{"/etc/subuid x x", grant.Correction{}, true},
		{"/etc/subuid 1 a b c", grant.Correction{}, true},
	} {
		_, got, err := parseEdit(strings.Fields(c.words))
		if (err != nil) != c.wrong || err == nil && got != c.want {
			t.Errorf("%q: %+v, %v", c.words, got, err)
		}
	}
	if _, _, err := parseEdit([]string{"/etc/subuid", "3", ""}); err == nil {
		t.Error("whatever the line is becomes a comment")
	}
}

// TestOptionsAreOnes: each option of a command is one that there is, each option is one of some command, and those that take
// a value are known to the commands that read theirs by themselves.
func TestOptionsAreOnes(t *testing.T) {
	used := map[string]bool{"--help": true, "--version": true}
	for _, c := range commands() {
		for _, name := range c.options {
			used[name] = true
			o := optionOf(name)
			if o.name != name {
				t.Errorf("%s: %s is no option", c.name, name)
			}
			read := map[string]func([]string) (order, error){"grant": parseGrant, "revoke": parseRevoke, "apply": parseApply, "edit": editOrder}[c.name]
			if !c.orders {
				continue
			}
			if _, err := read([]string{"alice", name}); err != nil && strings.Contains(err.Error(), "is not an option") {
				t.Errorf("%s does not take %s", c.name, name)
			} else if wants := err != nil && strings.Contains(err.Error(), "wants a value"); wants != (o.value != "") {
				t.Errorf("%s %s: %v", c.name, name, err)
			}
		}
	}
	for _, name := range optionNames() {
		if !used[name] {
			t.Errorf("no command takes %s", name)
		}
	}
}

// TestManual: the manual has each command and each option of each, and the synopsis has the commands in the same order.
func TestManual(t *testing.T) {
	text, err := os.ReadFile("../../man/usernsctl.8")
	if err != nil {
		t.Fatal(err)
	}
	page := string(text)
	for _, c := range commands() {
		if c.name != "help" && !strings.Contains(page, "\n.Ss "+c.name+"\n") && !strings.Contains(page, "\n.It Cm "+c.name) {
			t.Errorf("the manual does not say what %s does", c.name)
		}
		for _, name := range append(c.options, "--help") {
			if !strings.Contains(page, "\n.It Fl -"+strings.TrimPrefix(name, "--")) {
				t.Errorf("the manual does not say what %s of %s does", name, c.name)
			}
		}
	}
}

// TestCompletionFiles: the files that packages install are what usernsctl completion prints.
func TestCompletionFiles(t *testing.T) {
	for _, shell := range strings.Split(shells, "|") {
		status, out, errs := run("completion", shell)
		if status != 0 || errs != "" {
			t.Errorf("%s: status %d, %q", shell, status, errs)
		}
		path := "../../completions/usernsctl." + shell
		if *update {
			if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if text, err := os.ReadFile(path); err != nil || string(text) != out {
			t.Errorf("%s is not what usernsctl completion %s prints: %v", path, shell, err)
		}
	}
}

// TestMeant: a word that is wrong in few letters is taken for the nearest name, and no other is.
func TestMeant(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"chek", "check"},
		{"hceck", "check"},
		{"CHECK", "check"},
		{"rangse", "ranges"},
		{"nic", "nics"},
		{"grnt", "grant"},
		{"compl", "completion"}, // its beginning
		{"frobnicate", ""},
		{"", ""},
		{"x", ""},
		{strings.Repeat("check", 100), ""},
		{"\x1b", ""},
	} {
		if got, _ := nearest(c.text, names(commands())); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
	for arguments, want := range map[string]string{
		"chek": "did you mean check?", "check --al": "did you mean --all?", "check --jsno": "did you mean --json?", "grant alice --dryrun": "did you mean --dry-run?",
		"help chek": "did you mean check?", "revoke alice --keep-reservd": "did you mean --keep-reserved?",
	} {
		if _, _, errs := run(strings.Fields(arguments)...); !strings.Contains(errs, want) {
			t.Errorf("%q: %q does not ask %q", arguments, errs, want)
		}
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
		{"nics", "--guard"},
		{"ranges", "--pid", "1"},
		{"check", "--level", "fatal"},
		{"completion"},
		{"completion", "tcsh"},
		{"help", "check", "nics"},
		{"--json", "grant", "alice"},
	} {
		status, out, errs := run(arguments...)
		called := usage
		if len(arguments) > 0 {
			if c, known := commandOf(arguments[0]); known {
				called = c.usage()
			}
		}
		if arguments = append(arguments, ""); arguments[0] == "--json" {
			called = errs[strings.Index(errs, "usage: "):]
		}
		if status != 2 || out != "" || !strings.HasSuffix(errs, called) || !strings.HasPrefix(errs, "usernsctl: ") {
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
