//go:build system

package hostile

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

var (
	threaded = person("threads")
	_        = grant("threads veth threads 1")
)

// mislinked are programs with the entry point of another.
var mislinked = []string{"newgidmap-as-newuidmap", "newuidmap-as-plain"}

// owned are the capabilities that a program may have: docs/process.md.
func owned(program string) uint64 {
	own := []int{unix.CAP_SETUID, unix.CAP_SETGID, unix.CAP_SYS_RESOURCE, unix.CAP_SYS_NICE, unix.CAP_AUDIT_WRITE}
	switch filepath.Base(program) {
	case "newuidmap":
		own = append(own, unix.CAP_SETFCAP, unix.CAP_DAC_READ_SEARCH)
	case "newgidmap":
		own = append(own, unix.CAP_DAC_READ_SEARCH)
	case "lxc-user-nic":
		own = append(own, unix.CAP_NET_ADMIN, unix.CAP_DAC_OVERRIDE)
	}
	set := uint64(0)
	for _, c := range own {
		set |= 1 << c
	}
	return set
}

// excess says which thread has a capability outside of a set, in which of its sets, "" for none.
func (x *traced) excess(own uint64) string {
	for _, tid := range x.threads() {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/status", x.pid, tid))
		for _, name := range []string{"CapInh", "CapPrm", "CapEff", "CapAmb"} {
			_, rest, _ := strings.Cut(string(text), name+":\t")
			set, err := strconv.ParseUint(strings.SplitN(rest, "\n", 2)[0], 16, 64)
			if len(text) > 0 && (err != nil || set&^own != 0) {
				return fmt.Sprintf("thread %s: %s %x outside of %x, %v", tid, name, set, own, err)
			}
		}
	}
	return ""
}

// TestThreads: from before there is a second thread to its end, no thread of a program has a capability that is not the
// program's own; and none is started once it works, which would have the ids that the thread at work has then.
func TestThreads(t *testing.T) {
	for name, r := range runnablesOf(t, threaded, "threads", inPlace) {
		if name == "getsubids" {
			continue // without privilege
		}
		t.Run(name, func(t *testing.T) {
			argv := r.argv()
			own := owned(argv[0])
			var y tally
			plan{u: threaded, argv: argv}.run(t, func(x *traced) {
				if !x.until(is(unix.SYS_CAPSET)) || x.clones > 0 || len(x.threads()) > 1 {
					t.Fatalf("capabilities are given up with %q", x.threads())
				}
				made := -1 // threads, when the program began
				for x.next() {
					y.point()
					if x.at.nr == unix.SYS_GETGROUPS && made < 0 {
						made = x.clones
					}
					if made >= 0 && x.clones > made {
						y.fault("a thread that the runtime did not start before", "system call %d (%d)", x.calls, x.at.nr)
						made = x.clones
					}
					if what := x.excess(own); what != "" {
						y.fault("a capability too much", "system call %d (%d): %s", x.calls, x.at.nr, what)
					}
				}
			})
			r.effect()
			y.report(t, 200)
		})
	}
}

// TestThreadsFallback: without the entry point all threads have given up the rest when the program does something.
func TestThreadsFallback(t *testing.T) {
	for name, r := range runnablesOf(t, threaded, "threads", inFallback) {
		if name == "getsubids" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			argv := r.argv()
			plan{u: threaded, argv: argv}.run(t, func(x *traced) {
				if !x.until(is(unix.SYS_UMASK)) || len(x.threads()) == 1 {
					t.Fatal("the program does not begin, or has one thread")
				}
				if what := x.excess(owned(argv[0])); what != "" || !x.unreachable() {
					t.Errorf("%s; out of reach: %v", what, x.unreachable())
				}
			})
			r.effect()
		})
	}
}

// TestMislinked: a program that begins at the entry point of another one refuses, or does for itself what that one did not
// do; never does it go on with what it cannot know.
func TestMislinked(t *testing.T) {
	base := strconv.Itoa(threaded.base())
	for i, want := range []result{{status: 1, err: "another program's entry point"}, {}} {
		target := hold(t, threaded, "unshare", "-U", "cat")
		r := call(t, threaded, filepath.Join(fallbackPlace, mislinked[i]), strconv.Itoa(target.PID), "0", base, "1")
		written := strings.TrimSpace(target.Read("uid_map")+target.Read("gid_map")) != ""
		if r.status != want.status || !strings.Contains(r.err, want.err) || written != (want.status == 0) {
			t.Errorf("%s: %v; written: %v", mislinked[i], r, written)
		}
	}
}

// TestReduced: where a caller has root's rights reduced, ids change only where there is a way back, and a map is written
// only where the kernel would let root write it.
func TestReduced(t *testing.T) {
	base := strconv.Itoa(threaded.base())
	id := strconv.Itoa(int(threaded.uid))
	for _, c := range []struct {
		how, program string
		status       int
		real         string // the real user id of the program at its end
	}{
		{"--securebits +noroot", newuidmap, 1, id},
		{"--securebits +noroot", newgidmap, 1, id},
		{"--bounding-set -setuid", newuidmap, 1, id},
		{"--bounding-set -setuid", newgidmap, 0, id},
		{"--bounding-set -setgid", newuidmap, 0, "0"},
		{"--bounding-set -setgid", newgidmap, 1, "0"},
		{"--bounding-set -all,+setuid,+setgid", newuidmap, 0, "0"},
		{"--bounding-set -all,+setuid,+setgid", newgidmap, 0, "0"},
		{"--inh-caps +sys_admin,+setuid", newuidmap, 0, "0"},
	} {
		target := hold(t, threaded, "unshare", "-U", "cat")
		before := append([]string{"/usr/bin/setpriv"}, strings.Fields(c.how+" --reuid "+id+" --regid "+id+" --clear-groups")...)
		ruid := ""
		r := plan{argv: []string{c.program, strconv.Itoa(target.PID), "0", base, "1"}, before: before}.run(t, func(x *traced) {
			own := owned(c.program)
			for x.until(func(systemCall) bool { return x.clones > 0 }) {
				if what := x.excess(own); what != "" {
					t.Errorf("%s, %s: %s", c.how, c.program, what)
				}
				if x.at.nr == unix.SYS_UMASK { // the end of what Begin does with ids
					text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", x.pid))
					_, rest, _ := strings.Cut(string(text), "\nUid:\t")
					ruid, _, _ = strings.Cut(rest, "\t")
				}
			}
		})
		written := strings.TrimSpace(target.Read("uid_map")+target.Read("gid_map")) != ""
		if r.status != c.status || ruid != c.real || written != (c.status == 0) {
			t.Errorf("%s, %s: %v; real user %q, not %q; written: %v", c.how, c.program, r, ruid, c.real, written)
		}
	}
}

// TestFilteredSilently: a filter of system calls that answers in the kernel's place, that a change of ids or capabilities
// was made, is not believed.
func TestFilteredSilently(t *testing.T) {
	for name, r := range runnablesOf(t, threaded, "threads", inPlace) {
		if name == "getsubids" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			calm := call(t, threaded, r.argv()...)
			effect := r.effect()
			for _, c := range []struct {
				calls []refused
				works bool
			}{
				{[]refused{every(unix.SYS_SETRESUID)}, false},
				{[]refused{every(unix.SYS_SETRESUID), every(unix.SYS_GETRESUID), every(unix.SYS_GETEUID)}, false},
				{[]refused{every(unix.SYS_CAPSET)}, false},
				{[]refused{every(unix.SYS_CAPSET), every(unix.SYS_CAPGET)}, false},
				{[]refused{every(unix.SYS_CAPGET)}, false},
				{[]refused{every(unix.SYS_GETRESUID)}, false},
				{[]refused{option(unix.PR_SET_NO_NEW_PRIVS)}, false},
				{[]refused{every(unix.SYS_GETUID), every(unix.SYS_GETGID), every(unix.SYS_GETRESGID)}, true},
				{[]refused{every(unix.SYS_GETCPU)}, true},
			} {
				got := call(t, user{}, through(threaded, 0, c.calls, r.argv())...)
				did := r.effect()
				worked := got.steady() == calm.steady() && did == effect
				failed := got.status == 1 && did == r.none && got.err != ""
				if c.works && !worked || !c.works && !failed {
					t.Errorf("%v: %v, %q; not %v, %q", c.calls, got, did, calm, effect)
				}
			}
		})
	}
}
