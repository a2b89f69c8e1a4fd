//go:build system

package hostile

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	alice = person("alice").in(lan)
	bob   = person("bob").in(lan)
	_     = grant("bob veth atonce 2", "@lan veth atonce 120")
)

// onslaught is all that alice does at once, each thing until it is over.
type onslaught struct {
	t        *testing.T
	folder   string // a cgroup of alice's that is frozen
	over     context.Context
	full     *os.File // takes nothing
	wait     sync.WaitGroup
	killed   atomic.Int64
	holders  []*holder
	released sync.Once
}

// start has alice run a command until it ends by itself, or is killed after some time.
func (o *onslaught) start(longest time.Duration, output *os.File, argv ...string) {
	limited, cancel := context.WithTimeout(o.over, longest)
	defer cancel()
	command := exec.CommandContext(limited, argv[0], argv[1:]...)
	command.Env, command.Dir = []string{}, "/"
	if output != nil {
		command.Stdout, command.Stderr = output, output
	}
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: alice.uid, Gid: alice.gid, Groups: alice.groups}}
	_ = command.Run()
}

// keep repeats something.
func (o *onslaught) keep(do func()) {
	o.wait.Add(1)
	go func() {
		defer o.wait.Done()
		for o.over.Err() == nil {
			do()
		}
	}()
}

// names makes an interface whose end in the container has as many alternative names as will do harm.
func (o *onslaught) names(target *harness.Target) {
	if r := call(o.t, alice, creates(target, "atonce")...); r.made() == "" {
		o.t.Fatal(r)
	}
	inside(o.t, alice, target, `for i in $(seq 150); do echo "link property add dev eth0 altname $(printf "%0120d" $i)"; done | ip -batch -`)
}

// freeze has a create stand still for good, n system calls after its beginning, with whatever it has. It reports whether
// there are so many.
func (o *onslaught) freeze(target *harness.Target, n int) bool {
	frozen := make(chan bool, 1)
	o.wait.Add(1)
	go func() {
		defer o.wait.Done()
		defer close(frozen)
		plan{u: alice, argv: creates(target, "atonce")}.run(o.t, func(x *traced) {
			if x.reach(n) && x.at.nr != unix.SYS_EXIT_GROUP {
				control(o.t, o.folder+"/cgroup.procs", strconv.Itoa(x.pid))
				frozen <- true
			}
		})
	}()
	return <-frozen
}

// kills begins creates and kills them at any time. What they have made goes with the container.
func (o *onslaught) kills() {
	target, err := harness.Hold(alice.owner(), "unshare", "-Urn", "cat")
	if err != nil {
		o.t.Error(err)
		return
	}
	defer target.Release()
	for range 10 {
		o.start(rand.N(100*time.Millisecond), nil, creates(target, "atonce")...)
		o.killed.Add(1)
	}
}

// begin begins all of it: what stands still first, and what takes the processors last. It returns how many creates are frozen.
func (o *onslaught) begin(target *harness.Target) (frozen int) {
	o.names(target)
	for n := -8; o.freeze(target, n); n += 8 {
		frozen++
	}
	for _, path := range []string{"/run/lxc", "/run"} { // in this order: setpriv(1) looks for names in /run that are missing
		h, err := holdsDirectory(alice, path, "queued")
		if err != nil {
			o.t.Fatal(err)
		}
		o.holders = append(o.holders, h)
	}
	waits := [][]string{creates(target, "atonce"), creates(target, "lo"), {newuidmap, strconv.Itoa(target.PID), "0", "1", "1"}}
	for i := range 20 {
		argv := append([]string{self, "hostile-wrap", "slack"}, waits[i%len(waits)]...)
		o.keep(func() { o.start(time.Minute, o.full, argv...) })
	}
	o.keep(o.kills)
	for range 2 {
		o.keep(func() { o.start(time.Minute, nil, self, "hostile-flood", devLog) })
	}
	for range 2 { // what more of them take from bob is the scheduler's, and nothing of these programs
		o.keep(func() { o.start(time.Minute, nil, "/bin/sh", "-c", "while :; do :; done") })
	}
	awaited(o.t, "calls that wait", func() bool { return waiting(o.t, "lxc-user-nic", alice.uid).counted >= 10 })
	return frozen
}

// release lets the directories go, and whoever waits for them.
func (o *onslaught) release() {
	o.released.Do(func() {
		for _, h := range o.holders {
			h.release()
		}
	})
}

// bobs is a user with work of both kinds.
type bobs struct {
	netns   *harness.Target
	targets []*harness.Target // that have no map yet
}

// work makes interfaces, of bob's own line and of the group's, deletes them, and maps ids. It returns how long the longest
// call of each kind took.
func (b *bobs) work(t *testing.T, y *tally) (worst map[string]time.Duration) {
	t.Helper()
	worst = map[string]time.Duration{}
	did := func(kind string, r result, well bool) {
		y.point()
		worst[kind] = max(worst[kind], r.took)
		if !well {
			y.fault(kind, "%v after %v", r, r.took)
		}
	}
	for range 5 {
		var made []string
		for range 3 {
			r := call(t, bob, creates(b.netns, "atonce")...)
			did("create", r, r.made() != "")
			made = append(made, r.made())
		}
		for _, nic := range made {
			if nic == "" || *peersFlag { // they do not delete from a bridge of Linux
				continue
			}
			r := call(t, bob, deletes(b.netns, "atonce", nic)...)
			did("delete", r, r.status == 0)
		}
		sweep(t, bob)
		for _, target := range b.targets[:3] {
			r := call(t, bob, newuidmap, strconv.Itoa(target.PID), "0", strconv.Itoa(bob.base()), "65536")
			did("newuidmap", r, r.status == 0 && target.Read("uid_map") != "")
		}
		b.targets = b.targets[3:]
	}
	return worst
}

// TestAllAtOnce: a user who does at once what has held others up, one thing at a time, before it was mended, holds nobody
// up: in a group's quota that is shared with her, with directories held, calls that wait, stand still or are killed, names,
// a flooded log and busy processors, bob's calls succeed, and none takes a second more than the longest without her.
func TestAllAtOnce(t *testing.T) {
	b := &bobs{netns: container(t, bob)}
	for range 30 {
		b.targets = append(b.targets, hold(t, bob, "unshare", "-U", "cat"))
	}
	daemon, read := listen(t), make(chan struct{})
	log := &flooded{}
	over, end := context.WithCancel(t.Context())
	o := &onslaught{t: t, over: over, folder: "/sys/fs/cgroup/hostile-atonce"}
	o.keep(func() { log.read(daemon.fd, read) })
	_, o.full = fullPipe(t)
	if err := os.Mkdir(o.folder, 0o755); err != nil {
		t.Fatal(err)
	}
	target := container(t, alice)
	t.Cleanup(func() {
		end()
		close(read)
		o.release()
		control(t, o.folder+"/cgroup.kill", "1")
		o.wait.Wait()
		awaited(t, "an empty cgroup", func() bool { return os.Remove(o.folder) == nil })
		sweep(t, alice)
		sweep(t, bob)
	})
	control(t, o.folder+"/cgroup.freeze", "1")

	var y tally
	calm := b.work(t, &y)
	if y.total() > 0 {
		t.Fatalf("without her: %v", y.first)
	}
	frozen := o.begin(target)
	rescue := time.AfterFunc(patience(), o.release) // who waits for a directory cannot be killed
	worst := b.work(t, &y)
	rescue.Stop()
	wait := waiting(t, "lxc-user-nic", alice.uid).counted + waiting(t, "newuidmap", alice.uid).counted
	for kind, took := range worst {
		if took > calm[kind]+margin {
			y.fault("late", "%s: %v, calm %v", kind, took, calm[kind])
		}
	}
	text, err := os.ReadFile(o.folder + "/cgroup.procs")
	still := strings.Count(string(text), "\n")
	fmt.Printf("observed: %s: worst of bob's %v, calm %v; %d creates are frozen, %d calls wait, %d were killed\n",
		t.Name(), worst, calm, still, wait, o.killed.Load())
	if err != nil || still != frozen || frozen < 10 || o.killed.Load() < 10 {
		t.Errorf("%d of %d creates are frozen (%v), %d were killed: the attack does not reach the program", still, frozen, err, o.killed.Load())
	}
	if row := malformed(t); row != "" {
		t.Errorf("malformed row %q", row)
	}
	y.report(t, 60)
}
