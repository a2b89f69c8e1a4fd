//go:build system

package nics

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// calm is how long a create may take while somebody else does their worst: one second more than undisturbed.
const calm = 1500 * time.Millisecond

// hostageCases: no local user can delay another one's calls.
func hostageCases() []testCase {
	from := "nobody is held hostage"
	both := "alice veth br0 50\nbob veth br0 50\nbob veth br9 50\n@lan veth br0 50\n"
	return []testCase{
		{id: "hostage/full-pipe-of-unlisted-user", from: from + ": a full pipe as stderr blocks everybody", usernet: both, then: func(w *world) {
			w.blocked(mallory, "create /dev/null c1 {pid:mallory} veth br0 eth0")
		}},
		{id: "hostage/full-pipe-wrong-words", from: from, usernet: both, then: func(w *world) { w.blocked(mallory, "create x") }},
		{id: "hostage/full-pipe-of-listed-user", from: from, usernet: both, then: func(w *world) {
			w.blocked(bob, "create /dev/null c1 {pid:bob} veth br0 eth0")
		}},
		{id: "hostage/full-pipe-of-refused-user", differs: "N25 late", from: from, usernet: both, then: func(w *world) {
			w.blocked(bob, "create /dev/null c1 {pid:bob} veth br9 eth0")
		}},
		{id: "hostage/full-pipe-same-group", from: from, usernet: "@lan veth br0 50\n", as: alice.in(lan), then: func(w *world) {
			w.blocked(bob.in(lan), "create /dev/null c1 {pid:bob} veth br0 eth0")
		}},
		{id: "hostage/full-pipe-of-delete", differs: "N25 late", from: from, usernet: both, then: func(w *world) {
			w.blocked(bob, "delete /dev/null c1 {ns:bob} veth br0 veth1002_AbCd")
		}},
		{id: "hostage/victim-deletes", differs: "N03 exit, N25 late", from: from, usernet: both, then: func(w *world) {
			w.create(alice, "{pid} veth br0 eth0", nic{})
			w.blocked(bob, "create /dev/null c1 {pid:bob} veth br9 eth0")
			w.remove(alice, "{ns} veth br0 {nic}")
		}},
		{id: "hostage/stopped", differs: "N25 late, by chance", from: from + ": SIGSTOP blocks everybody", usernet: both, then: func(w *world) { w.stopped(bob, "kill -STOP $!") }},
		{id: "hostage/stopped-unlisted-user", differs: "N25 late, by chance", from: from + ": SIGSTOP blocks everybody", usernet: both, then: func(w *world) { w.stopped(mallory, "kill -STOP $!") }},
		{id: "hostage/frozen", differs: "N25 late, by chance", from: from + " (cgroup.freeze in a delegated cgroup)", usernet: both, then: frozen(bob, alice)},
		{id: "hostage/frozen-same-group", differs: "N25 late, by chance", from: from + " (cgroup.freeze in a delegated cgroup)", usernet: "@lan veth br0 200\n", then: frozen(bob.in(lan), alice.in(lan))},
		{id: "hostage/frozen-unlisted-user", differs: "N25 late, by chance", from: from + " (cgroup.freeze in a delegated cgroup)", usernet: both, then: frozen(mallory, alice)},
		{id: "hostage/ledger-locked-by-reader", from: from + " (any user may lock a file that he may read)", usernet: both, args: firstNic, grant: &nic{}, then: lockedByReader},
	}
}

// prompt: alice creates and deletes in time, whatever goes on.
func (w *world) prompt(u user, n int, doing string) {
	before := w.c.start.Timeout
	w.c.start.Timeout = calm
	a := w.call(u, words("create /dev/null c1 {pid:%s} veth br0 v%d", u.name, n)...)
	w.c.start.Timeout = before
	w.check(a.status != -1, late, "while %s, %s's create took longer than %v", doing, u.name, calm)
	if a.status != -1 {
		w.check(a.status == 0, exit, "while %s, %s's create: exit status %d: %q", doing, u.name, a.status, a.text())
	}
}

// blocked starts a call of attacker's that cannot write, waits until it would, and lets the victim call.
func (w *world) blocked(attacker user, args string) {
	victim := w.caller(w.c.as)
	w.hold(victim)
	w.hold(attacker)
	reader, writer, err := os.Pipe()
	w.must(err)
	fill(w, writer)
	done := make(chan bool)
	go func() {
		defer close(done)
		start := harness.Start{Stdout: writer, Stderr: writer, Timeout: 4 * time.Second}
		w.callStarted(start, w.helper, attacker, strings.Split(args, " ")...)
	}()
	time.Sleep(150 * time.Millisecond)
	w.prompt(victim, 0, attacker.name+" does not read what he is told")
	_ = reader.Close()
	<-done
	_ = writer.Close()
}

// stopped lets attacker send a signal to their own calls at several moments; the victim calls after each.
func (w *world) stopped(attacker user, how string) {
	w.hold(alice)
	w.hold(attacker)
	for i := range 16 {
		script := fmt.Sprintf("%s create /dev/null c1 {pid:%s} veth br0 s%d >/dev/null 2>&1 & sleep 0.%03d; %s 2>/dev/null || :; echo; read x <&3; kill -KILL $!",
			w.helper, attacker.name, i, i, how)
		release := w.background(attacker, w.fill(script))
		w.prompt(alice, i, attacker.name+" has stopped his own")
		release()
		if w.faults[late] != nil {
			return
		}
	}
}

// background runs a shell script as u and returns once it has printed a line. The script waits for the end of
// descriptor 3, which the function returned brings about.
func (w *world) background(u user, script string) func() {
	reader, writer, err := os.Pipe()
	w.must(err)
	gate, hold, err := os.Pipe()
	w.must(err)
	done := make(chan bool)
	go func() {
		defer close(done)
		_, _ = harness.Start{
			Path: "/bin/sh", Argv: []string{"sh", "-c", script}, UID: u.uid, GID: u.gid, Groups: u.groups, Stdout: writer,
			Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, Files: []*os.File{gate}, Timeout: 2 * patience,
		}.Run()
	}()
	_, err = reader.Read(make([]byte, 1))
	w.must(err)
	return func() {
		_ = hold.Close()
		<-done
		for _, file := range []*os.File{reader, writer, gate} {
			_ = file.Close()
		}
	}
}

// frozen puts attacker's calls into a cgroup and freezes it at several moments; the victim calls after each.
func frozen(attacker, victim user) func(*world) {
	return func(w *world) {
		w.hold(victim)
		w.hold(attacker)
		folder := "/sys/fs/cgroup/attacker"
		w.must(os.Mkdir(folder, 0o755))
		defer func() { w.must(removeCgroup(folder)) }()
		for i := range 12 {
			w.freezeOnce(attacker, folder, i)
			w.prompt(victim, i, attacker.name+" is frozen")
			w.must(os.WriteFile(folder+"/cgroup.kill", []byte("1"), 0))
			w.must(os.WriteFile(folder+"/cgroup.freeze", []byte("0"), 0))
			w.emptied(folder)
			if w.faults[late] != nil {
				return
			}
		}
	}
}

// freezeOnce starts a call of attacker's in the cgroup and freezes it i milliseconds later.
func (w *world) freezeOnce(attacker user, folder string, i int) {
	groups := "--clear-groups"
	if attacker.groups != nil {
		groups = fmt.Sprintf("--groups %d", attacker.groups[0])
	}
	script := fmt.Sprintf("echo $$ >%s/cgroup.procs; exec setpriv --reuid %d --regid %d %s %s create /dev/null c1 {pid:%s} veth br0 f%d >/dev/null 2>&1",
		folder, attacker.uid, attacker.gid, groups, w.helper, attacker.name, i)
	go func(script string) {
		_, _ = harness.Start{Path: "/bin/sh", Argv: []string{"sh", "-c", script}, Env: []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}}.Run()
	}(w.fill(script))
	for range 1000 {
		if text, _ := os.ReadFile(folder + "/cgroup.procs"); len(text) > 0 {
			break
		}
		time.Sleep(100 * time.Microsecond)
	}
	time.Sleep(time.Duration(i) * time.Millisecond)
	w.must(os.WriteFile(folder+"/cgroup.freeze", []byte("1"), 0))
}

// removeCgroup removes an empty cgroup. Its last process may have left cgroup.procs and not yet be gone: EBUSY until then.
func removeCgroup(folder string) error {
	var err error
	for range 1000 {
		if err = os.Remove(folder); !errors.Is(err, unix.EBUSY) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return err
}

func (w *world) emptied(folder string) {
	for range 200 {
		if text, _ := os.ReadFile(folder + "/cgroup.procs"); len(text) == 0 {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	w.t.Fatalf("%s does not become empty", folder)
}

// lockedByReader: mallory takes every kind of lock that she can get on what she may open under /run/lxc.
func lockedByReader(w *world) {
	script := `for f in /run/lxc /run/lxc/* /run/lxc/nics.d/*; do [ -r "$f" ] && flock "$f" sleep 9 & done; sleep 0.1; echo; read x <&3; kill -KILL 0`
	release := w.background(mallory, script)
	w.prompt(alice, 7, "mallory locks what she can read")
	release()
}
