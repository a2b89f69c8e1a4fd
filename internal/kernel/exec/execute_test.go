package exec

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/kernel/trusted"
)

// shell is a run of /bin/sh: what a program gets is best told by one.
func shell(script string, environment ...string) (Result, error) {
	p := Program{Path: "/bin/sh", Arguments: []string{"-c", script}, Environment: environment, Patience: 5 * time.Second}
	return p.run(nil, privilege.Standing{})
}

func TestGets(t *testing.T) {
	t.Setenv("OURS", "x")
	open, err := unix.Open("/dev/null", unix.O_RDONLY, 0) // as a descriptor that a caller left, without FD_CLOEXEC
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(open)
	result, err := shell("export -p; pwd; ls /proc/self/fd; echo $0 $#; cat; exit 3", "PATH=/usr/bin:/bin", "A=b")
	if err != nil || result.Status != 3 {
		t.Fatalf("%v, %v", result, err)
	}
	lines := strings.Split(strings.TrimSpace(string(result.Output)), "\n")
	var variables, rest []string
	for _, line := range lines {
		if strings.HasPrefix(line, "export ") && !strings.Contains(line, "PWD") { // which the shell makes itself
			variables = append(variables, line)
		} else if !strings.HasPrefix(line, "export ") {
			rest = append(rest, line)
		}
	}
	if got := strings.Join(variables, ","); got != "export A='b',export PATH='/usr/bin:/bin'" {
		t.Errorf("the environment is %q", got)
	}
	// The directory; the descriptors, of which ls opens 3 itself; the name.
	if got := strings.Join(rest, " "); got != "/ 0 1 2 3 /bin/sh 0" {
		t.Errorf("%q", got)
	}
}

func TestStatus(t *testing.T) {
	for script, want := range map[string]int{"exit 0": 0, "exit 2": 2, "kill -9 $$": -1, "echo x >&2; exit 1": 1} {
		if result, err := shell(script); err != nil || result.Status != want || len(result.Output) > 0 {
			t.Errorf("%s: %v, %v", script, result, err)
		}
	}
	p := Program{Path: "/bin/sh", Arguments: []string{"-c", "echo x >&2"}, Patience: time.Second, Errors: true}
	if result, err := p.run(nil, privilege.Standing{}); err != nil || string(result.Output) != "x\n" {
		t.Errorf("%v, %v", result, err)
	}
}

// TestOutputIsBounded: writing more fails.
func TestOutputIsBounded(t *testing.T) {
	result, err := shell("/bin/head -c 70000 /dev/zero 2>/dev/null")
	if err != nil || result.Status == 0 || len(result.Output) > LongestOutput {
		t.Errorf("%d bytes, status %d, %v", len(result.Output), result.Status, err)
	}
	result, err = shell("/bin/head -c 65536 /dev/zero")
	if err != nil || result.Status != 0 || len(result.Output) != LongestOutput {
		t.Errorf("%d bytes, status %d, %v", len(result.Output), result.Status, err)
	}
}

// TestTimeLimit: what takes too long is killed, and what it started.
func TestTimeLimit(t *testing.T) {
	mark := filepath.Join(t.TempDir(), "mark")
	p := Program{Path: "/bin/sh", Arguments: []string{"-c", "(/bin/sleep 1; echo > " + mark + ") & /bin/sleep 30"}, Patience: 200 * time.Millisecond}
	began := time.Now()
	if result, err := p.run(nil, privilege.Standing{}); !errors.Is(err, ErrTimeout) || result.Status != 0 || result.Output != nil || time.Since(began) > 2*time.Second {
		t.Errorf("%v, %v after %v", result, err, time.Since(began))
	}
	time.Sleep(1200 * time.Millisecond)
	if _, err := os.Stat(mark); err == nil {
		t.Error("what it started is alive")
	}
}

// TestRefuses: nothing is executed that others than root can write.
func TestRefuses(t *testing.T) {
	folder := t.TempDir()
	script := filepath.Join(folder, "script")
	if err := errors.Join(os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755), os.Chmod(script, 0o777)); err != nil {
		t.Fatal(err)
	}
	var untrusted *trusted.UntrustedError
	for _, path := range []string{script, folder} {
		if _, err := (Program{Path: path, Patience: time.Second}).run(nil, privilege.Standing{}); !errors.As(err, &untrusted) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if _, err := (Program{Path: folder + "/none", Patience: time.Second}).run(nil, privilege.Standing{}); !errors.Is(err, unix.ENOENT) {
		t.Error(err)
	}
}

// TestWhoMay: as root only with all ids of root, as oneself only without privileges.
func TestWhoMay(t *testing.T) {
	p := Program{Path: "/bin/true", Patience: time.Second}
	if _, err := AsRoot(p, privilege.Standing{}); errors.Is(err, ErrNotRoot) != (os.Getuid() != 0) {
		t.Errorf("as root, by uid %d: %v", os.Getuid(), err)
	}
	if _, err := AsSelf(p); err != nil {
		t.Errorf("as oneself: %v", err)
	}
}

// TestAwaitWithoutDescriptor: before Linux 5.2 a child has no descriptor, and its end is seen all the same.
func TestAwaitWithoutDescriptor(t *testing.T) {
	for script, want := range map[string]error{"exit 3": nil, "exec sleep 5": ErrTimeout} {
		pid, err := syscall.ForkExec("/bin/sh", []string{"sh", "-c", script}, &syscall.ProcAttr{})
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if err := await(pid, -1, began.Add(300*time.Millisecond)); !errors.Is(err, want) || time.Since(began) > 2*time.Second {
			t.Errorf("%s: %v after %v", script, err, time.Since(began))
		}
		_ = unix.Kill(pid, unix.SIGKILL)
		var status unix.WaitStatus
		if _, err := unix.Wait4(pid, &status, 0, nil); err != nil || want == nil && status.ExitStatus() != 3 {
			t.Errorf("%s: %v, %v", script, status, err)
		}
	}
}
