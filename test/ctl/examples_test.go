//go:build system

package ctl

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestExamples: systemd and udev can read the examples, and the hook calls usernsctl for a bridge that came up, and for nothing
// else.
func TestExamples(t *testing.T) {
	var units []string
	for _, kind := range []string{"service", "path", "timer"} {
		found, err := filepath.Glob(filepath.Join(*examplesFlag, "*."+kind))
		if err != nil || len(found) == 0 {
			t.Fatal(kind, err)
		}
		units = append(units, found...)
	}
	if out, err := exec.Command("systemd-analyze", append([]string{"verify", "--man=no"}, units...)...).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
	rules := filepath.Join(*examplesFlag, "90-userns-helpers.rules")
	text, err := os.ReadFile(rules)
	if err != nil {
		t.Fatal(err)
	}
	rule := regexp.MustCompile(`^[A-Z]+(\{[A-Z_]+\})?(==|\+=|=)"[^"]*"(, [A-Z]+(\{[A-Z_]+\})?(==|\+=|=)"[^"]*")*$`)
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' && !rule.MatchString(line) {
			t.Errorf("no rule: %s", line)
		}
	}
	if exec.Command("udevadm", "verify", "--help").Run() == nil { // since systemd 254
		if out, err := exec.Command("udevadm", "verify", rules).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	}
	hook := filepath.Join(*examplesFlag, "if-up")
	for _, c := range []struct {
		environment, arguments []string
		calls                  bool
	}{
		{[]string{"IFACE=br0", "MODE=start"}, nil, true},
		{nil, []string{"br0", "up"}, true},
		{nil, []string{"br0", "down"}, false},
		{nil, []string{"lo", "up"}, false},
		{nil, nil, false},
	} {
		log := filepath.Join(t.TempDir(), "log")
		tools := t.TempDir()
		// In place of logger(1), which is what the hook hands the answer to.
		if err := os.WriteFile(tools+"/logger", []byte("#!/bin/sh\nexec cat >"+log+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		command := exec.Command("/bin/sh", append([]string{hook}, c.arguments...)...)
		command.Env = append(c.environment, "PATH="+tools+":/bin:/usr/bin")
		out, err := command.CombinedOutput()
		said, _ := os.ReadFile(log)
		if calls := strings.Contains(string(said), "as the policy says"); err != nil || len(out) > 0 || calls != c.calls {
			t.Errorf("%q %q: %v %s: %s", c.environment, c.arguments, err, out, said)
		}
	}
}
