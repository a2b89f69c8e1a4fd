//go:build system

package nics

import (
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

func (w *world) pause() { time.Sleep(300 * time.Millisecond) }

// hostileCases: what else a caller can choose, and the bridge's name.
func hostileCases() []testCase {
	from := "what a hostile caller can do"
	started := func(id string, start harness.Start) testCase {
		return testCase{id: "hostile/" + id, from: from, start: start, args: firstNic, grant: &nic{}}
	}
	bridge := func(id, name string) testCase {
		return testCase{
			id: "bridge/" + id, differs: "N01 message", from: "bridge; bad input", usernet: "alice veth " + name + " 5\nalice veth br0 5\n",
			argv: []string{"create", "/dev/null", "c1", "{pid}", "veth", name, "eth0"}, refuse: ".",
		}
	}
	every := []string{
		"GODEBUG=inittrace=1,sbrk=1,gctrace=1", "GOMAXPROCS=1000", "GOGC=off", "GOMEMLIMIT=nonsense", "TZ=/run/tz-pipe", "ZONEINFO=/run", "TMPDIR=/no", "PATH=/tmp",
		"USER=root", "HOME=/root", "LD_PRELOAD=/tmp/x.so", "LD_LIBRARY_PATH=/tmp", "GCONV_PATH=/tmp", "LANG=xx", "GOCOVERDIR=/run", "IFS=x",
	}
	return []testCase{
		started("environment", harness.Start{Env: every}),
		started("signals-ignored", harness.Start{Ignore: []int{int(unix.SIGCHLD), int(unix.SIGPIPE), int(unix.SIGALRM)}}),
		started("signals-blocked", harness.Start{Block: []int{int(unix.SIGCHLD), int(unix.SIGPIPE), int(unix.SIGALRM), int(unix.SIGTERM), int(unix.SIGURG)}}),
		started("working-directory", harness.Start{Dir: "/dev/shm"}),
		started("umask-777", harness.Start{Umask: 0o777}),
		bridge("lo", "lo"),
		bridge("missing", "br7"),
		bridge("16-bytes", "abcdefghijklmnop"),
		bridge("path", "../../../etc"),
		bridge("dot-dot", ".."),
		bridge("slash", "br0/brif"),
		{id: "bridge/empty", differs: "N01 message", from: "bridge; bad input", argv: []string{"create", "/dev/null", "c1", "{pid}", "veth", "", "eth0"}, refuse: "."},
		{id: "bridge/blank", differs: "N01 message", from: "bridge; bad input", argv: []string{"create", "/dev/null", "c1", "{pid}", "veth", "br0 9", "eth0"}, refuse: "."},
		{id: "bridge/not-a-bridge", differs: "N01 message", from: "not a bridge", usernet: "alice veth tap7 5\n", before: func(w *world) { w.must(ip("tuntap add dev tap7 mode tap")) }, args: "create /dev/null c1 {pid} veth tap7 eth0", refuse: "not a.*bridge"},
		{id: "bridge/altname", from: "the device's kind decides (an altname must not get round a line)", usernet: "alice veth other 5\n", before: func(w *world) { w.must(ip("link property add dev br0 altname other")) }, args: "create /dev/null c1 {pid} veth other eth0", then: consistentAfter},
		{id: "bridge/down", from: "bridge", before: func(w *world) { w.must(ip("link set br0 down")) }, args: firstNic, grant: &nic{}},
		{id: "bridge/none-exists", from: "none", usernet: "alice veth none 5\n", before: func(w *world) { w.must(ip("link add none type bridge")) }, args: "create /dev/null c1 {pid} veth none eth0", grant: &nic{bridge: "none"}},
		{id: "hostile/target-goes-away", from: "failure leaves nothing", usernet: "alice veth br0 50\n", then: vanishingTargets},
	}
}

// vanishingTargets ends the target while the program works, a little later each time.
func vanishingTargets(w *world) {
	for i := range 10 {
		name := "t" + strings.Repeat("x", i)
		target := w.holdAs(name, alice, "unshare", "-Urn", "cat")
		ended := make(chan bool)
		time.AfterFunc(time.Duration(4+i)*time.Millisecond, func() { target.Release(); close(ended) })
		a := w.call(alice, words("create /dev/null c1 {pid:%s} veth br0 eth0", name)...)
		w.check(a.status == 0 || a.status == 1, exit, "exit status %d: %q", a.status, a.text())
		w.check(a.status == 0 || len(a.text()) > 0, message, "nothing was said")
		<-ended
		delete(w.held, name)
	}
	for range 100 {
		if w.alive(alice) == 0 {
			break
		}
		time.Sleep(20 * time.Millisecond) // the kernel takes namespaces down later
	}
	w.check(w.alive(alice) == 0, left, "%d nics live without a container", w.alive(alice))
	w.create(alice, "{pid} veth br0 eth0", nic{})
	w.check(len(w.ledger()) == 1, rows, "the rows of the dead stay: %q", w.ledger())
}
