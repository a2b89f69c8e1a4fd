//go:build system

package hostile

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

var (
	filtered = person("filt")
	_        = grant("filt veth filters 1", "filt veth ovs0 1", "filt veth none 1")
)

// refused is a system call that a filter refuses, as a container's does; with an argument, where that decides.
type refused struct {
	number   uint32
	argument int    // -1: whatever they are
	value    uint32 // of the argument's lower half; anyNonzero: any but 0
}

const anyNonzero = ^uint32(0)

func every(number uint32) refused { return refused{number, -1, 0} }

func option(value uint32) refused { return refused{unix.SYS_PRCTL, 0, value} }

func (r refused) String() string { return fmt.Sprintf("%d/%d/%d", r.number, r.argument, r.value) }

// parseRefused reads what String wrote.
func parseRefused(text string) (r refused, err error) {
	_, err = fmt.Sscanf(text, "%d/%d/%d", &r.number, &r.argument, &r.value)
	return r, err
}

// filter makes this process, which is root, one that a filter of system calls holds, gives it a user's ids, and makes it a
// program: words are the calls with commas between, the error number, uid, gid, and the command line.
func filter(calls string, words []string) {
	runtime.LockOSThread()
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			panic(err)
		}
		return n
	}
	errno, uid, gid, argv := number(words[0]), number(words[1]), number(words[2]), words[3:]
	var program []unix.SockFilter
	for text := range strings.SplitSeq(calls, ",") {
		r, err := parseRefused(text)
		if err != nil {
			panic(err)
		}
		program = append(program, r.instructions(uint32(errno))...)
	}
	program = append(program, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	install := unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]}
	// Without no_new_privs, so that the setuid bit counts: root may.
	_, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&install)))
	if failed != 0 {
		panic(failed)
	}
	become(uid, gid, argv)
}

// become gives this thread, which stays, a user's ids and executes a program. By calls that no program under test makes,
// so that those can be refused to it.
func become(uid, gid int, argv []string) {
	for _, call := range [][3]uintptr{{unix.SYS_SETGROUPS}, {unix.SYS_SETREGID, uintptr(gid), uintptr(gid)}, {unix.SYS_SETREUID, uintptr(uid), uintptr(uid)}} {
		if _, _, failed := unix.RawSyscall(call[0], call[1], call[2], 0); failed != 0 {
			panic(failed)
		}
	}
	err := unix.Exec(argv[0], argv, []string{})
	fmt.Fprintln(os.Stderr, "filter:", err)
	os.Exit(125)
}

// instructions refuse one call: cBPF over struct seccomp_data, the number at 0, each argument in 8 bytes from 16 on.
func (r refused) instructions(errno uint32) []unix.SockFilter {
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	equal := func(value uint32, yes, no uint8) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: value, Jt: yes, Jf: no}
	}
	refuse := unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | errno}
	switch {
	case r.argument < 0:
		return []unix.SockFilter{load(0), equal(r.number, 0, 1), refuse}
	case r.value == anyNonzero:
		return []unix.SockFilter{load(0), equal(r.number, 0, 3), load(16 + 8*uint32(r.argument)), equal(0, 1, 0), refuse}
	}
	return []unix.SockFilter{load(0), equal(r.number, 0, 3), load(16 + 8*uint32(r.argument)), equal(r.value, 0, 1), refuse}
}

// through is a command line behind a filter; u is who runs it.
func through(u user, errno unix.Errno, calls []refused, argv []string) []string {
	var words []string
	for _, c := range calls {
		words = append(words, c.String())
	}
	return append([]string{
		self, "hostile-filter", strings.Join(words, ","), strconv.Itoa(int(errno)), strconv.Itoa(int(u.uid)), strconv.Itoa(int(u.gid)),
	}, argv...)
}

// protection is one of the system calls by which a program protects itself, or finds out what it has to.
type protection struct {
	name    string // as the program names it where it cannot do without
	calls   []refused
	without bool // the program does what it does without it
}

// protections are all that privilege, target and exec use, except those without which the Go runtime does not start
// (rt_sigaction, rt_sigprocmask, tgkill).
func protections() []protection {
	setLimit := refused{unix.SYS_PRLIMIT64, 2, anyNonzero}
	closeRange, signalProcess := every(unix.SYS_CLOSE_RANGE), every(unix.SYS_PIDFD_SEND_SIGNAL)
	return []protection{
		{"setrlimit(2), as in gVisor", []refused{setLimit}, true},
		{"prlimit(2)", []refused{every(unix.SYS_PRLIMIT64)}, true},
		{"close_range(2)", []refused{closeRange}, true},
		{"pidfd_send_signal(2)", []refused{signalProcess}, true},
		{"both, as in old profiles of containers", []refused{closeRange, signalProcess}, true},
		{"setitimer(2)", []refused{every(unix.SYS_SETITIMER)}, true},
		{"chdir(2)", []refused{every(unix.SYS_CHDIR)}, true},
		{"umask(2)", []refused{every(unix.SYS_UMASK)}, true},
		{"sched_setattr(2)", []refused{every(unix.SYS_SCHED_SETATTR)}, true},
		{"getrusage(2)", []refused{every(unix.SYS_GETRUSAGE)}, true},
		{"signalfd(2)", []refused{every(unix.SYS_SIGNALFD4)}, true},
		{"setresgid(2)", []refused{every(unix.SYS_SETRESGID)}, true},
		{"PR_SET_TIMERSLACK", []refused{option(unix.PR_SET_TIMERSLACK), option(unix.PR_GET_TIMERSLACK)}, true},
		{"PR_GET_SECUREBITS", []refused{option(unix.PR_GET_SECUREBITS)}, true},
		{"PR_SET_DUMPABLE, dumpable as the kernel left it", []refused{option(unix.PR_SET_DUMPABLE)}, true},
		{"PR_SET_DUMPABLE", []refused{option(unix.PR_SET_DUMPABLE), option(unix.PR_GET_DUMPABLE)}, false},
		{"PR_SET_NO_NEW_PRIVS", []refused{option(unix.PR_SET_NO_NEW_PRIVS)}, false},
		{"prctl(2)", []refused{every(unix.SYS_PRCTL)}, false},
		{"setresuid(2)", []refused{every(unix.SYS_SETRESUID)}, false},
		{"capset(2)", []refused{every(unix.SYS_CAPSET)}, false},
		{"capget(2)", []refused{every(unix.SYS_CAPGET)}, false},
		{"getgroups(2)", []refused{every(unix.SYS_GETGROUPS)}, false},
	}
}

// TestFiltered: where a filter of system calls refuses a protection, by whatever error, a program does what it does, as far
// as nothing has to change or there is another way; or it says which step it cannot do without, and has done nothing.
func TestFiltered(t *testing.T) {
	for name, r := range runnablesOf(t, filtered, "filters", inPlace) {
		if name == "getsubids" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			calm := call(t, filtered, r.argv()...)
			effect := r.effect()
			var y tally
			for _, p := range protections() {
				for _, errno := range []unix.Errno{unix.EPERM, unix.ENOSYS, unix.EINVAL} {
					y.point()
					got := call(t, user{}, through(filtered, errno, p.calls, r.argv())...)
					did := r.effect()
					switch {
					case got.steady() == calm.steady() && did == effect:
					case p.without:
						y.fault("a protection that is not needed is fatal", "%s (%v): %v, %q; not %v, %q", p.name, errno, got, did, calm, effect)
					case got.status == 1 && did == r.none && strings.Contains(got.err, p.name) && !strings.Contains(got.err, "\\n"):
					case got.status == 1 && did == r.none && p.name == "capset(2)" && strings.Contains(got.err, "caps"):
					default:
						y.fault("no clear failure", "%s (%v): %v, %q; not %v, %q", p.name, errno, got, did, calm, effect)
					}
					if strings.Contains(got.err, "Could not set caps") && !strings.HasPrefix(p.name, "cap") {
						y.fault("a false cause", "%s (%v): %v", p.name, errno, got)
					}
				}
			}
			y.report(t, 60)
		})
	}
}

// TestFilteredOpenVSwitch: a program that is executed gets no descriptor and no privilege without the newest system calls
// either.
func TestFilteredOpenVSwitch(t *testing.T) {
	target := container(t, filtered)
	t.Cleanup(func() { sweep(t, filtered); emptyOpenVSwitch(t) })
	for _, errno := range []unix.Errno{unix.EPERM, unix.ENOSYS, unix.EINVAL} {
		calls := []refused{every(unix.SYS_CLOSE_RANGE), every(unix.SYS_PERSONALITY), every(unix.SYS_PRLIMIT64), every(unix.SYS_PIDFD_SEND_SIGNAL)}
		r := call(t, user{}, through(filtered, errno, calls, creates(target, "ovs0"))...)
		if r.made() == "" || strings.TrimSpace(ports(t)) != r.made() {
			t.Errorf("%v: %v, ports %q", errno, r, ports(t))
		}
		sweep(t, filtered)
		emptyOpenVSwitch(t)
	}
}

// TestFilteredDescriptor: a descriptor of /proc/PID is proved in another way, and one of anything else refused; an error of
// a filter is not taken for the kernel's.
func TestFilteredDescriptor(t *testing.T) {
	passes := func(t *testing.T, errno unix.Errno, path string) result {
		argv := []string{"/bin/sh", "-c", `exec 3<"$0"; exec ` + newuidmap + ` fd:3 0 "$1" 1`, path, strconv.Itoa(int(filtered.uid))}
		return call(t, user{}, through(filtered, errno, []refused{every(unix.SYS_PIDFD_SEND_SIGNAL)}, argv)...)
	}
	for _, errno := range []unix.Errno{unix.EPERM, unix.ENOSYS, unix.EINVAL} {
		target := hold(t, filtered, "unshare", "-U", "cat")
		for _, path := range []string{fmt.Sprintf("/proc/%d/task/%d", target.PID, target.PID), "/proc/sys", "/proc", "/run"} {
			r := passes(t, errno, path)
			if r.status != 1 || !strings.Contains(r.err, "Could not open proc directory") && !strings.Contains(r.err, "usage") || strings.TrimSpace(target.Read("uid_map")) != "" {
				t.Errorf("%v, %s: %v, map %q", errno, path, r, target.Read("uid_map"))
			}
		}
		if r := passes(t, errno, fmt.Sprintf("/proc/%d", target.PID)); r.status != 0 || strings.TrimSpace(target.Read("uid_map")) == "" {
			t.Errorf("%v, the process: %v", errno, r)
		}
	}
}

// TestReadOnlySettings: where /proc/sys is read-only, as in containers, an interface is made on a bridge of Linux, and where
// the settings are right already; elsewhere the refusal names the file, and leaves nothing.
func TestReadOnlySettings(t *testing.T) {
	const off = "/proc/sys/net/ipv6/conf/default/disable_ipv6"
	before, err := os.ReadFile(off)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.WriteFile(off, before, 0); err != nil {
			t.Error(err)
		}
	})
	target := container(t, filtered)
	for _, c := range []struct {
		bridge, disabled string
		made             bool
	}{{"filters", "0", true}, {"none", "0", false}, {"none", "1", true}} {
		if err := os.WriteFile(off, []byte(c.disabled), 0); err != nil {
			t.Fatal(err)
		}
		script := "mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys; exec setpriv --reuid $0 --regid $0 --clear-groups \"$@\""
		argv := append([]string{"/usr/bin/unshare", "-m", "/bin/sh", "-euc", script, strconv.Itoa(int(filtered.uid))}, creates(target, c.bridge)...)
		r := call(t, user{}, argv...)
		if c.made != (r.made() != "") {
			t.Errorf("%s, disable_ipv6 %s: %v", c.bridge, c.disabled, r)
		}
		named := strings.Contains(r.err, "/disable_ipv6: ") && strings.Contains(r.err, "/proc/sys/net/ipv6/conf/veth") && !strings.Contains(r.err, `\n`)
		if left := nicsOf(t, filtered); !c.made && (!named || len(left) != 0) {
			t.Errorf("%s, disable_ipv6 %s: %v, left %q", c.bridge, c.disabled, r, left)
		}
		sweep(t, filtered)
	}
}
