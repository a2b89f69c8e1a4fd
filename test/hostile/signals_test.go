//go:build system

package hostile

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	signalled = person("sig")
	_         = grant("sig veth signals 1", "sig veth ovs0 1")
)

// TestSignalsBefore: until a program has taken its ids out of the caller's reach, it changes nothing that would be left
// half done if the caller killed it.
func TestSignalsBefore(t *testing.T) {
	for name, r := range runnablesOf(t, signalled, "signals", inPlace) {
		if name == "getsubids" {
			continue // without privilege
		}
		t.Run(name, func(t *testing.T) {
			plan{u: signalled, argv: r.argv()}.run(t, func(x *traced) {
				for x.next() && !x.unreachable() {
					if what := changes(x); what != "" {
						t.Errorf("system call %d: %s", x.calls, what)
					}
				}
				if x.ended {
					t.Error("the caller's reach never ended")
				}
			})
			r.effect()
		})
	}
}

// changes says what the system call that is about to begin would change outside of the process, "" for nothing.
func changes(x *traced) string {
	switch x.at.nr {
	case unix.SYS_OPENAT:
		if x.at.args[2]&(unix.O_WRONLY|unix.O_RDWR|unix.O_CREAT|unix.O_TRUNC) != 0 {
			return "open for writing of " + x.text(x.at.args[1])
		}
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_SOCKET, unix.SYS_MKDIRAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT,
		unix.SYS_FCNTL, unix.SYS_FLOCK, unix.SYS_FTRUNCATE, unix.SYS_SENDTO, unix.SYS_SETNS:
		if x.at.nr != unix.SYS_FCNTL || x.at.args[1] == unix.F_OFD_SETLK {
			return fmt.Sprintf("system call number %d", x.at.nr)
		}
	}
	return ""
}

// TestSignalsPermission: once a program has begun, its caller can do nothing to it: no signal, to none of its threads, no
// priority, limit or processor, no look into its memory or descriptors. The moment in which it prints is left to
// TestPrintingExposed: it counts as the caller's then.
func TestSignalsPermission(t *testing.T) {
	for name, r := range runnablesOf(t, signalled, "signals", inPlace) {
		if name == "getsubids" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var y tally
			plan{u: signalled, argv: r.argv()}.run(t, func(x *traced) {
				for more := x.begun(); more; more = x.skip(13) {
					if !x.unreachable() {
						continue
					}
					y.point()
					argv := append([]string{self, "hostile-probe", strconv.Itoa(x.pid)}, x.threads()...)
					probed := call(t, signalled, argv...)
					if probed.status != 0 || probed.out != "" {
						y.fault("permitted", "system call %d (%d): %v", x.calls, x.at.nr, probed)
					}
				}
			})
			r.effect()
			y.report(t, 3)
		})
	}
}

// TestSignalsTerminal: ^C ^\ ^Z and the hang-up of the terminal, which need no permission, change nothing at whatever
// point of a create they come.
func TestSignalsTerminal(t *testing.T) {
	target := container(t, signalled)
	var y tally
	for n := 0; ; n += 17 {
		master, slave := terminal(t)
		reached := false
		r := plan{u: signalled, argv: creates(target, "signals"), stdin: slave}.run(t, func(x *traced) {
			if reached = x.begun() && x.skip(n) && protected(x); reached {
				_, _ = master.WriteString("\x03\x1c\x1a")
				_ = slave.Close()
				_ = master.Close() // hangs up
			}
		})
		_, _ = slave.Close(), master.Close()
		if !reached && n > 0 {
			break
		}
		y.point()
		if r.made() == "" {
			y.fault("disturbed", "%d system calls after its beginning: %v", n, r)
		}
		sweep(t, signalled)
	}
	y.report(t, 5)
}

// TestSignalsUnasked: what the kernel sends for the caller's sake, from timers, limits, terminals and descriptors, changes
// nothing at whatever point of a create it comes. Root sends it here, at chosen points.
func TestSignalsUnasked(t *testing.T) {
	target := container(t, signalled)
	sent := []syscall.Signal{
		unix.SIGALRM, unix.SIGVTALRM, unix.SIGPROF, unix.SIGXCPU, unix.SIGIO, unix.SIGURG, unix.SIGCHLD, unix.SIGPIPE, unix.SIGWINCH, unix.SIGCONT,
		unix.SIGHUP, unix.SIGINT, unix.SIGQUIT, unix.SIGTSTP, unix.SIGTTIN, unix.SIGTTOU,
	}
	var y tally
	for n := 0; ; n += 17 {
		reached := false
		r := plan{u: signalled, argv: creates(target, "signals")}.run(t, func(x *traced) {
			if reached = x.begun() && x.skip(n) && protected(x); reached {
				for _, s := range sent {
					_ = unix.Kill(x.pid, s)
				}
			}
		})
		if !reached && n > 0 {
			break
		}
		y.point()
		if r.made() == "" {
			y.fault("disturbed", "%d system calls after its beginning: %v", n, r)
		}
		sweep(t, signalled)
	}
	y.report(t, 5)
}

// protected goes on until the program ignores what a terminal sends, and SIGPIPE and SIGALRM: it needs a few calls for
// that, in which it holds nothing.
func protected(x *traced) bool {
	status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", x.pid))
	_, rest, _ := strings.Cut(string(status), "SigIgn:\t")
	ignored, _ := strconv.ParseUint(strings.SplitN(rest, "\n", 2)[0], 16, 64)
	const terminal = 1<<(unix.SIGHUP-1) | 1<<(unix.SIGINT-1) | 1<<(unix.SIGQUIT-1) | 1<<(unix.SIGTSTP-1) | 1<<(unix.SIGTTIN-1) | 1<<(unix.SIGTTOU-1)
	const wanted = terminal | 1<<(unix.SIGPIPE-1) | 1<<(unix.SIGALRM-1)
	if ignored&wanted == wanted {
		return true
	}
	return x.next() && protected(x)
}

// terminal makes a pseudo-terminal.
func terminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// TestInherited: timers, signals blocked, pending or ignored, a thousand descriptors or none, umask, scheduling class,
// oom_score_adj and the working directory of the caller change nothing.
func TestInherited(t *testing.T) {
	ways := []string{"timers", "block-all", "pending", "pending-hup", "ignore-all", "files", "closed", "umask", "idle", "oom", "folder"}
	for name, r := range runnablesOf(t, signalled, "signals", inPlace) {
		calm := call(t, signalled, r.argv()...)
		effect := r.effect()
		for _, how := range ways {
			t.Run(name+"/"+how, func(t *testing.T) {
				got := call(t, signalled, append([]string{self, "hostile-wrap", how}, r.argv()...)...)
				did := r.effect()
				mayDie := how == "timers" || how == "pending-hup" // before the runtime is ready, when nothing has happened
				switch {
				case how == "closed" && calm.out != "" && got.status == 1 && did == r.none: // an answer that nobody gets
				case how == "closed" && calm.out == "" && got.status == calm.status && did == effect:
				case mayDie && got.status > 128 && did == r.none:
				case got.steady() != calm.steady() || did != effect:
					t.Errorf("%v, %q; not %v, %q", got, did, calm, effect)
				}
			})
		}
	}
}

// TestInheritedUmask: what the program makes has the modes of docs, whatever the caller's umask.
func TestInheritedUmask(t *testing.T) {
	if err := sh("rm -rf /run/lxc"); err != nil {
		t.Fatal(err)
	}
	target := container(t, signalled)
	r := call(t, signalled, append([]string{self, "hostile-wrap", "umask"}, creates(target, "signals")...)...)
	defer sweep(t, signalled)
	modes, err := exec.Command("stat", "-c", "%a %u %g %n", "/run/lxc", ledgerPath, slotsPath, slotsPath+"/claims").Output()
	want := fmt.Sprintf("755 0 0 /run/lxc\n644 0 0 %s\n700 0 0 %s\n600 0 0 %s/claims\n", ledgerPath, slotsPath, slotsPath)
	if err != nil || string(modes) != want || r.made() == "" {
		t.Errorf("%v; modes: %s (%v), not %s", r, modes, err, want)
	}
}

// TestInheritedScheduling: nice, scheduling class and oom_score_adj are the default, and all threads have the processors that
// the caller has, once the program works on what others share.
func TestInheritedScheduling(t *testing.T) {
	target := container(t, signalled)
	ways := []string{"idle", "oom"}
	if raisable(t) {
		ways = append(ways, "no-files")
	}
	for _, how := range ways {
		r := plan{u: signalled, argv: creates(target, "signals"), before: []string{self, "hostile-wrap", how}}.run(t, func(x *traced) {
			locks := func(c systemCall) bool { return c.nr == unix.SYS_FCNTL && c.args[1] == unix.F_OFD_SETLK }
			if !x.until(locks) {
				t.Fatal("no lock is taken")
			}
			attributes, err := unix.SchedGetAttr(x.at.tid, 0)
			if err != nil || attributes.Policy != unix.SCHED_NORMAL || attributes.Nice != 0 {
				t.Errorf("%s: scheduling %+v, %v", how, attributes, err)
			}
			for _, thread := range x.threads() {
				tid, _ := strconv.Atoi(thread)
				var own, its unix.CPUSet
				if err := errors.Join(unix.SchedGetaffinity(0, &own), unix.SchedGetaffinity(tid, &its)); err != nil || its != own {
					t.Errorf("%s: processors of thread %d: %x, not %x, %v", how, tid, its, own, err)
				}
			}
			if text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", x.pid)); string(text) != "0\n" {
				t.Errorf("%s: oom_score_adj %s", how, text)
			}
		})
		if r.made() == "" {
			t.Errorf("%s: %v", how, r)
		}
		sweep(t, signalled)
	}
}

// TestInheritedOpenVSwitch: ignored SIGCHLD, with which nobody can wait for ovs-vsctl, and inherited descriptors change
// nothing for a port of Open vSwitch.
func TestInheritedOpenVSwitch(t *testing.T) {
	target := container(t, signalled)
	for _, how := range []string{"ignore-all", "block-all", "files", "pending"} {
		r := call(t, signalled, append([]string{self, "hostile-wrap", how}, creates(target, "ovs0")...)...)
		if r.made() == "" {
			t.Errorf("%s: %v", how, r)
			continue
		}
		if r := call(t, signalled, deletes(target, "ovs0", r.made())...); r.status != 0 || ports(t) != "" {
			t.Errorf("%s: delete: %v, ports %q", how, r, ports(t))
		}
	}
}

// TestFullPipe: a program that cannot print waits for some seconds and holds nothing while it waits: the same user's next call
// goes on.
func TestFullPipe(t *testing.T) {
	target := container(t, signalled)
	reader, writer := fullPipe(t)
	done := make(chan harness.Result)
	go func() {
		argv := creates(target, "signals")
		r, _ := harness.Start{Path: argv[0], Argv: argv, UID: signalled.uid, GID: signalled.gid, Stdout: writer, Stderr: writer}.Run()
		done <- r
	}()
	for began := time.Now(); len(nicsOf(t, signalled)) == 0; time.Sleep(time.Millisecond) {
		if time.Since(began) > patience() {
			t.Fatal("no interface was made")
		}
	}
	nic := nicsOf(t, signalled)[0]
	if r := call(t, signalled, deletes(target, "signals", nic)...); r.status != 0 || r.took > time.Second {
		t.Errorf("delete meanwhile: %v after %v", r, r.took)
	}
	r := call(t, signalled, creates(target, "signals")...)
	if r.made() == "" {
		t.Errorf("create meanwhile: %v", r)
	}
	_, _ = reader.Close(), writer.Close() // now the first call fails, and takes its own interface back, not the new one
	<-done
	if left := nicsOf(t, signalled); len(left) != 1 || left[0] != r.made() {
		t.Errorf("left: %q, not %q", left, r.made())
	}
	sweep(t, signalled)
}
