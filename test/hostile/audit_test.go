//go:build system

package hostile

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	audited = person("audited")
	flooder = person("flooder")
	_       = grant("audited veth audit 1", "flooder veth flooded 1")
)

const devLog = "/dev/log"

// syslog is a fake syslog daemon.
type syslog struct {
	t  *testing.T
	fd int
}

// listen makes the socket that syslog(3) writes to.
func listen(t *testing.T) *syslog {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(devLog)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: devLog}), os.Chmod(devLog, 0o666)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.Close(fd), os.Remove(devLog) })
	return &syslog{t, fd}
}

// drain returns what was written since the last time, datagram by datagram.
func (s *syslog) drain() []string {
	var out []string
	for {
		buffer := make([]byte, 1<<16)
		n, _, err := unix.Recvfrom(s.fd, buffer, 0)
		if err != nil {
			return out
		}
		if !harness.OpenVSwitch(buffer[:n]) {
			out = append(out, string(buffer[:n]))
		}
	}
}

// auditCase is a call and the fields of its record.
type auditCase struct {
	name   string
	argv   []string
	status int
	want   string // a regular expression for the datagram after "<PRI>program[pid]: "
}

// auditCases are a grant, a refusal and a failure of each program, with a caller who would like a second line.
func auditCases(t *testing.T) []auditCase {
	t.Helper()
	netns := container(t, audited)
	mapped := hold(t, audited, "unshare", "-U", "cat")
	pid, base, uid := strconv.Itoa(mapped.PID), strconv.Itoa(audited.base()), strconv.Itoa(int(audited.uid))
	who := fmt.Sprintf(`ppid=%d uid=%s gid=%s user="audited" `, os.Getpid(), uid, uid)
	target := fmt.Sprintf(`target="%s" pid=%s `, pid, pid)
	path := fmt.Sprintf(`target="/proc/%d/ns/net" pid=0 `, netns.PID)
	nobodys := fmt.Sprintf("veth%d_none", audited.uid)
	place := fmt.Sprintf(`target="%d" pid=%d `, netns.PID, netns.PID)
	return []auditCase{
		{"newuidmap-grants", []string{newuidmap, pid, "0", base, "9"}, 0, `result=granted ` + who + target + `asked="0 ` + base + ` 9" by="/etc/subuid:\d+"`},
		{"newgidmap-grants", []string{newgidmap, pid, "0", base, "9"}, 0, `result=granted ` + who + target + `asked="0 ` + base + ` 9" by="/etc/subgid:\d+"`},
		{"newuidmap-refuses", []string{newuidmap, pid, "0", "1", "9"}, 1, `result=refused ` + who + target + `asked="0 1 9" id="not-granted" why=".*not allowed.*"`},
		{"newgidmap-refuses", []string{newgidmap, pid, "0", "1", "9"}, 1, `result=refused ` + who + target + `asked="0 1 9" id="not-granted" why=".*not allowed.*"`},
		{"create-grants", creates(netns, "audit"), 0, `result=granted ` + who + place + `asked="create /dev/null c1 \d+ veth audit" by="/etc/lxc/lxc-usernet:\d+" owner="audited" host="veth` + uid + `_\w+"`},
		{"create-refuses", creates(netns, "lo"), 1, `result=refused ` + who + place + `asked="create /dev/null c1 \d+ veth lo" id="not-granted" why=".*may not create.*"`},
		{"create-refuses-late", creates(netns, "audit"), 1, `result=refused ` + who + place + `asked="create /dev/null c1 \d+ veth audit" id="over-quota" why=".*Quota reached.*"`},
		{"delete-refuses", deletes(netns, "audit", nobodys), 1, `result=refused ` + who + path + `asked="delete /dev/null c1 /proc/\d+/ns/net veth audit ` + nobodys + `" id="not-yours" why=".*is not yours.*"`},
		{"control-characters", []string{usernic, "create", "/dev/null", "c1\n<80>login: root\x1b[2J", strconv.Itoa(netns.PID), "veth", "l\no"}, 1, `result=refused .*asked="create /dev/null \\"c1\\\\n<80>login: root.*`},
		{"number", []string{newuidmap, pid, "0\n<80>x", "1", "1"}, 1, `result=refused .*`},
	}
}

// TestAuditSyslog: each grant and each refusal is one datagram, of one line, with the documented fields.
func TestAuditSyslog(t *testing.T) {
	daemon := listen(t)
	for _, c := range auditCases(t) {
		t.Run(c.name, func(t *testing.T) {
			daemon.drain()
			r := call(t, audited, c.argv...)
			got := daemon.drain()
			priority := 10<<3 | 5
			if c.status == 0 {
				priority = 10<<3 | 6
			}
			program := c.argv[0][strings.LastIndex(c.argv[0], "/")+1:]
			want := regexp.MustCompile(fmt.Sprintf(`^<%d>%s\[\d+\]: %s$`, priority, program, c.want))
			if r.status != c.status || len(got) != 1 || !want.MatchString(got[0]) {
				t.Errorf("%v; %d datagrams: %q; not %s", r, len(got), got, want)
			}
			for _, text := range got {
				if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f || r == 0xfffd }) {
					t.Errorf("control characters in %q", text)
				}
			}
		})
	}
	sweep(t, audited)
}

// TestAuditTwice: a grant that the kernel, or the caller's standard output, then prevents has a second record that says so,
// of the same process and about the same.
func TestAuditTwice(t *testing.T) {
	daemon := listen(t)
	below := hold(t, audited, "unshare", "-Ur", "unshare", "-U", "cat") // its parent is not the program's namespace
	netns := container(t, audited)
	base := strconv.Itoa(audited.base())
	_, full := fullPipe(t)
	for name, c := range map[string]struct {
		argv []string
		want string
	}{
		"map":    {[]string{newuidmap, strconv.Itoa(below.PID), "0", base, "1"}, `asked="0 ` + base + ` 1" id="not-a-child" why=".*not directly below yours.*"`},
		"output": {creates(netns, "audit"), `asked="create /dev/null c1 .*" by=".*" owner="audited" host="(veth\d+_\w+)" id="output-failed" why="Failed to write to standard output.*"`},
	} {
		t.Run(name, func(t *testing.T) {
			daemon.drain()
			_, _ = harness.Start{Path: c.argv[0], Argv: c.argv, UID: audited.uid, GID: audited.gid, Stdout: full}.Run()
			got := daemon.drain()
			if len(got) != 2 {
				t.Fatalf("%d records: %q", len(got), got)
			}
			first, _, granted := strings.Cut(got[0], " result=granted ")
			second, rest, failed := strings.Cut(got[1], " result=failed ")
			_, who, _ := strings.Cut(first, ">")
			_, again, _ := strings.Cut(second, ">")
			want := regexp.MustCompile(c.want)
			if !granted || !failed || who != again || !want.MatchString(rest) {
				t.Errorf("%q; not %s", got, want)
			}
		})
	}
	if left := nicsOf(t, audited); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
}

// TestAuditLogs: a log that is missing, full, of another kind or a trap changes nothing and is not waited for.
func TestAuditLogs(t *testing.T) {
	logs := map[string]func(*testing.T){
		"missing": func(*testing.T) { _ = os.Remove(devLog) },
		"full": func(t *testing.T) {
			listen(t)
			fd, _ := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK, 0)
			defer unix.Close(fd)
			for n := 0; unix.Sendto(fd, make([]byte, 1000), 0, &unix.SockaddrUnix{Name: devLog}) == nil; n++ {
				if n > 100_000 {
					t.Fatal("the socket never fills up")
				}
			}
		},
		"stream": func(t *testing.T) {
			_ = os.Remove(devLog)
			fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM, 0)
			if err := errors.Join(err, unix.Bind(fd, &unix.SockaddrUnix{Name: devLog}), unix.Listen(fd, 0)); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = unix.Close(fd) })
		},
		"fifo":       func(*testing.T) { _, _ = os.Remove(devLog), unix.Mkfifo(devLog, 0o666) },
		"nobody":     func(t *testing.T) { s := listen(t); _ = unix.Close(s.fd) },
		"unwritable": func(t *testing.T) { listen(t); _ = os.Chmod(devLog, 0) },
	}
	for kind, prepare := range logs {
		t.Run(kind, func(t *testing.T) {
			cases := auditCases(t)
			prepare(t)
			for _, c := range cases {
				if r := call(t, audited, c.argv...); r.status != c.status || r.took > time.Second {
					t.Errorf("%s: %v after %v", c.name, r, r.took)
				}
			}
			sweep(t, audited)
		})
	}
	_ = os.Remove(devLog)
}

// flood writes to a log for as long as it lives, and waits where that is full, as syslog(3) does.
func flood(path string) {
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err := errors.Join(err, unix.Connect(fd, &unix.SockaddrUnix{Name: path})); err != nil {
		panic(err)
	}
	for err == nil || errors.Is(err, unix.EINTR) {
		_, err = unix.Write(fd, []byte("<13>x: hello"))
	}
}

// flooded is a reader of a log that others fill.
type flooded struct {
	records []string
	away    time.Duration // the longest that it took from one datagram to the next
}

// read reads until done is closed and nothing is left.
func (f *flooded) read(fd int, done <-chan struct{}) {
	buffer := make([]byte, 1<<16)
	for last := time.Now(); ; {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		now := time.Now()
		f.away = max(f.away, now.Sub(last))
		last = now
		switch {
		case err == nil && strings.Contains(string(buffer[:n]), "result="):
			f.records = append(f.records, string(buffer[:n]))
		case err == nil:
		default:
			select {
			case <-done:
				return
			default:
			}
			_, _ = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 10)
		}
	}
}

// TestFloodedLog: a caller who fills the log all the time has no record dropped, as long as the log is read. Where this
// machine lets the reader stand for so long that a record may go, that shows nothing, and is tried again.
func TestFloodedLog(t *testing.T) {
	const attempts, longest = 5, 100 * time.Millisecond
	target := container(t, flooder)
	for range attempts {
		made, f := whileFlooded(t, target)
		var lost []string
		for _, nic := range made {
			if !slices.ContainsFunc(f.records, func(r string) bool {
				return strings.Contains(r, "]: result=granted ") && strings.Contains(r, ` host="`+nic+`"`)
			}) {
				lost = append(lost, nic)
			}
		}
		fmt.Printf("observed: %s: %d of %d records lost, the reader was away for %v at most\n", t.Name(), len(lost), len(made), f.away)
		if len(lost) == 0 {
			return
		}
		if f.away < longest {
			t.Fatalf("no record of %q", lost)
		}
	}
	t.Error("the reader did not keep up in any attempt")
}

// whileFlooded makes interfaces while the log is flooded, and returns what they are and what the log has.
func whileFlooded(t *testing.T, target *harness.Target) (made []string, f *flooded) {
	t.Helper()
	daemon := listen(t)
	f = &flooded{}
	done, ended := make(chan struct{}), make(chan struct{})
	go func() { defer close(ended); f.read(daemon.fd, done) }()
	defer func() { close(done); <-ended }()
	for range 2 {
		command := exec.Command(self, "hostile-flood", devLog)
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: flooder.uid, Gid: flooder.gid}}
		if err := command.Start(); err != nil {
			t.Fatal(err)
		}
		defer func() { _, _ = command.Process.Kill(), command.Wait() }()
	}
	time.Sleep(100 * time.Millisecond)
	for range 20 {
		r := call(t, flooder, creates(target, "flooded")...)
		if r.made() == "" {
			t.Fatal(r)
		}
		made = append(made, r.made())
		sweep(t, flooder)
	}
	return made, f
}

// trustedApp is AUDIT_TRUSTED_APP of linux/audit.h.
const trustedApp = 1121

// TestAuditKernelMessage: each run sends the kernel's audit one message, of the kind for trusted programs, whose fields
// are those of syslog, and never waits for an answer.
func TestAuditKernelMessage(t *testing.T) {
	for _, c := range auditCases(t) {
		t.Run(c.name, func(t *testing.T) {
			var sent []string
			sockets := map[string]bool{}
			plan{u: audited, argv: c.argv}.run(t, func(x *traced) {
				for x.next() {
					if x.at.nr == unix.SYS_SOCKET && x.at.args[0] == unix.AF_NETLINK && x.at.args[2] == unix.NETLINK_AUDIT {
						sockets["made"] = true
						if x.at.args[1]&unix.SOCK_NONBLOCK == 0 {
							t.Error("the socket would block")
						}
					}
					if x.at.nr == unix.SYS_SENDTO {
						buffer := make([]byte, x.at.args[2])
						buffer = buffer[:x.bytes(x.at.args[1], buffer)]
						if len(buffer) > 16 && binary.NativeEndian.Uint16(buffer[4:]) == trustedApp {
							sent = append(sent, string(buffer[16:]))
						}
					}
				}
			})
			end := "res=failed\x00"
			if c.status == 0 {
				end = "res=success\x00"
			}
			program := c.argv[0][strings.LastIndex(c.argv[0], "/")+1:]
			if len(sent) != 1 || !sockets["made"] {
				t.Fatalf("%d messages: %q", len(sent), sent)
			}
			rest, begins := strings.CutPrefix(sent[0], "op="+program+" ")
			rest, ends := strings.CutSuffix(rest, " "+end)
			want := regexp.MustCompile("^" + c.want + "$")
			if got := readable(rest); !begins || !ends || !want.MatchString(got) {
				t.Errorf("%q: %q; not %s", sent[0], got, want)
			}
		})
	}
	sweep(t, audited)
}

// readable is the text of the kernel's record in the form that syslog has.
func readable(text string) string {
	var out []string
	for _, field := range strings.Split(text, " ") {
		key, value, _ := strings.Cut(field, "=")
		switch raw, err := hex.DecodeString(value); {
		case key == "opid":
			key = "pid"
		case key == "pid", key == "uid", key == "gid", key == "ppid", key == "result":
		case value == "?":
			value = `""`
		case !strings.HasPrefix(value, `"`) && err == nil:
			quoted := strconv.Quote(string(raw))
			value = strings.ReplaceAll(quoted, "=", `\x3d`)
		}
		out = append(out, key+"="+value)
	}
	return strings.Join(out, " ")
}

// TestAuditKernel: the kernel's audit has the records, each once. It speaks in the machine's own network namespace only,
// which the script run passes as descriptor 9, and where it turns audit on for this time.
func TestAuditKernel(t *testing.T) {
	if *auditedFlag != "yes" {
		fmt.Printf("observed: %s: the kernel's audit cannot be turned on here (%s): TestAuditKernelMessage shows what is sent to it, nothing what arrives\n", t.Name(), *auditedFlag)
		return
	}
	fd := auditLog(t)
	defer unix.Close(fd)
	for _, c := range auditCases(t) {
		call(t, audited, c.argv...)
		records := auditRecords(fd, fmt.Sprintf("ppid=%d uid=%d ", os.Getpid(), audited.uid))
		want := regexp.MustCompile("^" + c.want + "$")
		if len(records) != 1 {
			t.Errorf("%s: %d records: %q", c.name, len(records), records)
			continue
		}
		ours := regexp.MustCompile(`pid=\d+ uid=\d+ .*op=` + c.argv[0][strings.LastIndex(c.argv[0], "/")+1:] + " (.*) res=").FindStringSubmatch(records[0])
		if ours == nil || !want.MatchString(readable(ours[1])) {
			t.Errorf("%s: %q; not %s", c.name, records[0], want)
		}
	}
	sweep(t, audited)
	fmt.Printf("observed: %s: the kernel has the records\n", t.Name())
}

// auditLog opens the kernel's audit for reading, in the network namespace of descriptor 9.
func auditLog(t *testing.T) int {
	t.Helper()
	type answer struct {
		fd  int
		err error
	}
	answers := make(chan answer)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		if err := unix.Setns(hostNamespace, unix.CLONE_NEWNET); err != nil {
			answers <- answer{-1, err}
			return
		}
		fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_AUDIT)
		if err == nil {
			err = unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: 1}) // AUDIT_NLGRP_READLOG
		}
		answers <- answer{fd, err}
	}()
	got := <-answers
	if got.err != nil {
		t.Fatal(got.err)
	}
	return got.fd
}

// hostNamespace is the descriptor of the machine's network namespace.
const hostNamespace = 9

// auditRecords reads for a moment and returns the records that contain a text.
func auditRecords(fd int, text string) []string {
	var out []string
	_ = unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &unix.Timeval{Usec: 200_000})
	for {
		buffer := make([]byte, 1<<16)
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if err != nil {
			return out
		}
		if n > 16 && binary.NativeEndian.Uint16(buffer[4:]) == trustedApp && strings.Contains(string(buffer[16:n]), text) {
			out = append(out, string(buffer[16:n]))
		}
	}
}
