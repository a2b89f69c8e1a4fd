//go:build system

package e2e

import (
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"userns-helpers/test/blackbox/harness"
)

var (
	programsFlag = flag.String("programs", "", "whose programs are installed for the cases: debian or ours")
	oursFlag     = flag.String("ours", "", "the folder into which our programs were installed with make install DESTDIR=")
)

const (
	debian = "debian"
	ours   = "ours"
)

// installed are the paths that callers know.
var installed = []string{"/usr/bin/newuidmap", "/usr/bin/newgidmap", "/usr/bin/getsubids", "/usr/libexec/lxc/lxc-user-nic"}

// saved holds Debian's programs while ours are in their place.
const saved = "/opt/e2e/debian"

func TestMain(m *testing.M) {
	harness.Suite(m, "test/run e2e", prepare, programsFlag)
}

// prepare saves Debian's programs and installs those that were asked for.
func prepare() error {
	for _, path := range installed {
		if err := replace(saved+path, path); err != nil {
			return err
		}
	}
	return put(*programsFlag)
}

// put installs the programs of debian or ours, as an upgrade does it: each path changes in one step.
func put(programs string) error {
	from := map[string]string{debian: saved, ours: *oursFlag}[programs]
	if from == "" {
		return fmt.Errorf("no programs %q", programs)
	}
	for _, path := range installed {
		if err := replace(path, from+path); err != nil {
			return err
		}
	}
	return nil
}

// replace makes target a copy of source, mode and all.
func replace(target, source string) error {
	in, err := os.Open(source)
	if err != nil {
		return err
	}
	defer in.Close()
	stat, err := in.Stat()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
		return err
	}
	fresh := target + ".new"
	out, err := os.OpenFile(fresh, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := io.Copy(out, in); err != nil {
		return err
	}
	if err := os.Chmod(fresh, stat.Mode()); err != nil {
		return err
	}
	return os.Rename(fresh, target)
}

// change installs other programs until the case ends.
func change(t *testing.T, programs string) {
	t.Helper()
	if err := put(programs); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := put(*programsFlag); err != nil {
			t.Error(err)
		}
	})
}

// check fails the case unless ok. known, where there is one, is a failure of Debian's programs that was seen and is
// understood: with those it is only reported.
func check(t *testing.T, ok bool, what string, known ...string) {
	t.Helper()
	switch {
	case ok && len(known) > 0 && *programsFlag == debian:
		t.Logf("%s: holds, although it was seen to fail with Debian's programs: %s", what, known[0])
	case ok:
	case len(known) > 0 && *programsFlag == debian:
		t.Logf("known failure of Debian's programs: not so: %s: %s", what, known[0])
	default:
		t.Errorf("not so: %s", what)
	}
}

// eventually waits until holds does, which the kernel or a program brings about on its own; at most ten seconds.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	const most = 10 * time.Second
	for end := time.Now().Add(most); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within %v: %s", most, what)
}

// host runs a command as root and ends the case when it fails.
func host(t *testing.T, argv ...string) string {
	t.Helper()
	text, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, text)
	}
	return string(text)
}
