//go:build system

package hostile

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	racers  = crowd()
	raced   = person("raced")
	another = person("another")
	_       = grant("raced veth raced 2", "another veth raced 2")
)

// quotaOfEach is what each of ten users may have.
const quotaOfEach = 7

func crowd() []user {
	var out []user
	for i := range 10 {
		u := person(fmt.Sprintf("racer%d", i))
		grant(fmt.Sprintf("%s veth race %d", u.name, quotaOfEach))
		out = append(out, u)
	}
	return out
}

// TestRaceQuota: 200 creates of ten users at once make exactly the quota of each, and each is recorded.
func TestRaceQuota(t *testing.T) {
	var targets []*harness.Target
	for _, u := range racers {
		targets = append(targets, container(t, u))
	}
	results := make([]result, 200)
	var wait sync.WaitGroup
	for i := range results {
		wait.Add(1)
		go func() {
			defer wait.Done()
			results[i] = call(t, racers[i%10], creates(targets[i%10], "race")...)
		}()
	}
	wait.Wait()
	for _, r := range results {
		if r.status != 0 && !strings.Contains(r.err, "uota") {
			t.Errorf("refused for another reason than the quota: %v", r)
		}
	}
	for _, u := range racers {
		nics := nicsOf(t, u)
		if len(nics) != quotaOfEach {
			t.Errorf("%s has %d interfaces, not %d", u.name, len(nics), quotaOfEach)
		}
		for _, nic := range nics {
			if wrong := incomplete(nic, "race"); wrong != "" || listed(t, nic) != 1 {
				t.Errorf("%s: %s; %d rows", nic, wrong, listed(t, nic))
			}
		}
		sweep(t, u)
	}
	if row := malformed(t); row != "" {
		t.Errorf("malformed row %q", row)
	}
	fmt.Printf("observed: %s: 200 calls, %d interfaces each\n", t.Name(), quotaOfEach)
}

// changeling is a way in which a process becomes something else while a program acts on it.
type changeling struct {
	name    string
	command string // what the process executes when it is nudged
	change  func(*testing.T, *harness.Target) (afterwards func())
}

// changelings: it ends, and its number becomes another user's process; it executes a program; it makes namespaces below
// its own and goes there, which the kernel lets it do only where both its ids are mapped already.
func changelings() []changeling {
	return []changeling{
		{"exits", "", func(_ *testing.T, target *harness.Target) func() { target.Release(); return nil }},
		{"pid-reused", "", reuse},
		{"executes", "exec cat", nudge},
		{"unshares", "exec unshare -Urn cat", nudge},
	}
}

const nudgePath = "/run/hostile-nudge"

// nudge has a target that waits for it execute its command, and waits until it has.
func nudge(t *testing.T, target *harness.Target) func() {
	t.Helper()
	if err := os.WriteFile(nudgePath, []byte("go\n"), 0); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); target.Read("comm") != "cat"; time.Sleep(100 * time.Microsecond) {
		if time.Since(began) > patience() {
			t.Fatalf("the target is still %s", target.Read("comm"))
		}
	}
	return nil
}

// reuse ends the target and gives its number to a process of another user, in namespaces of its own.
func reuse(t *testing.T, target *harness.Target) func() {
	t.Helper()
	target.Release()
	for range 50 {
		if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte(strconv.Itoa(target.PID-1)), 0); err != nil {
			t.Fatal(err)
		}
		other, err := harness.Hold(another.owner(), "unshare", "-Un", "cat")
		if err != nil {
			t.Fatal(err)
		}
		if other.PID != target.PID { // some other process was faster
			other.Release()
			continue
		}
		return func() {
			defer other.Release()
			if other.Read("uid_map")+other.Read("gid_map") != "" || other.Read("setgroups") != "allow" || links(t, other) != 1 {
				t.Errorf("the other user's process was changed: maps %q %q, setgroups %s, %d interfaces",
					other.Read("uid_map"), other.Read("gid_map"), other.Read("setgroups"), links(t, other))
			}
		}
	}
	t.Fatal("no process got the number")
	return nil
}

// links counts the interfaces of a process's network namespace.
func links(t *testing.T, target *harness.Target) int {
	t.Helper()
	text := target.Read("net/dev") // two lines of headings
	return len(strings.Split(text, ", ")) - 2
}

// TestRaceTarget: a process that becomes something else, at whatever system call, while a program works on it: the
// program does its work on the process and the namespace that it has checked, or fails and leaves nothing; never does it
// touch another.
func TestRaceTarget(t *testing.T) {
	_ = os.Remove(nudgePath)
	if err := errors.Join(unix.Mkfifo(nudgePath, 0o666), os.Chmod(nudgePath, 0o666)); err != nil {
		t.Fatal(err)
	}
	maps := mappings(raced)
	for name, argv := range map[string]func(int) []string{
		"newuidmap": maps["newuidmap"].argv, "own-group": maps["own-group"].argv,
		"create": func(pid int) []string { return creates(&harness.Target{PID: pid}, "raced") },
	} {
		for _, c := range changelings() {
			flags := "-Un"
			if name == "create" {
				flags = "-Urn"
			} else if c.name == "unshares" {
				continue
			}
			t.Run(name+"/"+c.name, func(t *testing.T) {
				var y tally
				for n := 0; raceOnce(t, &y, c, flags, argv, n); n += 9 {
				}
				y.report(t, 5)
			})
		}
	}
}

// raceOnce holds the program n system calls after its beginning, lets the target change, and judges what came of it.
func raceOnce(t *testing.T, y *tally, c changeling, flags string, argv func(int) []string, n int) bool {
	t.Helper()
	target, err := harness.Hold(raced.owner(), "unshare", flags, "sh", "-c", `read x; echo "$x"; read x <`+nudgePath+`; `+c.command)
	if err != nil {
		t.Fatal(err)
	}
	defer target.Release()
	reached := false
	var afterwards func()
	r := plan{u: raced, argv: argv(target.PID)}.run(t, func(x *traced) {
		if reached = x.begun() && x.skip(n); reached {
			afterwards = c.change(t, target)
		}
	})
	if !reached && n > 0 {
		sweep(t, raced)
		return false
	}
	y.point()
	switch {
	case r.status != 0 && r.status != 1, r.status == 1 && r.err == "":
		y.fault("no clear end", "%d calls after the beginning: %v", n, r)
	case r.status == 1 && len(nicsOf(t, raced)) != 0:
		y.fault("something left", "%d calls after the beginning: %v: %q", n, r, nicsOf(t, raced))
	}
	if afterwards != nil {
		afterwards()
	}
	sweep(t, raced)
	return true
}
