//go:build system

package directory

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"userns-helpers/test/blackbox/harness"
)

// dora is a user whom only the modules of systemd know: by a record in /etc/userdb.
var dora = user{"dora", 4200, 4200, nil}

const (
	userdb = "/run/systemd/userdb/io.systemd.Multiplexer"
	nscd   = "/var/run/nscd/socket"
)

// record makes dora, and grants her ids and interfaces.
func record(t *testing.T) {
	t.Helper()
	does(t, "mkdir -p /etc/userdb")
	put(t, "/etc/userdb/dora.user", harness.File{Text: `{"userName":"dora","uid":4200,"gid":4200,"disposition":"regular"}`})
	put(t, "/etc/userdb/dora.group", harness.File{Text: `{"groupName":"dora","gid":4200,"disposition":"regular"}`})
	does(t, "ln -sf dora.user /etc/userdb/4200.user; ln -sf dora.group /etc/userdb/4200.group")
	t.Cleanup(func() { does(t, "rm -rf /etc/userdb") })
	put(t, "/etc/subuid", harness.File{Text: "dora:500000:10\n"})
	if r := call(t, root, "getent", "-s", "systemd", "passwd", "4200"); r.status != 0 {
		t.Fatalf("the name service switch does not know dora: %v", r)
	}
}

// granted checks that dora is known, and 54321 is not, for the given reason.
func granted(t *testing.T, folder, unknown string) {
	t.Helper()
	if got := maps(t, folder, "newuidmap", dora, "0 500000 10"); got.status != 0 || got.err != "" {
		t.Errorf("dora: %v", got)
	}
	if got := maps(t, folder, "newuidmap", nobody, "0 54321 1"); got.status != 1 || got.text != "" || !strings.Contains(got.err, unknown) {
		t.Errorf("nobody: %v; want %q", got, unknown)
	}
}

// calls returns the system calls of the given kinds of argv under strace, which is root's, so that setuid bits count.
func calls(t *testing.T, kinds string, argv ...string) string {
	t.Helper()
	out := t.TempDir() + "/trace"
	_ = exec.Command("strace", append([]string{"-f", "-o", out, "-e", "trace=" + kinds}, argv...)...).Run()
	text, err := os.ReadFile(out)
	if err != nil || len(text) == 0 {
		t.Fatalf("strace: %v", err)
	}
	return string(text)
}

// TestUserdb: systemd-userdbd speaks for every module, and its no is final.
func TestUserdb(t *testing.T) {
	record(t)
	switched(t, "passwd: files systemd\ngroup: files systemd\n")
	if err := os.MkdirAll("/run/systemd/userdb", 0o755); err != nil {
		t.Fatal(err)
	}
	daemon(t, userdb, self, "activate", userdb, "/usr/lib/systemd/systemd-userdbd")
	for _, folder := range []string{bin, caps} {
		granted(t, folder, "your user ID 54321 has no account: no uid 54321 in /etc/passwd, systemd-userdbd; IDs are granted to accounts")
	}
	namedNic(t, dora, "dora")
	namedNic(t, dora, "@dora")
	trace := calls(t, "execve,connect", "setpriv", "--reuid", "54321", "--clear-groups", bin+"/newuidmap", decimal(os.Getpid()), "0", "54321", "1")
	if strings.Contains(trace, "getent") || strings.Count(trace, userdb) != 1 {
		t.Errorf("after systemd-userdbd's no somebody else was asked: %s", trace)
	}
	if got := call(t, carol, bin+"/getsubids", "dora"); got.out != "0: dora 500000 10\n" {
		t.Errorf("getsubids: %v", got)
	}
}

// TestNscd: the cache stands for the name service switch.
func TestNscd(t *testing.T) {
	record(t)
	switched(t, "passwd: files systemd\ngroup: files systemd\n")
	put(t, "/etc/nscd.conf", harness.File{Text: "enable-cache passwd yes\nenable-cache group yes\n"})
	daemon(t, nscd, "nscd", "-d")
	trace := calls(t, "execve,connect", "setpriv", "--reuid", "4200", "--clear-groups", bin+"/newuidmap", decimal(os.Getpid()), "0", "4200", "1")
	if !strings.Contains(trace, nscd) || strings.Contains(trace, `execve("/usr/bin/getent"`) {
		t.Errorf("the cache was not asked, or was not believed: %s", trace)
	}
	granted(t, bin, "no uid 54321 in /etc/passwd, nscd, /usr/bin/getent")
	granted(t, caps, "/etc/passwd, nscd; /usr/bin/getent could not be asked")
	namedNic(t, dora, "dora")
	namedNic(t, dora, "@dora")
}

// TestGetent: where no daemon answers, getent does: as root, or not at all.
func TestGetent(t *testing.T) {
	record(t)
	switched(t, "passwd: files systemd\ngroup: files systemd\n")
	granted(t, bin, "no uid 54321 in /etc/passwd, /usr/bin/getent")
	namedNic(t, dora, "dora")
	namedNic(t, dora, "@dora")
	if got := maps(t, bin, "newgidmap", dora, "0 4200 1"); got.status != 0 || got.setgroups != "deny" {
		t.Errorf("newgidmap: %v", got)
	}
	const refused = "/usr/bin/getent could not be asked (/usr/bin/getent: a program is only executed as root, and this process is not)"
	for program, own := range map[string]string{"newuidmap": "0 4200 1", "newgidmap": "0 4200 1"} {
		if got := maps(t, caps, program, dora, own); got.status != 1 || got.text != "" || !strings.Contains(got.err, refused) {
			t.Errorf("with file capabilities: %s: %v", program, got)
		}
	}
	bounded := call(t, root, "setpriv", "--reuid", "4200", "--regid", "4200", "--clear-groups", "--bounding-set", "-setuid", bin+"/newgidmap", decimal(hold(t, dora, "unshare", "-U", "cat").PID), "0", "4200", "1")
	if bounded.status != 1 || !strings.Contains(bounded.err, refused) {
		t.Errorf("without CAP_SETUID in the bounding set: %v", bounded)
	}
	switched(t, "passwd: files\ngroup: files\n")
	if got := maps(t, bin, "newuidmap", dora, "0 4200 1"); got.status != 1 || !strings.Contains(got.err, "no uid 4200 in /etc/passwd; IDs") {
		t.Errorf("without another service in nsswitch.conf: %v", got)
	}
}

// TestManyGroups: a caller who has put themselves into as many groups as a process may have, which anybody can with
// subordinate ids, is answered as fast as a service can be asked with one patience, and evades no rule.
func TestManyGroups(t *testing.T) {
	grantNics(t, "carol veth br0 5\n")
	switched(t, "passwd: files systemd\ngroup: files systemd\n")
	many := carol
	for gid := range uint32(65536) {
		many.groups = append(many.groups, 200000+gid)
	}
	if r := within(t, 12*time.Second, many); r.status != 0 {
		t.Errorf("getent: %v", r)
	}
	does(t, "mkdir -p /etc/userns-helpers; rm -f /srv/getent.runs")
	put(t, "/etc/userns-helpers/policy.toml", harness.File{Text: "[[rule]]\ngroup = \"devs\"\nisolated = true\n"})
	replaced(t, "/usr/bin/getent", harness.File{Mode: 0o755, Text: `#!/bin/sh
echo >>/srv/getent.runs
sleep $(($# * 5 / 1000)).$(printf %03d $(($# * 5 % 1000))) # 5 ms a group
exit 2
`})
	r := within(t, 12*time.Second, many)
	if r.status != 1 || !strings.Contains(r.err, "Cannot determine your groups") || !strings.Contains(r.err, "no answer within 10 seconds") {
		t.Errorf("a slow getent: %v", r)
	}
	if runs, err := os.ReadFile("/srv/getent.runs"); err != nil || len(runs) < 2 || len(runs) > 2000 {
		t.Errorf("%d executions, %v", len(runs), err)
	}
}

// within makes an interface of u, and gives up the test if that takes too long.
func within(t *testing.T, most time.Duration, u user) result {
	t.Helper()
	argv := creates(hold(t, carol, "unshare", "-Urn", "cat").PID)
	done := make(chan result, 1)
	go func() { done <- call(t, u, argv...) }()
	select {
	case r := <-done:
		t.Logf("%v", r.took)
		return r
	case <-time.After(most):
		t.Fatalf("no answer within %v", most)
	}
	return result{}
}

// spy takes getent's place: it tells what it was given, and answers for uid 4200. The shell reads its state itself: while
// it starts another program, which would read it, it blocks all signals.
const spy = `#!/bin/sh
{
	while IFS= read -r line; do
		case $line in Uid:* | Gid:* | Groups:* | NoNewPrivs:* | SigBlk:* | SigIgn:* | Umask:*) echo "$line" ;; esac
	done </proc/$$/status
	echo "env $(tr '\0' ' ' </proc/$$/environ)"
	echo "cwd $(pwd) args $*"
	echo "session $(cut -d' ' -f6 /proc/$$/stat) $$ nice $(cut -d' ' -f19 /proc/$$/stat)"
	for fd in 0 1 2 3 4 5 6 7 8 9; do [ ! -e /proc/$$/fd/$fd ] || echo "fd $fd $(readlink /proc/$$/fd/$fd)"; done
	grep -E '^Max (stack|file size|core|open)' /proc/$$/limits
	kill -0 $$
} >/srv/spied 2>&1
echo 'dora:x:4200:4200::/:/bin/sh'
`

// TestGetentGetsNothing: of what its caller chose, getent gets nothing.
func TestGetentGetsNothing(t *testing.T) {
	record(t)
	switched(t, "passwd: files systemd\ngroup: files systemd\n")
	replaced(t, "/usr/bin/getent", harness.File{Text: spy, Mode: 0o755})
	target := hold(t, dora, "unshare", "-U", "cat")
	script := fmt.Sprintf("ulimit -S -s 100; ulimit -S -f 0; umask 0777; trap '' TERM USR1 ALRM; cd /tmp; LD_PRELOAD=/tmp/x.so GCONV_PATH=/tmp exec 7</etc/hostname nice -n 19 %s/newuidmap fd:8 0 500000 1 8</proc/%d", bin, target.PID)
	if r := call(t, dora, "/bin/bash", "-c", script); r.status != 0 {
		t.Fatalf("%v", r)
	}
	text, err := os.ReadFile("/srv/spied")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"Uid:\t0\t0\t0\t0\n", "Gid:\t0\t0\t0\t0\n", "Groups:\t \n", "NoNewPrivs:\t1\n", "SigBlk:\t0000000000000000\n", "Umask:\t0022\n",
		"env PATH=/usr/bin:/bin LC_ALL=C \n", "cwd / args passwd 4200\n", " nice 0\n", "fd 0 /dev/null\n", "fd 2 ",
		"Max stack size            8388608", "Max file size             unlimited", "Max core file size        0",
	} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %q in %s", want, text)
		}
	}
	for _, unwanted := range []string{"/etc/hostname", "/proc/" + decimal(target.PID), "/tmp", "LD_PRELOAD"} {
		if strings.Contains(string(text), unwanted) {
			t.Errorf("%q in %s", unwanted, text)
		}
	}
	var session, pid int
	for line := range strings.SplitSeq(string(text), "\n") {
		_, _ = fmt.Sscanf(line, "session %d %d", &session, &pid)
	}
	if session == 0 || session != pid {
		t.Errorf("it is not in a session of its own: %s", text)
	}
	for why, f := range map[string]harness.File{
		"writable by group or others": {Text: spy, Mode: 0o775, GID: 4200}, "owned by uid 4200": {Text: spy, Mode: 0o755, UID: 4200},
	} {
		replaced(t, "/usr/bin/getent", f)
		if got := maps(t, bin, "newuidmap", dora, "0 4200 1"); got.status != 1 || !strings.Contains(got.err, why) {
			t.Errorf("%s: %v", why, got)
		}
	}
}

// TestForgedGetent: the caller cannot stop, end or trace getent, so that nobody answers in its place.
func TestForgedGetent(t *testing.T) {
	record(t)
	switched(t, "passwd: files systemd\ngroup: files systemd\n")
	replaced(t, "/usr/bin/getent", harness.File{Text: "#!/bin/sh\necho $$ >/srv/getent.pid\n/bin/sleep 2\necho 'dora:x:4200:4200::/:'\n", Mode: 0o755})
	target := hold(t, dora, "unshare", "-U", "cat")
	done := make(chan result, 1)
	go func() { done <- call(t, dora, bin+"/newuidmap", decimal(target.PID), "0", "500000", "1") }()
	time.Sleep(time.Second)
	text, err := os.ReadFile("/srv/getent.pid")
	if err != nil {
		t.Fatal(err)
	}
	pid := strings.TrimSpace(string(text))
	for _, attack := range []string{"kill -STOP " + pid, "kill -KILL " + pid, "strace -o /dev/null -p " + pid, "cat /proc/" + pid + "/environ", "readlink /proc/" + pid + "/fd/1"} {
		if r := call(t, dora, "/bin/sh", "-c", attack); r.status == 0 {
			t.Errorf("%s: %v", attack, r)
		}
	}
	if r := <-done; r.status != 0 {
		t.Errorf("%v", r)
	}
}

// replaced is put for a file that is there, with its mode.
func replaced(t *testing.T, path string, f harness.File) {
	t.Helper()
	does(t, "[ -e "+path+".real ] || cp -p "+path+" "+path+".real")
	if err := f.Put(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { does(t, "[ ! -e "+path+".real ] || mv "+path+".real "+path) })
}

// TestLocalTouchesNothing: on behalf of a local user nothing but the files is opened, and no socket but those of the
// record and of the kernel.
func TestLocalTouchesNothing(t *testing.T) {
	grantNics(t, "carol veth br0 1\n")
	switched(t, "passwd: files sss systemd\ngroup: files sss systemd\nsubid: files\n")
	target := hold(t, carol, "unshare", "-Urn", "cat")
	as := []string{"setpriv", "--reuid", "3000", "--regid", "3000", "--clear-groups"}
	for name, argv := range map[string][]string{
		"newuidmap, own id": {bin + "/newuidmap", decimal(target.PID), "0", "3000", "1"},
		"newuidmap":         {bin + "/newuidmap", decimal(target.PID), "0", "200000", "1"},
		"newgidmap":         {bin + "/newgidmap", decimal(target.PID), "0", "200000", "1"},
		"getsubids":         {bin + "/getsubids", "carol"},
		"lxc-user-nic":      creates(target.PID),
	} {
		trace := calls(t, "execve,connect,openat,open", append(as, argv...)...)
		_, after, found := strings.Cut(trace, `execve("`+argv[0])
		if !found || strings.Contains(after, "execve(") {
			t.Errorf("%s: %s", name, trace)
		}
		for line := range strings.SplitSeq(after, "\n") {
			if strings.Contains(line, "connect(") && strings.Contains(line, "AF_UNIX") && !strings.Contains(line, "/dev/log") {
				t.Errorf("%s: a socket: %s", name, line)
			}
		}
		// The line subid: has to be read where ranges are, and nowhere else.
		want := name != "newuidmap, own id" && name != "lxc-user-nic"
		if reads := strings.Contains(after, "/etc/nsswitch.conf"); reads != want {
			t.Errorf("%s: reads nsswitch.conf: %v", name, reads)
		}
	}
}
