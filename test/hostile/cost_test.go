//go:build system

package hostile

import (
	"fmt"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
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

// TestCostAmong: interfaces that are none of the bridge's are not listed. Each part of a list takes the kernel as long as
// there are interfaces.
func TestCostAmong(t *testing.T) {
	r := runnablesOf(t, costly, "costs", inPlace)["create"]
	alone := r.lists(t)
	var others, removals []string
	for i := range 200 { // whose names are more than one short read
		name := fmt.Sprintf("among%d", i)
		others = append(others, "link add "+name+" type veth peer name "+name+"b")
		removals = append(removals, "link del "+name)
	}
	t.Cleanup(func() {
		if err := ip(removals...); err != nil {
			t.Error(err)
		}
	})
	if err := ip(others...); err != nil {
		t.Fatal(err)
	}
	if among := r.lists(t); among > alone {
		t.Errorf("%d parts of lists are read among others, %d without", among, alone)
	}
}

// lists counts the parts of directories that one run reads.
func (r runnable) lists(t *testing.T) (n int) {
	t.Helper()
	plan{u: costly, argv: r.argv()}.run(t, func(x *traced) {
		for x.until(func(c systemCall) bool { return c.nr == unix.SYS_GETDENTS64 }) {
			n++
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
