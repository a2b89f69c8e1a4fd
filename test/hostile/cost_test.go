//go:build system

package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	costly = person("costly")
	_      = grant("costly veth costs 1")
)

// costs are how many page faults and system calls a call may take at most, of which nearly all of its time is made: some
// eight in a hundred more than it takes. Whoever needs more says in the commit what for.
var costs = map[string]struct{ faults, calls int }{
	"newuidmap": {204, 320},
	"newgidmap": {204, 320},
	"create":    {265, 455},
}

// attempts is how often a call is counted. What else the machine does only adds to the numbers, so that the least counts.
const attempts = 7

// TestCost: no call that is granted takes more page faults or system calls than it did, whatever the machine is busy with.
func TestCost(t *testing.T) {
	programs := runnablesOf(t, costly, "costs", inPlace)
	for name, most := range costs {
		t.Run(name, func(t *testing.T) {
			r := programs[name]
			faults, calls := 1<<30, 1<<30
			for range attempts {
				faults, calls = min(faults, r.faults(t)), min(calls, r.calls(t))
			}
			fmt.Printf("observed: %s: %d page faults, %d system calls\n", t.Name(), faults, calls)
			if faults > most.faults || calls > most.calls {
				t.Errorf("%d page faults, at most %d; %d system calls, at most %d", faults, most.faults, calls, most.calls)
			}
		})
	}
}

// TestNothingListed: a create reads no list of all interfaces, each part of which would take the kernel as long as there are
// interfaces; where a limit counts them on all bridges, it does.
func TestNothingListed(t *testing.T) {
	const path = "/etc/userns-helpers/policy.toml"
	before, err := os.ReadFile(path)
	if err == nil {
		t.Cleanup(func() { put(t, path, string(before)) })
	} else {
		t.Cleanup(func() { _ = os.Remove(path) })
	}
	r := runnablesOf(t, costly, "costs", inPlace)["create"]
	put(t, path, "")
	if names := r.listed(t); names != 0 {
		t.Errorf("%d parts of the list of all interfaces were read", names)
	}
	put(t, path, "[limits]\nnics_per_user = 5\n")
	if names := r.listed(t); names == 0 {
		t.Error("a limit over all bridges reads no list")
	}
}

// put makes a file of root's.
func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := (harness.File{Text: text}).Put(path); err != nil {
		t.Fatal(err)
	}
}

// listed counts the parts of the list of all interfaces that one run reads.
func (r runnable) listed(t *testing.T) (n int) {
	t.Helper()
	plan{u: costly, argv: r.argv()}.run(t, func(x *traced) {
		for x.until(func(c systemCall) bool { return c.nr == unix.SYS_GETDENTS64 }) {
			directory, _ := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", x.pid, x.at.args[0]))
			if strings.HasSuffix(directory, "/net/ipv4/conf") {
				n++
			}
		}
	})
	r.effect()
	return n
}

// faults counts the page faults of one run, those of the runtime's start and of the kernel's loading included.
func (r runnable) faults(t *testing.T) int {
	t.Helper()
	argv := r.argv()
	command := exec.Command(argv[0], argv[1:]...)
	command.Env, command.Dir = []string{}, "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: costly.uid, Gid: costly.gid}}
	err := command.Run()
	r.effect()
	used, known := command.ProcessState.SysUsage().(*syscall.Rusage)
	if err != nil || !known {
		t.Fatalf("%q: %v", argv, err)
	}
	return int(used.Minflt + used.Majflt)
}

// calls counts the system calls of one run, of all its threads.
func (r runnable) calls(t *testing.T) (n int) {
	t.Helper()
	plan{u: costly, argv: r.argv()}.run(t, func(x *traced) {
		for x.next() {
		}
		n = x.calls
	})
	r.effect()
	return n
}
