//go:build system

package hostile

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	heir   = person("heir")
	_      = grant("heir veth heirs 1", "heir veth ovs0 1")
	slow   = person("slow")
	_      = grant("slow veth slow 1")
	unfixd = person("unfixed")
)

// What a caller chooses, who is not to be heard: 100 ms for each wait, and an execution domain in which the kernel says it
// is older than what the C library runs on, and memory lies where it can be foreseen (personality(2)).
const (
	callersSlack = 100 * time.Millisecond
	usualSlack   = "50000"
	uname26      = 0x0020000
	noRandom     = 0x0040000
)

// TestInheritedSlack: the slack of timers that a caller chose makes no wait longer, and so no refusal.
func TestInheritedSlack(t *testing.T) {
	target := container(t, slow)
	var took time.Duration
	plan{u: slow, argv: creates(target, "slow")}.run(t, func(x *traced) {
		locks := func(c systemCall) bool { return c.nr == unix.SYS_FCNTL && c.args[1] == unix.F_OFD_SETLK }
		if !x.until(locks) || !x.skip(5) {
			t.Fatal("no lock is taken")
		}
		r := call(t, slow, append([]string{self, "hostile-wrap", "slack"}, creates(target, "slow")...)...)
		if took = r.took; r.status != 1 || !strings.Contains(r.err, "slow") {
			t.Errorf("with another call in the only slot: %v", r)
		}
	})
	sweep(t, slow)
	fmt.Println("observed: a refusal with 100 ms of slack took", took)
	if took > 2*time.Second {
		t.Errorf("a refusal took %v", took)
	}
}

// openFiles is the limit on open files that a program works and executes others with.
func openFiles(t *testing.T) uint64 {
	t.Helper()
	const wanted = 1 << 16
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	if raisable(t) {
		return wanted
	}
	return min(wanted, limit.Max)
}

// TestInheritedByPrograms: what is executed for the caller has no slack and no execution domain of the caller's, all
// processors that the caller may use, and as many open files as any program, whatever the entry point left for the start.
func TestInheritedByPrograms(t *testing.T) {
	const program, seen = "/usr/bin/ovs-vsctl", "/run/hostile-seen"
	if err := sh("mv " + program + " " + program + ".real"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := sh("mv -f " + program + ".real " + program); err != nil {
			t.Error(err)
		}
	})
	script := "#!/bin/sh\ncat /proc/self/timerslack_ns /proc/self/personality >" + seen + "; uname -r >>" + seen + "; ulimit -Sn >>" + seen + "; grep Cpus_allowed: /proc/self/status | cut -f2 >>" + seen + "; exec " + program + ".real \"$@\"\n"
	if err := (harness.File{Text: script, Mode: 0o755}).Put(program); err != nil {
		t.Fatal(err)
	}
	target := container(t, heir)
	var name unix.Utsname
	if err := unix.Uname(&name); err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(status), "Cpus_allowed:\t")
	processors, _, _ := strings.Cut(rest, "\n")
	want := fmt.Sprintf("%s 00000000 %s %d %s", usualSlack, unix.ByteSliceToString(name.Release[:]), openFiles(t), processors)
	for _, how := range []string{"slack", "domain"} {
		r := call(t, heir, append([]string{self, "hostile-wrap", how}, creates(target, "ovs0")...)...)
		text, err := os.ReadFile(seen)
		if got := strings.Join(strings.Fields(string(text)), " "); err != nil || got != want || r.made() == "" {
			t.Errorf("%s: %v; the program saw %q (%v), not %q", how, r, got, err, want)
		}
		sweep(t, heir)
		emptyOpenVSwitch(t)
	}
}

// unfixed sets SECBIT_NO_SETUID_FIXUP, as a service manager can, and becomes a program of a user: words are uid, gid and
// the command line.
func unfixed(words []string) {
	runtime.LockOSThread()
	uid, _ := strconv.Atoi(words[0])
	gid, _ := strconv.Atoi(words[1])
	if err := unix.Prctl(unix.PR_SET_SECUREBITS, 1<<2, 0, 0, 0); err != nil {
		panic(err)
	}
	become(uid, gid, words[2:])
}

// TestInheritedSecurebits: what is done with the caller's rights is done without capabilities, although a change of ids
// leaves them where they are.
func TestInheritedSecurebits(t *testing.T) {
	target := hold(t, unfixd, "unshare", "-U", "cat")
	argv := []string{newuidmap, strconv.Itoa(target.PID), "0", strconv.Itoa(unfixd.base()), "10"}
	before := []string{self, "hostile-unfixed", strconv.Itoa(int(unfixd.uid)), strconv.Itoa(int(unfixd.gid))}
	directory := fmt.Sprintf("/proc/%d", target.PID)
	r := plan{argv: argv, before: before}.run(t, func(x *traced) {
		opens := func(c systemCall) bool { return c.nr == unix.SYS_OPENAT && x.text(c.args[1]) == directory }
		if !x.until(opens) {
			t.Error("the process is not opened")
			return
		}
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/status", x.pid, x.at.tid))
		if err != nil || !strings.Contains(string(status), "CapEff:\t0000000000000000") {
			t.Errorf("the process is opened with capabilities (%v):\n%s", err, status)
		}
	})
	if r.status != 0 || strings.TrimSpace(target.Read("uid_map")) == "" {
		t.Errorf("%v", r)
	}
}
