//go:build system

package ctl

import (
	"os/exec"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestTerminal: at a terminal an answer is as wide as that, with colors unless NO_COLOR says otherwise or the terminal has none; in a
// pipe each finding is one line, without colors.
func TestTerminal(t *testing.T) {
	add(t, "/etc/subuid", "dave:500000:10\nalice:0:0\n")
	for _, c := range []struct {
		environment []string
		columns     string
		most        int
		colors      bool
	}{
		{nil, "60", 60, true},
		{nil, "200", 120, true},
		{[]string{"NO_COLOR=1"}, "60", 60, false},
		{[]string{"NO_COLOR="}, "60", 60, true},
		{[]string{"TERM=dumb"}, "60", 60, false},
	} {
		command := exec.Command("script", "-qec", "stty cols "+c.columns+"; "+usernsctl+" check --path /usr/bin", "/dev/null")
		command.Env = append([]string{"PATH=/usr/bin:/bin", "TERM=xterm", "SHELL=/bin/sh"}, c.environment...)
		out, _ := command.Output() // status 1: there are findings
		text := strings.ReplaceAll(string(out), "\r\n", "\n")
		if strings.Contains(text, "\x1b[31;1merror\x1b[0m") != c.colors || !c.colors && strings.Contains(text, "\x1b") || !strings.Contains(text, "[subid-owner]") {
			t.Errorf("%q: %q", c.environment, text)
		}
		widest := 0
		for line := range strings.Lines(strings.NewReplacer("\x1b[31;1m", "", "\x1b[33m", "", "\x1b[32m", "", "\x1b[36m", "", "\x1b[0m", "").Replace(text)) {
			widest = max(widest, utf8.RuneCountInString(strings.TrimSuffix(line, "\n")))
		}
		if widest > c.most || widest < c.most-25 {
			t.Errorf("%q, %s columns: %d wide\n%s", c.environment, c.columns, widest, text)
		}
	}
	got := call(t, root, usernsctl, "check", "--path", "/usr/bin", "--quiet")
	if want := "/etc/subuid:4: warning: subid-owner: there is no user \"dave\"\n/etc/subuid:5: error: subid-zero: \"alice:0:0\" grants nothing: the count is 0\n"; got.out != want || got.status != 1 {
		t.Errorf("%+v, want %s", got, want)
	}
}

// TestMetricsAndPicture: both answer an ordinary user, too, and what cannot be seen is a number.
func TestMetricsAndPicture(t *testing.T) {
	for _, p := range []person{root, alice} {
		got := call(t, p, usernsctl, "metrics")
		for _, want := range []string{
			"\nusernsctl_ids_granted{kind=\"uid\"} 132072\n", "\nusernsctl_findings{level=\"warning\"} ", "\nusernsctl_nic_quota{owner=\"alice\",bridge=\"br0\"} 2\n", "\nusernsctl_unseen ",
		} {
			if got.status != 0 || got.err != "" || !strings.Contains(got.out, want) {
				t.Errorf("as %s: no %q in %+v", p.name, want, got)
			}
		}
		if got := call(t, p, usernsctl, "ranges", "--svg"); got.status != 0 || strings.Count(got.out, ">alice</text>") != 2 || !strings.HasSuffix(got.out, "</svg>\n") {
			t.Errorf("as %s: %+v", p.name, got)
		}
	}
}

// TestAdvice: help, suggestions, and options that a command does not take.
func TestAdvice(t *testing.T) {
	for words, want := range map[string]string{
		"chek":               "did you mean check?",
		"check --jsno":       "did you mean --json?",
		"nics --guard":       "--guard is not an option of nics",
		"grant alcie":        "Did you mean alice?",
		"explain uid alcie":  "Did you mean alice?",
		"help check":         "usage: usernsctl check",
		"explain --help":     "usage: usernsctl explain",
		"completion fish":    "complete -c usernsctl",
		"ranges pid":         "usage: usernsctl ranges",
		"audit --since soon": "is no time",
	} {
		if got := call(t, root, append([]string{usernsctl}, strings.Fields(words)...)...); !strings.Contains(got.out+got.err, want) {
			t.Errorf("%s: %+v does not say %q", words, got, want)
		}
	}
}
