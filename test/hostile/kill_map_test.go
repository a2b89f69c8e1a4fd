//go:build system

package hostile

import (
	"fmt"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var killedMapping = person("km")

// at names the nth system call.
func at(n int, c systemCall) string {
	return fmt.Sprintf("system call %d, number %d of this machine,", n, c.nr)
}

// mapping is a map that u may write, and how it reads when it is written.
type mapping struct {
	argv   func(pid int) []string
	file   string
	whole  string
	denies bool // setgroups(2) has to go
}

// mappings are: subordinate ids for each program, and the caller's own group, which denies setgroups(2).
func mappings(u user) map[string]mapping {
	base := strconv.Itoa(u.base())
	own := strconv.Itoa(int(u.gid))
	return map[string]mapping{
		"newuidmap": {func(pid int) []string { return []string{newuidmap, strconv.Itoa(pid), "0", base, "65536"} }, "uid_map", "0 " + base + " 65536", false},
		"newgidmap": {func(pid int) []string { return []string{newgidmap, strconv.Itoa(pid), "0", base, "65536"} }, "gid_map", "0 " + base + " 65536", false},
		"own-group": {func(pid int) []string { return []string{newgidmap, strconv.Itoa(pid), "0", own, "1"} }, "gid_map", "0 " + own + " 1", true},
	}
}

// TestKillMap: a map program that is killed at whatever system call leaves the map empty or whole, and setgroups as it
// was unless the next thing was the map itself; and it can be called again. What it did, be it the denial alone, is in the
// log.
func TestKillMap(t *testing.T) {
	t.Parallel()
	kept.keep(t)
	for name, m := range mappings(killedMapping) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var y tally
			for n := firstPoint(); m.kill(t, &y, n); n++ {
			}
			y.report(t, 50)
		})
	}
}

func (m mapping) kill(t *testing.T, y *tally, n int) bool {
	target, err := harness.Hold(killedMapping.owner(), "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Release()
	var last systemCall
	done, pid := false, 0
	argv := m.argv(target.PID)
	plan{u: killedMapping, argv: argv}.run(t, func(x *traced) {
		pid = x.pid
		if done = !x.reach(n); !done {
			last = x.main
			x.kill()
		}
	})
	if done {
		return false
	}
	y.point()
	records := kept.of(argv[0], pid)
	if did := target.Read(m.file) != "" || target.Read("setgroups") == "deny"; did && !granted(records, `target="`+argv[1]+`"`) {
		y.fault("not recorded", "%s: %q", at(n, last), records)
	}
	m.judge(t, y, target, at(n, last), last)
	return true
}

func (m mapping) judge(t *testing.T, y *tally, target *harness.Target, where string, last systemCall) {
	t.Helper()
	before := target.Read(m.file)
	groups := target.Read("setgroups")
	switch {
	case before != "" && before != m.whole:
		y.fault("part of a map", "%s: %q", where, before)
	case groups == "deny" && !m.denies:
		y.fault("setgroups denied", "%s", where)
	// Between the denial, itself a write(2), and the map there is a close(2).
	case groups == "deny" && before == "" && last.nr != unix.SYS_WRITE && last.nr != unix.SYS_CLOSE:
		y.fault("setgroups denied long before the map", "%s", where)
	}
	if before != "" {
		return
	}
	again := call(t, killedMapping, m.argv(target.PID)...)
	if now := target.Read(m.file); again.status != 0 || now != m.whole {
		y.fault("cannot be repeated", "%s: %v, map %q", where, again, now)
	}
}
