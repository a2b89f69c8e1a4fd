//go:build system

package packages

import (
	"bufio"
	"fmt"
	"strings"
	"testing"
	"time"
)

// publicPrograms are the paths that callers know.
var publicPrograms = []string{"/usr/bin/newuidmap", "/usr/bin/newgidmap", "/usr/bin/getsubids", "/usr/libexec/lxc/lxc-user-nic"}

// watched runs the function while an ordinary user's program looks at the public programs, and fails the case when one of
// them would not have worked at any of these moments.
func (m *machine) watched(t *testing.T, paths []string, work func()) {
	t.Helper()
	for _, failure := range m.seen(t, paths, work) {
		t.Errorf("a user saw: %s", failure)
	}
}

// seen is watched, and returns the failures.
func (m *machine) seen(t *testing.T, paths []string, work func()) []string {
	t.Helper()
	// As nobody; and before everything else on a processor: on a busy machine it would miss what lasts for milliseconds. A
	// nice value would not do: with autogroups (sched(7)) it counts in the watcher's own session only.
	argv := []string{"chrt", "--fifo", "1", "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "/srv/watch"}
	for _, path := range paths {
		if path == "/usr/bin/getsubids" {
			path = "=" + path
		}
		argv = append(argv, path)
	}
	cmd := m.command(argv...)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	if !lines.Scan() || lines.Text() != "ready" {
		t.Fatalf("the watcher does not start: %q", lines.Text())
	}
	began := time.Now()
	work()
	lasted := time.Since(began)
	must(t, in.Close())
	var failures []string
	for lines.Scan() {
		failures = append(failures, lines.Text())
	}
	must(t, cmd.Wait())
	return withoutRounds(t, failures, lasted)
}

// withoutRounds takes the last line of the watcher away, and fails the case if it did not look often: a hundred times, or
// once in each millisecond of what was shorter than that.
func withoutRounds(t *testing.T, lines []string, lasted time.Duration) []string {
	t.Helper()
	least := min(100, int(lasted.Milliseconds()))
	var rounds, longest int
	last := len(lines) - 1
	if last < 0 {
		t.Fatal("the watcher said nothing")
	}
	if _, err := fmt.Sscanf(lines[last], "%d rounds, at most %d", &rounds, &longest); err != nil || rounds < least {
		t.Fatalf("the watcher did not watch for %v: %q", lasted, strings.Join(lines, "; "))
	}
	t.Log(lines[last])
	return lines[:last]
}
