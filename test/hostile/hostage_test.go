//go:build system

package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	unlisted   = person("mallory")
	listedOne  = person("hostage")
	member     = person("member")
	victim     = person("victim")
	other      = person("bystander")
	victimInIt = person("fellow")
	_          = grant("hostage veth hostage 300", "victim veth hostage 50", "bystander veth hostage 50", "@lan veth lan 300", "victim veth ovs0 9", "hostage veth ovs0 9")
)

// margin is what an attacker may add to a victim's worst time.
const margin = time.Second

// looks is how long a program looks again before it refuses for the quota: docs/threat-model.md.
const looks = 800 * time.Millisecond

// victimised is a victim at work.
type victimised struct {
	y      tally
	u      user
	bridge string
	target *harness.Target
	calm   time.Duration // the worst time of one call without an attack
}

func newVictim(t *testing.T, u user, bridge string) *victimised {
	v := &victimised{u: u, bridge: bridge, target: container(t, u), calm: time.Hour}
	worst := time.Duration(0)
	for range 10 {
		worst = max(worst, v.works(t, "calm"))
	}
	if v.y.total() > 0 {
		t.Fatalf("without an attack: %v", v.y.first)
	}
	v.y, v.calm = tally{}, worst
	return v
}

// works makes and deletes an interface, and returns how long the longer of the two took.
func (v *victimised) works(t *testing.T, while string, values ...any) time.Duration {
	t.Helper()
	v.y.point()
	place := fmt.Sprintf(while, values...)
	made := call(t, v.u, creates(v.target, v.bridge)...)
	if made.made() == "" {
		kind := "create refused"
		if made.status == -1 {
			kind = "create held up"
		}
		v.y.fault(kind, "%s: %v", place, made)
		return made.took
	}
	if *peersFlag { // they do not delete from a bridge of Linux
		sweep(t, v.u)
		return v.late(made.took, place)
	}
	gone := call(t, v.u, deletes(v.target, v.bridge, made.made())...)
	if gone.status != 0 {
		v.y.fault("delete refused", "%s: %v", place, gone)
		sweep(t, v.u)
	}
	return v.late(max(made.took, gone.took), place)
}

// late counts a fault if a call took too long.
func (v *victimised) late(worst time.Duration, place string) time.Duration {
	if worst > v.calm+margin {
		v.y.fault("late", "%s: %v, calm %v", place, worst, v.calm)
	}
	return worst
}

// attackers are those of the issue: without a line, with one, and with the victim's own group line.
func attackers() map[string]struct {
	attacker, victim user
	bridge           string
} {
	return map[string]struct {
		attacker, victim user
		bridge           string
	}{
		"unlisted":   {unlisted, victim, "hostage"},
		"listed":     {listedOne, other, "hostage"},
		"same-group": {member.in(lan), victimInIt.in(lan), "lan"},
	}
}

// TestHostageHeld: the attacker's create is held, as if frozen, at each of its system calls in turn, with whatever it
// has: a slot, the lock of its rewriting of the ledger, a half renamed ledger. The victim goes on; and afterwards the
// attacker's call ends as it should.
func TestHostageHeld(t *testing.T) {
	for name, a := range attackers() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := newVictim(t, a.victim, a.bridge)
			target := container(t, a.attacker)
			step := 2
			if *peersFlag {
				step = 8
			}
			for n, more := 0, true; more; n += step {
				// The row of the interface before is still there: the attacker rewrites the ledger.
				r := plan{u: a.attacker, argv: creates(target, a.bridge)}.run(t, func(x *traced) {
					if more = x.reach(n); more {
						v.works(t, "%d system calls after the beginning, at %d", n, x.at.nr)
					}
				})
				if a.attacker.name == unlisted.name && r.status != 1 || a.attacker.name != unlisted.name && r.made() == "" {
					v.y.fault("the attacker's own call", "%d: %v", n, r)
				}
				if left := nicsOf(t, a.attacker); r.made() != "" && (len(left) != 1 || incomplete(left[0], a.bridge) != "") {
					v.y.fault("the attacker's interface", "%d: %q", n, left)
				}
				sweep(t, a.attacker)
			}
			v.counts(t)
			v.y.report(t, 20)
		})
	}
}

// counts judges the ledger after an attack, with no interface of the two alive.
func (v *victimised) counts(t *testing.T) {
	t.Helper()
	if row := malformed(t); row != "" {
		v.y.fault("malformed row", "%q", row)
	}
	v.works(t, "afterwards")
	v.works(t, "afterwards")
	for _, row := range rows(t) {
		if !*peersFlag && strings.Contains(row, fmt.Sprintf("veth%d_", v.u.uid)) {
			v.y.fault("row left", "%q", row)
		}
	}
}

// TestHostageQuota: a held process that has taken the last slot of a group's line takes that slot and no more: a member's
// call is refused within a second, and granted as soon as the process is gone.
func TestHostageQuota(t *testing.T) {
	t.Parallel()
	holder, fellow := container(t, quotaHolder), container(t, quotaOther)
	u, w := quotaHolder.in(lan), quotaOther.in(lan)
	plan{u: u, argv: creates(holder, "lastslot")}.run(t, func(x *traced) {
		if !x.until(func(c systemCall) bool { return c.nr == unix.SYS_PWRITE64 }) || !x.skip(5) {
			t.Fatal("no slot is written")
		}
		if r := call(t, w, creates(fellow, "lastslot")...); r.status != 1 || !strings.Contains(r.err, "uota") || r.took > margin+looks {
			t.Errorf("while the slot is held: %v after %v", r, r.took)
		} else {
			fmt.Printf("observed: %s: refused after %v\n", t.Name(), r.took)
		}
		x.kill()
	})
	if r := call(t, w, creates(fellow, "lastslot")...); r.made() == "" || r.took > margin {
		t.Errorf("after the holder's death: %v after %v", r, r.took)
	}
	sweep(t, w)
}

var (
	quotaHolder = person("qholder")
	quotaOther  = person("qother")
	_           = grant("@lan veth lastslot 1")
)

// TestHostageFrozen: the attacker freezes, thaws and kills its own cgroup at moments of its choice.
func TestHostageFrozen(t *testing.T) {
	for name, a := range attackers() {
		t.Run(name, func(t *testing.T) {
			folder := "/sys/fs/cgroup/hostile-" + name
			if err := os.Mkdir(folder, 0o755); err != nil {
				t.Fatal(err)
			}
			v := newVictim(t, a.victim, a.bridge)
			target := container(t, a.attacker)
			argv := strings.Join(creates(target, a.bridge), " ")
			who := fmt.Sprintf("setpriv --reuid %d --regid %d --clear-groups", a.attacker.uid, a.attacker.gid)
			if a.attacker.groups != nil {
				who = strings.Replace(who, "--clear-groups", fmt.Sprintf("--groups %d", lan), 1)
			}
			for i := range 10 {
				// Three processes, frozen at three moments, with a descriptor that nobody reads and the lowest priority.
				script := fmt.Sprintf("echo $$ >%s/cgroup.procs; for n in 1 2 3; do nice -n 19 %s %s & sleep 0.003; done | sleep 9", folder, who, argv)
				attack := exec.Command("/bin/sh", "-c", script)
				if err := attack.Start(); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Duration(8+3*i) * time.Millisecond)
				control(t, folder+"/cgroup.freeze", "1")
				v.works(t, "frozen, attempt %d", i)
				if i%2 == 0 { // killed while it is frozen, or as it goes on
					control(t, folder+"/cgroup.freeze", "0")
				}
				control(t, folder+"/cgroup.kill", "1")
				control(t, folder+"/cgroup.freeze", "0")
				_ = attack.Wait()
				v.works(t, "killed, attempt %d", i)
				sweep(t, a.attacker)
			}
			v.counts(t)
			v.y.report(t, 20)
			for began := time.Now(); os.Remove(folder) != nil; time.Sleep(time.Millisecond) {
				if time.Since(began) > patience() {
					t.Fatal(folder, " does not become empty")
				}
			}
		})
	}
}

func control(t *testing.T, path, value string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(value), 0); err != nil {
		t.Fatal(err)
	}
}

// TestHostageCrowd: 200 calls of the attacker's at once, with full pipes, no limits, and stopped or killed as far as the
// attacker can.
func TestHostageCrowd(t *testing.T) {
	for name, a := range attackers() {
		t.Run(name, func(t *testing.T) {
			v := newVictim(t, a.victim, a.bridge)
			target := container(t, a.attacker)
			_, full := fullPipe(t)
			limits := []string{"", "--fsize=0:0", "--cpu=0:0", "--nofile=3:3", "--memlock=0:0"}
			var wait sync.WaitGroup
			var started []*exec.Cmd
			for i := range 200 {
				argv := creates(target, a.bridge)
				if limit := limits[i%len(limits)]; limit != "" {
					argv = append([]string{"/usr/bin/prlimit", limit}, argv...)
				}
				if i%3 == 0 {
					argv = append([]string{self, "hostile-wrap", "idle"}, argv...)
				}
				command := exec.Command(argv[0], argv[1:]...)
				command.Env, command.Stdout, command.Stderr = []string{}, full, full
				command.SysProcAttr = &syscall.SysProcAttr{
					Setpgid: true, Credential: &syscall.Credential{Uid: a.attacker.uid, Gid: a.attacker.gid, Groups: a.attacker.groups},
				}
				if err := command.Start(); err != nil {
					t.Fatal(err)
				}
				started = append(started, command)
				if i%20 == 10 {
					v.works(t, "%d callers", i)
				}
			}
			for i := range 5 {
				v.works(t, "200 callers, %d", i)
			}
			for _, command := range started {
				_ = syscall.Kill(-command.Process.Pid, syscall.SIGKILL)
				wait.Add(1)
				go func() { defer wait.Done(); _ = command.Wait() }()
			}
			wait.Wait()
			v.works(t, "all killed")
			sweep(t, a.attacker)
			v.counts(t)
			v.y.report(t, 15)
		})
	}
}

// fullPipe is the writing end of a pipe that takes nothing more and that nobody reads.
func fullPipe(t *testing.T) (reader, writer *os.File) {
	t.Helper()
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = reader.Close(), writer.Close() })
	fd := int(writer.Fd())
	_ = unix.SetNonblock(fd, true)
	for {
		if _, err := unix.Write(fd, make([]byte, 4096)); err != nil {
			break
		}
	}
	_ = unix.SetNonblock(fd, false)
	return reader, writer
}
