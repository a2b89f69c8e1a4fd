// Package scripts tests single functions of the shell scripts that packages run as root, with what they call put in place by the
// test. Whole scripts are tested by test/packages.
package scripts

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// function is the text of a function of a script, with one path in it replaced.
func function(t *testing.T, script, name, path, other string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", script))
	if err != nil {
		t.Fatal(err)
	}
	_, rest, begun := strings.Cut(string(text), "\n"+name+"() {\n")
	body, _, ended := strings.Cut(rest, "\n}\n")
	if !begun || !ended || !strings.Contains(body, path) {
		t.Fatalf("%s has no function %s with %s", script, name, path)
	}
	return name + "() {\n" + strings.ReplaceAll(body, path, other) + "\n}\n"
}

// run runs a script as these scripts are run, and returns what it prints.
func run(t *testing.T, script string) string {
	t.Helper()
	output, err := exec.Command("/bin/sh", "-euc", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	return strings.TrimSpace(string(output))
}

// TestServing: a socket that systemd cannot turn on, or that nobody listens on though its name is there, is none. The programs would
// lose their privilege, and users have none that works.
func TestServing(t *testing.T) {
	directory := t.TempDir()
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: filepath.Join(directory, "maps.sock"), Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	serving := "roles=maps sockets=" + directory + "\n" + function(t, "debian/userns-helpers-privilege", "answers", "", "") +
		function(t, "debian/userns-helpers-privilege", "serving", "/run/systemd/system", directory)
	serves := func(systemctl string) string {
		t.Helper()
		return run(t, serving+"systemctl() { "+systemctl+"; }\nif serving; then echo yes; else echo no; fi")
	}
	for systemctl, want := range map[string]string{"true": "yes", "false": "no"} {
		if got := serves(systemctl); got != want {
			t.Errorf("systemctl is %s: %s, want %s", systemctl, got, want)
		}
	}
	_ = listener.Close()
	if got := serves("true"); got != "no" {
		t.Errorf("nobody listens any more: %s", got)
	}
}

// TestCloseRanks: empty lines go, and a ledger without any is not written: LXC's program may be about to write a row.
func TestCloseRanks(t *testing.T) {
	ledger := filepath.Join(t.TempDir(), "nics")
	long := time.Unix(1, 0)
	for text, want := range map[string]string{
		"a veth br0 v1\n": "a veth br0 v1\n", "": "", "\n": "", "\n\na veth br0 v1\n\nb veth br0 v2\n\n": "a veth br0 v1\nb veth br0 v2\n",
	} {
		if err := os.WriteFile(ledger, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(ledger, long, long); err != nil {
			t.Fatal(err)
		}
		run(t, function(t, "debian/maintain", "close_ranks", "/run/lxc/nics", ledger)+"close_ranks")
		got, err := os.ReadFile(ledger)
		if err != nil || string(got) != want {
			t.Errorf("%q became %q, %v", text, got, err)
		}
		stat, err := os.Stat(ledger)
		if err != nil || stat.ModTime().Equal(long) != (text == want) {
			t.Errorf("%q: written at %v, %v", text, stat.ModTime(), err)
		}
	}
}
