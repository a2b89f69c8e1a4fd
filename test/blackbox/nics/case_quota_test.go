//go:build system

package nics

import (
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

func ownerOf(info fs.FileInfo) string {
	stat := info.Sys().(*syscall.Stat_t)
	return fmt.Sprintf("%d:%d", stat.Uid, stat.Gid)
}

// quotaCases: the quota holds, whatever the caller does to the program.
func quotaCases() []testCase {
	from := "the quota holds"
	limited := func(id string, resource int, value uint64) testCase {
		return testCase{
			id: "quota/" + id, from: from + " (limits of the caller)", usernet: "alice veth br0 1\n",
			start: harness.Start{Limits: map[int]uint64{resource: value}}, then: countedUnderLimits,
		}
	}
	return []testCase{
		{id: "quota/200-at-once", from: from + "; 200 parallel creates by 10 users", usernet: crowdUsernet(3), then: stampede},
		{id: "quota/group-at-once", from: from, usernet: "@lan veth br0 7\n", then: groupStampede},
		limited("file-size-0", unix.RLIMIT_FSIZE, 0).unlike("N24 left, N24 links"),
		limited("file-size-10", unix.RLIMIT_FSIZE, 10),
		limited("open-files-3", unix.RLIMIT_NOFILE, 3),
		limited("open-files-6", unix.RLIMIT_NOFILE, 6),
		limited("locked-memory-0", unix.RLIMIT_MEMLOCK, 0),
		limited("stack-64K", unix.RLIMIT_STACK, 1<<16),
		limited("data-0", unix.RLIMIT_DATA, 0),
		{
			id: "quota/processes-0", from: from + " (limits of the caller)", usernet: "alice veth br0 1\n",
			start: harness.Start{Path: "/bin/bash", Argv: []string{"bash", "-c", `ulimit -u 0; exec "$0" "$@"`}}, then: countedUnderLimits,
		},
		limited("locks-0", 10, 0), // RLIMIT_LOCKS
		{id: "quota/killed-by-its-user", differs: "N24 links, by chance", from: from + " (SIGKILL leaves usable nics that nobody counts)", usernet: "alice veth br0 1\n", then: killed},
	}
}

func crowdUsernet(number int) string {
	var out strings.Builder
	for _, u := range crowd() {
		fmt.Fprintf(&out, "%s veth br0 %d\n", u.name, number)
	}
	return out.String()
}

// countedUnderLimits calls twice where one nic is allowed, under the limits; then once without them, when there is room.
func countedUnderLimits(w *world) {
	limits := w.c.start
	granted := 0
	for i := range 2 {
		if w.call(alice, words("create /dev/null c1 {pid} veth br0 eth%d", i)...).status == 0 {
			granted++
		}
	}
	w.check(granted <= 1, exit, "%d grants where one is allowed", granted)
	alive := w.alive(alice)
	w.check(alive <= 1, links, "%d nics live where one is allowed", alive)
	w.check(alive == granted, left, "%d grants, %d living nics", granted, alive)
	w.c.start = harness.Start{}
	if alive == 0 {
		w.create(alice, "{pid} veth br0 eth5", nic{name: "eth5"})
	}
	w.c.start = limits
}

// words fills numbers into an argument list; %d of nic names included.
func words(format string, values ...any) []string {
	return strings.Split(fmt.Sprintf(format, values...), " ")
}

// alive counts the nics of u on the machine.
func (w *world) alive(u user) int {
	all, err := linksOf(0)
	w.must(err)
	n := 0
	for name := range all {
		if strings.HasPrefix(name, fmt.Sprintf("veth%d_", u.uid)) {
			n++
		}
	}
	return n
}

// atOnce runs n calls in parallel, at most 200 processes at a time, and returns the answers.
func (w *world) atOnce(n int, call func(i int) answer) []answer {
	out := make([]answer, n)
	var all sync.WaitGroup
	for i := range n {
		all.Add(1)
		go func() {
			defer all.Done()
			out[i] = call(i)
		}()
	}
	all.Wait()
	return out
}

func stampede(w *world) {
	everybody := crowd()
	for _, u := range everybody {
		w.hold(u)
	}
	w.c.start.Timeout = 4 * patience // 200 programs share the processors
	answers := w.atOnce(200, func(i int) answer {
		u := everybody[i%10]
		return w.callStarted(w.c.start, w.helper, u, words("create /dev/null c1 {pid:%s} veth br0 n%d", u.name, i)...)
	})
	for n, u := range everybody {
		granted := 0
		for i := n; i < 200; i += 10 {
			if answers[i].status == 0 {
				granted++
			}
		}
		w.check(granted == 3, exit, "%s: %d grants, the quota is 3", u.name, granted)
		w.check(w.alive(u) == 3, links, "%s: %d nics live, the quota is 3", u.name, w.alive(u))
		recorded := count(w.ledger(), func(row string) bool { return column(row, 1) == u.name })
		w.check(recorded == 3, rows, "%s: %d rows, the quota is 3", u.name, recorded)
	}
}

func groupStampede(w *world) {
	members := []user{alice.in(lan), bob.in(lan), carol.in(lan)}
	for _, u := range members {
		w.hold(u)
	}
	w.c.start.Timeout = 4 * patience
	answers := w.atOnce(30, func(i int) answer {
		u := members[i%3]
		return w.callStarted(w.c.start, w.helper, u, words("create /dev/null c1 {pid:%s} veth br0 n%d", u.name, i)...)
	})
	granted, alive := 0, 0
	for _, a := range answers {
		if a.status == 0 {
			granted++
		}
	}
	for _, u := range members {
		alive += w.alive(u)
	}
	w.check(granted == 7, exit, "%d grants, the group's quota is 7", granted)
	w.check(alive == 7, links, "%d nics live, the group's quota is 7", alive)
	w.check(len(w.ledger()) == 7, rows, "%d rows, the group's quota is 7", len(w.ledger()))
}

// killed starts calls and sends them SIGKILL with alice's rights, a little later each time.
func killed(w *world) {
	w.hold(alice)
	for i := range 12 {
		script := fmt.Sprintf("%s create /dev/null c1 {pid} veth br0 k%d >/dev/null & sleep 0.%03d; kill -KILL $! 2>/dev/null || :; wait", w.helper, i, i)
		_, err := harness.Start{Path: "/bin/sh", Argv: []string{"sh", "-c", w.fill(script)}, UID: alice.uid, GID: alice.gid, Env: []string{"PATH=/usr/bin:/bin"}}.Run()
		w.must(err)
	}
	w.check(w.alive(alice) <= 1, links, "%d nics live after kills, the quota is 1", w.alive(alice))
}
