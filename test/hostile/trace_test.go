//go:build system

package hostile

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// plan is a program to run under ptrace(2).
type plan struct {
	u      user
	env    []string // the whole environment, each NAME=VALUE
	argv   []string // argv[0] is the absolute path of the program
	before []string // a command that executes what follows it, such as prlimit
	stdin  *os.File // also the controlling terminal, if it is one; nil: /dev/null
	stdout *os.File // nil: collected
}

// traced is a program under ptrace. Its methods belong to the thread that started it: everything happens in the function
// that run is given.
type traced struct {
	t       testing.TB
	program string
	pid     int
	known   map[int]bool // its threads, but for the first
	at      systemCall   // where it is held; tid 0: nowhere
	main    systemCall   // the last one of the first thread, on which the program's own work is done
	inside  bool         // the program has been executed
	free    bool         // system calls are not of interest any more
	ended   bool
	status  unix.WaitStatus
	calls   int // system calls entered since then, by all threads
	clones  int // threads made since then
	execs   int // executions of the program
}

// systemCall is a system call that is about to begin.
type systemCall struct {
	tid  int
	nr   uint64
	args [6]uint64
}

// run starts the program, held before its first instruction, lets body do with it what it wants, and returns what became
// of it: what is alive when body returns goes on undisturbed.
func (p plan) run(t testing.TB, body func(*traced)) result {
	t.Helper()
	runtime.LockOSThread() // ptrace(2) accepts requests of the tracing thread only
	defer runtime.UnlockOSThread()
	out, errs := memory(t), memory(t)
	defer out.Close()
	defer errs.Close()
	began := time.Now()
	x := &traced{t: t, program: p.argv[0], known: map[int]bool{}}
	x.start(p, out, errs)
	var hung atomic.Bool
	timer := time.AfterFunc(2*patience(), func() { hung.Store(true); _ = unix.Kill(x.pid, unix.SIGKILL) })
	defer timer.Stop()
	body(x)
	x.free = true
	for !x.ended {
		x.next()
	}
	r := result{x.status.ExitStatus(), content(out), content(errs), time.Since(began)}
	if x.status.Signaled() {
		r.status = 128 + int(x.status.Signal())
	}
	if hung.Load() {
		r.status = -1
	}
	return r
}

func memory(t testing.TB) *os.File {
	t.Helper()
	fd, err := unix.MemfdCreate("output", unix.MFD_CLOEXEC)
	if err != nil {
		t.Fatal(err)
	}
	return os.NewFile(uintptr(fd), "output")
}

func content(file *os.File) string {
	text := make([]byte, 1<<16)
	n, _ := file.ReadAt(text, 0)
	return string(text[:n])
}

// start starts a shell that stops itself, seizes it, and lets it become the program. A tracer with CAP_SYS_PTRACE that
// was there before execve(2) leaves the setuid bit in force.
func (x *traced) start(p plan, out, errs *os.File) {
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		x.t.Fatal(err)
	}
	defer null.Close()
	files := []uintptr{null.Fd(), out.Fd(), errs.Fd()}
	attributes := &syscall.SysProcAttr{
		Setsid: true, Credential: &syscall.Credential{Uid: p.u.uid, Gid: p.u.gid, Groups: p.u.groups},
	}
	if p.stdin != nil {
		files[0] = p.stdin.Fd()
		attributes.Setctty = true
	}
	if p.stdout != nil {
		files[1] = p.stdout.Fd()
	}
	argv := append([]string{"sh", "-c", `kill -STOP $$; exec "$@"`, "sh", "/usr/bin/env", "-i"}, p.env...)
	argv = append(append(argv, p.before...), p.argv...)
	x.pid, err = syscall.ForkExec("/bin/sh", argv, &syscall.ProcAttr{Dir: "/", Files: files, Sys: attributes})
	if err != nil {
		x.t.Fatal(err)
	}
	x.seize()
	for !x.inside && !x.ended {
		x.wait()
	}
	if x.ended {
		x.t.Fatalf("%s was not executed: %s", p.argv[0], content(errs))
	}
}

func (x *traced) seize() {
	var status unix.WaitStatus
	if _, err := unix.Wait4(x.pid, &status, unix.WUNTRACED, nil); err != nil || !status.Stopped() {
		x.t.Fatalf("the shell did not stop: %v, %x", err, status)
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACEEXEC | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := ptrace(unix.PTRACE_SEIZE, x.pid, 0, options); err != nil {
		x.t.Fatalf("seize: %v", err)
	}
	if err := unix.Kill(x.pid, unix.SIGCONT); err != nil {
		x.t.Fatal(err)
	}
}

// next lets the program go on to its next system call, of whichever thread, and holds it there. It returns false when the
// program has ended.
func (x *traced) next() bool {
	if x.at.tid != 0 {
		x.resume(x.at.tid, 0)
		x.at = systemCall{}
	}
	for !x.ended && x.at.tid == 0 {
		x.wait()
	}
	return !x.ended
}

// until goes on to the first system call that is wanted.
func (x *traced) until(wanted func(systemCall) bool) bool {
	for x.next() {
		if wanted(x.at) {
			return true
		}
	}
	return false
}

// begun goes on to where the program begins, its ids out of the caller's reach: the caller's groups are read first.
// Debian's programs never do: they begin at once.
func (x *traced) begun() bool {
	if *peersFlag {
		return x.next()
	}
	return x.until(is(unix.SYS_GETGROUPS)) && x.until(func(systemCall) bool { return x.unreachable() })
}

// reach goes on to a point of an attack: n system calls after the program has begun. What comes before is the runtime's
// start, which changes nothing (TestSignalsBefore): of that the points below 0 are every 16th system call.
func (x *traced) reach(n int) bool {
	if n < 0 {
		return x.skip(16 * (n - earliest + 1))
	}
	return x.begun() && x.skip(n)
}

// earliest is the first point: the runtime makes about 190 system calls.
const earliest = -11

// firstPoint is where an attack on every point starts.
func firstPoint() int {
	if *peersFlag {
		return 0
	}
	return earliest
}

// unreachable reports whether the real and saved user ids of all threads are root's.
func (x *traced) unreachable() bool {
	for _, tid := range x.threads() {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/status", x.pid, tid))
		_, rest, _ := strings.Cut(string(text), "\nUid:")
		ids := strings.Fields(rest)
		if len(ids) < 4 || ids[0] != "0" || ids[2] != "0" {
			return false
		}
	}
	return true
}

// skip goes on by n system calls.
func (x *traced) skip(n int) bool {
	for range n {
		if !x.next() {
			return false
		}
	}
	return true
}

// kill ends the program where it is held: the system call is not made.
func (x *traced) kill() {
	_ = unix.Kill(x.pid, unix.SIGKILL)
	x.at, x.free = systemCall{}, true
	for !x.ended {
		x.wait()
	}
}

// is returns a condition for until.
func is(numbers ...uint64) func(systemCall) bool {
	return func(c systemCall) bool {
		for _, nr := range numbers {
			if c.nr == nr {
				return true
			}
		}
		return false
	}
}

// wait waits for one event and deals with it.
func (x *traced) wait() {
	var status unix.WaitStatus
	tid := x.ready()
	if !x.owns(tid) {
		runtime.Gosched() // a child that another test started from this thread before: who started it takes it
		return
	}
	// What ready saw is gone if another thread has executed a program or ended this one since; and the first thread
	// then ends last, after the others have been waited for: do not wait for it alone.
	got, err := unix.Wait4(tid, &status, unix.WALL|unix.WNOTHREAD|unix.WNOHANG, nil)
	switch {
	case err != nil:
		x.t.Fatalf("wait for %d: %v", tid, err)
	case got == 0:
		return
	case !status.Stopped():
		if tid == x.pid {
			x.ended, x.status = true, status
		}
		return
	}
	signal := 0
	switch event := int(status) >> 16; {
	case event == unix.PTRACE_EVENT_EXEC:
		x.executed()
	case event == unix.PTRACE_EVENT_CLONE:
		x.clones++
	case event == unix.PTRACE_EVENT_STOP:
	case status.StopSignal() == unix.SIGTRAP|0x80:
		if x.entering(tid) {
			return // held
		}
	default:
		signal = int(status.StopSignal())
	}
	x.resume(tid, signal)
}

// ready waits until something has happened to a child or a traced thread of this thread, and returns its id.
func (x *traced) ready() int {
	for {
		var info unix.Siginfo
		err := unix.Waitid(unix.P_ALL, 0, &info, unix.WEXITED|unix.WSTOPPED|unix.WALL|unix.WNOTHREAD|unix.WNOWAIT, nil)
		if err == nil {
			const pidOf = 16 // si_pid, on machines of 64 bits
			return int(*(*int32)(unsafe.Add(unsafe.Pointer(&info), pidOf)))
		}
		if err != unix.EINTR {
			x.t.Fatalf("wait: %v", err)
		}
	}
}

// owns reports whether a thread is one of the program's.
func (x *traced) owns(tid int) bool {
	if tid == x.pid || x.known[tid] {
		return true
	}
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", tid))
	if strings.Contains(string(text), fmt.Sprintf("\nTgid:\t%d\n", x.pid)) {
		x.known[tid] = true
		return true
	}
	return false
}

func (x *traced) executed() {
	path, _ := os.Readlink(fmt.Sprintf("/proc/%d/exe", x.pid))
	if strings.TrimSuffix(path, " (deleted)") == x.program {
		x.inside = true
		x.execs++
	}
}

// syscallInfo is struct ptrace_syscall_info of linux/ptrace.h, Linux 5.3.
type syscallInfo struct {
	op   uint8
	_    [3]byte
	arch uint32
	ip   uint64
	sp   uint64
	nr   uint64
	args [6]uint64
	_    uint64
}

// entering reports whether a thread is at the beginning of a system call that is of interest.
func (x *traced) entering(tid int) bool {
	if x.free || !x.inside {
		return false
	}
	const getSyscallInfo, entry = 0x420e, 1
	var info syscallInfo
	err := ptrace(getSyscallInfo, tid, unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)))
	if err != nil || info.op != entry {
		return false // ESRCH: it is being killed
	}
	if info.nr == unix.SYS_SCHED_YIELD || tid != x.pid && (info.nr == unix.SYS_NANOSLEEP || info.nr == unix.SYS_FUTEX) {
		return false // the runtime, waiting
	}
	x.calls++
	x.at = systemCall{tid, info.nr, info.args}
	if tid == x.pid {
		x.main = x.at
	}
	return true
}

func (x *traced) resume(tid, signal int) {
	request := unix.PTRACE_CONT
	if x.inside && !x.free {
		request = unix.PTRACE_SYSCALL
	}
	_ = ptrace(request, tid, 0, uintptr(signal)) // ESRCH: it is being killed
}

func ptrace(request, pid int, address, data uintptr) error {
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, uintptr(request), uintptr(pid), address, data, 0, 0)
	if errno != 0 {
		return errno
	}
	return nil
}

// text reads the string at an address of the program, 4096 bytes at most.
func (x *traced) text(address uint64) string {
	buffer := make([]byte, 4096)
	n := x.bytes(address, buffer)
	text, _, _ := strings.Cut(string(buffer[:n]), "\x00")
	return text
}

// bytes reads from an address of the program. A read ends at the end of a page that is not followed by another one.
func (x *traced) bytes(address uint64, buffer []byte) int {
	file, err := os.Open(fmt.Sprintf("/proc/%d/mem", x.pid))
	if err != nil {
		return 0
	}
	defer file.Close()
	n, _ := file.ReadAt(buffer, int64(address))
	return n
}

// threads are the ids of the program's threads.
func (x *traced) threads() []string {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", x.pid))
	if err != nil {
		x.t.Fatal(err)
	}
	var ids []string
	for _, e := range entries {
		ids = append(ids, e.Name())
	}
	return ids
}
