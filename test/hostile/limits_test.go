//go:build system

package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	limited = person("lim")
	counted = person("pids")
	_       = grant("lim veth limits 1", "lim veth ovs0 1", "pids veth pids 1")
)

// limits are the resource limits of setrlimit(2), as prlimit(1) calls them.
var limits = map[string]int{
	"as": unix.RLIMIT_AS, "core": unix.RLIMIT_CORE, "cpu": unix.RLIMIT_CPU, "data": unix.RLIMIT_DATA, "fsize": unix.RLIMIT_FSIZE,
	"locks": unix.RLIMIT_LOCKS, "memlock": unix.RLIMIT_MEMLOCK, "msgqueue": unix.RLIMIT_MSGQUEUE, "nice": unix.RLIMIT_NICE,
	"nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "rss": unix.RLIMIT_RSS, "rtprio": unix.RLIMIT_RTPRIO,
	"rttime": unix.RLIMIT_RTTIME, "sigpending": unix.RLIMIT_SIGPENDING, "stack": unix.RLIMIT_STACK,
}

// mayFail reports whether a program may fail at a limit, clearly and with nothing left behind. Of the three limits on
// memory the kernel and the runtime make use before the program begins; the one on processor time, at nothing, ends it at
// the next tick of the clock. Pending signals never matter: nothing here signals a thread. The others are raised before
// they matter, but not on a machine without CAP_SYS_RESOURCE.
func mayFail(t *testing.T, resource string) bool {
	t.Helper()
	return slices.Contains([]string{"as", "data", "stack", "cpu"}, resource) || resource != "sigpending" && !raisable(t)
}

// raisable reports whether this machine lets a setuid program raise a hard limit.
func raisable(t *testing.T) bool {
	t.Helper()
	text, err := os.ReadFile("/proc/self/status")
	_, rest, found := strings.Cut(string(text), "CapBnd:\t")
	if err != nil || !found {
		t.Fatal("no capabilities in /proc/self/status: ", err)
	}
	set, err := strconv.ParseUint(strings.SplitN(rest, "\n", 2)[0], 16, 64)
	if err != nil {
		t.Fatal(err)
	}
	if set&(1<<unix.CAP_SYS_RESOURCE) != 0 {
		return true
	}
	once.Do(func() {
		fmt.Println("observed: without CAP_SYS_RESOURCE on this machine no hard limit can be raised: clear failures are accepted")
	})
	return false
}

var once sync.Once

// TestLimits: with each resource limit at nothing, at one, and at small values a program does what it does without, or
// fails and says so, and nothing is left behind.
func TestLimits(t *testing.T) {
	for name, r := range runnablesOf(t, limited, "limits", inPlace) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			calm := call(t, limited, r.argv()...)
			effect := r.effect()
			var y tally
			succeeded := 0
			for resource, number := range limits {
				var now unix.Rlimit
				if err := unix.Getrlimit(number, &now); err != nil {
					t.Fatal(err)
				}
				may := mayFail(t, resource)
				for _, wanted := range []uint64{0, 1, 3, 100, 8192, 1_000_000, 50_000_000} {
					y.point()
					value := min(wanted, now.Max) // the caller could not raise it either
					got := call(t, limited, append([]string{"/usr/bin/prlimit", fmt.Sprintf("--%s=%d:%d", resource, value, value)}, r.argv()...)...)
					did := r.effect()
					switch {
					case got.steady() == calm.steady() && did == effect:
						succeeded++
					case resource == "cpu" && got.status == 137 && !raisable(t): // killed anywhere; the next call repairs
					case (may || name == "getsubids") && got.status > 0 && did == r.none && (got.err != "" || got.status > 128):
					default:
						y.fault("a limit matters", "%s=%d: %v, %q; not %v, %q", resource, value, got, did, calm, effect)
					}
				}
			}
			if succeeded < y.points/2 {
				y.fault("rarely succeeds", "%d of %d", succeeded, y.points)
			}
			y.report(t, 100)
		})
	}
}

// TestLimitsTogether: all limits that a program raises, at little at once, while it makes a port of Open vSwitch, which
// takes another program: it does, or it says why not and leaves nothing.
func TestLimitsTogether(t *testing.T) {
	target := container(t, limited)
	t.Cleanup(func() { sweep(t, limited); emptyOpenVSwitch(t) })
	for _, value := range []string{"0", "3", "40", "10000"} {
		command := []string{"/usr/bin/prlimit"}
		for _, resource := range []string{"core", "fsize", "locks", "memlock", "nofile", "nproc", "sigpending"} {
			command = append(command, "--"+resource+"="+value)
		}
		r := call(t, limited, append(command, creates(target, "ovs0")...)...)
		switch {
		case r.made() != "" && strings.TrimSpace(ports(t)) == r.made():
			if r := call(t, limited, append(command, deletes(target, "ovs0", r.made())...)...); r.status != 0 || ports(t) != "" {
				t.Errorf("delete: %v, ports %q", r, ports(t))
			}
		case value == "10000" || !mayFail(t, "nofile") || r.status != 1 || r.err == "" || ports(t) != "" || len(nicsOf(t, limited)) != 0:
			t.Errorf("all limits at %s: %v, ports %q", value, r, ports(t))
		}
	}
}

// TestLimitsLedger: a limit on the size of files that lies within the row to be written leaves no part of a row.
func TestLimitsLedger(t *testing.T) {
	if err := os.MkdirAll(filepath.Dir(ledgerPath), 0o755); err != nil {
		t.Fatal(err)
	}
	target := container(t, limited)
	var y tally
	for more := range 24 {
		y.point()
		// With rows of another user alone, the row is appended; with one of the caller's own that is dead, the ledger is
		// written anew.
		others := strings.Repeat("filler veth limits vethfill\n", 100)
		if more%2 == 1 {
			others += fmt.Sprintf("lim veth limits veth%d_dead\n", limited.uid)
		}
		if err := (harness.File{Text: others}).Put(ledgerPath); err != nil {
			t.Fatal(err)
		}
		size := len(others)
		r := call(t, limited, append([]string{"/usr/bin/prlimit", fmt.Sprintf("--fsize=%d", size+2*more)}, creates(target, "limits")...)...)
		if left := nicsOf(t, limited); r.made() == "" && (!mayFail(t, "fsize") || r.status != 1 || r.err == "" || len(left) != 0) {
			y.fault("no clear failure", "%d bytes above the ledger's size: %v, interfaces %q", 2*more, r, left)
		}
		if row := malformed(t); row != "" {
			y.fault("part of a row", "%d bytes above the ledger's size: %q", 2*more, row)
		}
		sweep(t, limited)
	}
	y.report(t, 24)
	if err := os.Remove(ledgerPath); err != nil {
		t.Fatal(err)
	}
}

// TestLimitsPids: in a cgroup with room for any small number of threads a program does what it does, or ends and leaves
// nothing behind, or dies as if it were killed, and then the next call goes on as if it had not been.
func TestLimitsPids(t *testing.T) {
	folder := pidsGroup(t)
	for name, r := range runnablesOf(t, counted, "pids", inPlace) {
		if name == "getsubids" {
			continue // without privilege
		}
		calm := call(t, counted, r.argv()...)
		effect := r.effect()
		var y tally
		succeeded := 0
		for most := 1; most <= 12; most++ {
			y.point()
			if err := os.WriteFile(folder+"/pids.max", []byte(strconv.Itoa(most)), 0); err != nil {
				t.Fatal(err)
			}
			script := fmt.Sprintf("echo $$ >%s/cgroup.procs; exec setpriv --reuid %d --regid %d --clear-groups \"$@\"", folder, counted.uid, counted.gid)
			got := call(t, user{}, append([]string{"/bin/sh", "-c", script, "sh"}, r.argv()...)...)
			did := r.effect()
			switch {
			case got.steady() == calm.steady() && did == effect:
				succeeded++
			case got.status > 0 && got.err != "" && did == r.none:
			case got.status == 2 && strings.Contains(got.err, "newosproc"): // the runtime's death, anywhere: TestKillCreate
			default:
				y.fault("something is left, or nothing is said", "%s, pids.max %d: %v, %q", name, most, got, did)
			}
		}
		if succeeded == 0 {
			y.fault("never succeeds", "%s", name)
		}
		y.report(t, 12)
	}
}

// pidsGroup makes a cgroup that limits the number of threads, in whichever hierarchy the machine has that controller.
func pidsGroup(t *testing.T) string {
	t.Helper()
	const folder2, mounted = "/sys/fs/cgroup/hostile-pids", "/run/hostile-pids"
	// The old hierarchy is the machine's, where another run of this suite may be at work.
	name := "userns-helpers.hostile." + filepath.Base(filepath.Dir(os.Args[0]))
	controllers, _ := os.ReadFile("/sys/fs/cgroup/cgroup.controllers")
	folder := folder2
	if slices.Contains(strings.Fields(string(controllers)), "pids") {
		// The test's own processes have to leave a group before it can have groups with controllers.
		if err := sh("mkdir -p /sys/fs/cgroup/rest; for p in $(cat /sys/fs/cgroup/cgroup.procs); do echo $p >/sys/fs/cgroup/rest/cgroup.procs || :; done; echo +pids >/sys/fs/cgroup/cgroup.subtree_control; mkdir " + folder2); err != nil {
			t.Fatal(err)
		}
	} else {
		folder = mounted + "/" + name
		if err := sh("mkdir -p " + mounted + "; mountpoint -q " + mounted + " || mount -t cgroup -o pids none " + mounted + "; mkdir -p " + folder); err != nil {
			t.Fatalf("this machine has no cgroup with the controller pids: %v", err)
		}
	}
	t.Cleanup(func() {
		if err := os.Remove(folder); err != nil {
			t.Error(err)
		}
	})
	return folder
}
