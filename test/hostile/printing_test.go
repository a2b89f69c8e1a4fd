//go:build system

package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	printing = person("printing")
	crowded  = person("crowded")
	exposed  = person("exposed")
	laden    = person("laden")
	_        = grant("printing veth printing 300", "crowded veth printing 300", "exposed veth printing 300")
)

// longestPrint is how long a program may wait for whom it tells something: five seconds, and what a busy machine adds.
const longestPrint = 9 * time.Second

// stuck are ends to write to that take nothing: what an attacker has who does not read.
func stuck(t *testing.T, u user) map[string]*os.File {
	t.Helper()
	out := map[string]*os.File{}
	add := func(name string, file *os.File, err error) {
		if err != nil {
			t.Fatal(name, ": ", err)
		}
		t.Cleanup(func() { _ = file.Close() })
		out[name] = file
	}
	socket := func(name string, kind int) {
		fds, err := unix.Socketpair(unix.AF_UNIX, kind|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = unix.Close(fds[1]) })
		fill(t, fds[0])
		add(name, os.NewFile(uintptr(fds[0]), name), nil)
	}
	_, pipe := fullPipe(t)
	add("pipe", pipe, nil)
	_, own := fullPipe(t)
	add("pipe of the caller's", own, own.Chown(int(u.uid), int(u.gid)))
	fifo := filepath.Join(t.TempDir(), "fifo")
	_ = unix.Mkfifo(fifo, 0o600)
	file, err := os.OpenFile(fifo, os.O_RDWR, 0)
	add("fifo", file, err)
	fill(t, int(file.Fd()))
	socket("stream", unix.SOCK_STREAM)
	socket("datagrams", unix.SOCK_DGRAM)
	socket("packets", unix.SOCK_SEQPACKET)
	for name, owner := range map[string]int{"terminal": int(u.uid), "terminal of another user": 0} {
		master, slave := terminal(t)
		t.Cleanup(func() { _ = master.Close() })
		add(name+", full", slave, slave.Chown(owner, 5))
		fill(t, int(slave.Fd()))
		stopped, slave2 := terminal(t)
		t.Cleanup(func() { _ = stopped.Close() })
		const off = 0
		add(name+", stopped", slave2, unix.IoctlSetInt(int(slave2.Fd()), unix.TCXONC, off))
	}
	counter, err := unix.Eventfd(0, unix.EFD_CLOEXEC)
	if err == nil {
		_, err = unix.Write(counter, []byte("\xfe\xff\xff\xff\xff\xff\xff\xff"))
	}
	add("counter", os.NewFile(uintptr(counter), "counter"), err)
	return out
}

// fill writes until fd takes nothing more.
func fill(t *testing.T, fd int) {
	t.Helper()
	if err := unix.SetNonblock(fd, true); err != nil {
		t.Fatal(err)
	}
	buffer := make([]byte, 4096)
	for _, size := range []int{4096, 64, 1} {
		for {
			if _, err := unix.Write(fd, buffer[:size]); err != nil {
				break
			}
		}
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
}

// TestPrintingEnds: no program waits longer than some seconds for whom it tells something, whatever is behind the
// descriptor; and an interface that nobody could be told of is gone.
func TestPrintingEnds(t *testing.T) {
	target := container(t, printing)
	pid := strconv.Itoa(target.PID)
	calls := map[string][]string{
		"create":  creates(target, "printing"),
		"refusal": {newuidmap, pid, "0", "1", "1"},
		"long":    {newgidmap, pid, "0", "1", strings.Repeat("x", 100_000)},
		"refused": creates(target, "lo"),
	}
	var wait sync.WaitGroup
	for kind, end := range stuck(t, printing) {
		for name, argv := range calls {
			wait.Add(1)
			go func() {
				defer wait.Done()
				began := time.Now()
				r, err := harness.Start{Path: argv[0], Argv: argv, UID: printing.uid, GID: printing.gid, Stdout: end, Stderr: end}.Run()
				if took := time.Since(began); err != nil || r.Status != 1 || took > longestPrint {
					t.Errorf("%s into %s: %v, %v after %v", name, kind, r, err, took)
				}
			}()
		}
	}
	wait.Wait()
	if left := nicsOf(t, printing); len(left) > 0 {
		t.Errorf("interfaces that nobody was told of: %q", left)
		sweep(t, printing)
	}
}

// TestPrintingContended: neither does one that another writer of the same pipe is always faster than.
func TestPrintingContended(t *testing.T) {
	target := container(t, printing)
	reader, writer := fullPipe(t)
	for range 4 {
		go func() {
			for {
				if _, err := unix.Write(int(writer.Fd()), make([]byte, 4096)); err != nil {
					return
				}
			}
		}()
	}
	go func() {
		for {
			if _, err := reader.Read(make([]byte, 4096)); err != nil {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}()
	argv := creates(target, "printing")
	for range 10 {
		began := time.Now()
		r, err := harness.Start{Path: argv[0], Argv: argv, UID: printing.uid, GID: printing.gid, Stdout: writer}.Run()
		if took := time.Since(began); err != nil || r.Status == -1 || took > longestPrint {
			t.Errorf("%v, %v after %v", r, err, took)
		}
		if left := nicsOf(t, printing); (r.Status == 0) != (len(left) == 1) {
			t.Errorf("status %d, interfaces %q", r.Status, left)
		}
		sweep(t, printing)
	}
	_ = reader.Close()
}

// TestPrintingCounts: calls that wait for their caller count against the caller's RLIMIT_NPROC, and end.
func TestPrintingCounts(t *testing.T) {
	target := container(t, crowded)
	const tried, most = 60, 20
	for name, argv := range map[string][]string{
		"create":    creates(target, "printing"),
		"refused":   creates(target, "lo"),
		"newuidmap": {newuidmap, strconv.Itoa(target.PID), "0", "1", "1"},
		"help":      {newuidmap, "--help"},
		"mislinked": {filepath.Join(fallbackPlace, mislinked[0]), strconv.Itoa(target.PID), "0", "1", "1"}, // does not begin
	} {
		t.Run(name, func(t *testing.T) {
			_, full := fullPipe(t)
			began := time.Now()
			var started []*exec.Cmd
			for range tried {
				// What an attacker's fork(2) and execve(2) come to: refused if there are too many already.
				ids := []string{fmt.Sprintf("--nproc=%d", most), "setpriv", "--reuid", strconv.Itoa(int(crowded.uid)), "--regid", strconv.Itoa(int(crowded.gid)), "--clear-groups"}
				command := exec.Command("prlimit", append(ids, argv...)...)
				command.Env, command.Stdout, command.Stderr = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, full, full
				if err := command.Start(); err != nil {
					t.Fatal(err)
				}
				started = append(started, command)
				time.Sleep(20 * time.Millisecond)
			}
			time.Sleep(500 * time.Millisecond)
			if n := waiting(t, filepath.Base(argv[0]), crowded.uid); n.all > most || n.all != n.counted || n.all < most/2 {
				t.Errorf("%d wait at once, %d of them count, with a limit of %d", n.all, n.counted, most)
			}
			for _, command := range started {
				timer := time.AfterFunc(longestPrint, func() { _ = command.Process.Kill() })
				defer timer.Stop()
				// Who was refused says so into the same pipe.
				if name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", command.Process.Pid)); string(name) == "setpriv\n" {
					_ = command.Process.Kill()
				}
				_ = command.Wait()
			}
			if took := time.Since(began); took > longestPrint {
				t.Errorf("they all ended after %v", took)
			}
			if left := nicsOf(t, crowded); len(left) > 0 {
				t.Errorf("left: %q", left)
				sweep(t, crowded)
			}
		})
	}
}

// TestPrintingMany: neither does one that inherited more descriptors than select(2) can be asked about. What it opens itself
// has too high a number then, and if it died of that, its last words would wait, without end and as root, for the same reader.
func TestPrintingMany(t *testing.T) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	const inherited, room = 1100, 2000
	for name, argv := range map[string][]string{
		"newuidmap":    {newuidmap},
		"lxc-user-nic": {usernic, "create"},
	} {
		t.Run(name, func(t *testing.T) {
			_, full := fullPipe(t)
			start := harness.Start{
				Path: argv[0], Argv: argv, UID: laden.uid, GID: laden.gid, Stderr: full,
				Files: slices.Repeat([]*os.File{null}, inherited), Limits: map[int]uint64{unix.RLIMIT_NOFILE: room},
			}
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				began := time.Now()
				r, err := start.Run()
				if took := time.Since(began); err != nil || r.Status != 1 || took > longestPrint {
					t.Errorf("%v, %v after %v", r, err, took)
				}
			}()
			seen := false
			for over := false; !over; {
				n := waiting(t, filepath.Base(argv[0]), laden.uid)
				seen = seen || n.all == 1 && n.counted == 1
				select {
				case <-ended:
					over = true
				case <-time.After(10 * time.Millisecond):
				}
			}
			if !seen {
				t.Error("it never waited as its caller's")
			}
			if n := waiting(t, filepath.Base(argv[0]), laden.uid); n.all > 0 {
				t.Errorf("%d still wait", n.all)
			}
		})
	}
}

// queue is how many processes of a program there are, and how many of them count as a user's.
type queue struct{ all, counted int }

var realID = regexp.MustCompile(`\nUid:\t(\d+)`)

func waiting(t *testing.T, program string, uid uint32) (n queue) {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/status")
	if err != nil {
		t.Fatal(err)
	}
	program = program[:min(len(program), 15)] // as much as the kernel keeps
	for _, path := range found {
		text, _ := os.ReadFile(path)
		id := realID.FindStringSubmatch(string(text))
		if !strings.HasPrefix(string(text), "Name:\t"+program+"\n") || id == nil {
			continue
		}
		n.all++
		if id[1] == strconv.Itoa(int(uid)) {
			n.counted++
		}
	}
	return n
}

// TestPrintingExposed: while it prints, a program is its caller's to kill, as any of theirs, and no more than that: its
// memory, descriptors and limits stay closed. Killed then, an interface stays, counted and recorded.
func TestPrintingExposed(t *testing.T) {
	kept.keep(t)
	target := container(t, exposed)
	for name, argv := range map[string][]string{
		"create": creates(target, "printing"),
		"map":    {newuidmap, strconv.Itoa(target.PID), "0", "1", "1"},
		"late":   {newuidmap, strconv.Itoa(target.PID), "0", strconv.Itoa(exposed.base()), "1"}, // after Narrow: the map is written
	} {
		t.Run(name, func(t *testing.T) {
			_, full := fullPipe(t)
			command := exec.Command(argv[0], argv[1:]...)
			command.Stdout, command.Stderr = full, full
			command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: exposed.uid, Gid: exposed.gid}}
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			pid := command.Process.Pid
			for began := time.Now(); !kept.has(argv[0], pid) || userOf(pid) != exposed.uid; time.Sleep(time.Millisecond) {
				if time.Since(began) > 4*time.Second {
					t.Fatalf("it never counts as its caller's: %d", userOf(pid))
				}
			}
			x := &traced{t: t, pid: pid}
			if r := call(t, exposed, append([]string{self, "hostile-peek", strconv.Itoa(pid)}, x.threads()...)...); r.status != 0 || r.out != "" {
				t.Errorf("permitted: %v", r)
			}
			if r := call(t, exposed, "/bin/kill", "-KILL", strconv.Itoa(pid)); r.status != 0 {
				t.Errorf("kill: %v", r)
			}
			_ = command.Wait()
			records := kept.of(argv[0], pid)
			nics := nicsOf(t, exposed)
			if name == "create" && (len(nics) != 1 || listed(t, nics[0]) != 1 || !granted(records, nics[0])) {
				t.Errorf("interfaces %q, records %q", nics, records)
			}
			sweep(t, exposed)
		})
	}
}

// userOf is the real user id of a process.
func userOf(pid int) uint32 {
	text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	id := realID.FindStringSubmatch(string(text))
	if id == nil {
		return ^uint32(0)
	}
	number, _ := strconv.ParseUint(id[1], 10, 32)
	return uint32(number)
}
