//go:build system

package ctl

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"userns-helpers/test/blackbox/harness"
)

// audited is what audit --json answers.
type audited struct {
	Format  int
	Sources []struct {
		Name    string
		Certain bool
	}
	Groups []struct {
		Program, Result, User, ID, Bridge, Why, Asked, By string
		UID                                               *int64
		Count                                             int
		Last                                              int64
	}
	Forged, Broken, Other int
	Unseen                []struct{ What, Why string }
}

// audit asks for the records, and returns them in short, too.
func audit(t *testing.T, p person, options ...string) (audited, string) {
	t.Helper()
	got := call(t, p, append([]string{usernsctl, "audit", "--json"}, options...)...)
	var a audited
	if err := json.Unmarshal([]byte(got.out), &a); err != nil || a.Format != 1 {
		t.Fatalf("%v: %+v", err, got)
	}
	short := ""
	for _, g := range a.Groups {
		short += fmt.Sprintf("%s %s %s %s %s %d\n", g.Result, g.Program, g.User, g.ID, g.Bridge, g.Count)
	}
	return a, short
}

// hostileName is what a caller may want an administrator's terminal, or a program that reads the log, to see.
const hostileName = "c\x1b[2J\" result=granted uid=0 user=\"root\n<86>Nov 28 22:00:00 h newuidmap[1]: result=granted uid=0"

// recorded makes records: two grants of a map, a refusal, a granted interface, refusals with hostile text, and a grant of ranges.
func recorded(t *testing.T) {
	t.Helper()
	for range 2 {
		held := hold(t, alice, "unshare", "-U", "cat")
		if got := call(t, alice, newuidmap, strconv.Itoa(held.PID), "0", "300000", "9"); got.status != 0 {
			t.Fatalf("%+v", got)
		}
	}
	held := hold(t, alice, "unshare", "-U", "-n", "cat")
	if got := call(t, alice, usernic, "create", "/dev/null", "web", strconv.Itoa(held.PID), "veth", "br0", "eth0"); got.status != 0 {
		t.Fatalf("%+v", got)
	}
	call(t, alice, newuidmap, strconv.Itoa(held.PID), "0", "1", "9")
	for _, bridge := range []string{"lo", hostileName} {
		call(t, carol, usernic, "create", "/dev/null", hostileName, strconv.Itoa(held.PID), "veth", bridge)
	}
	order(t, root, "grant", "root", "--count", "7", "--start", "9000000")
}

// isRecorded compares with what recorded made.
func isRecorded(t *testing.T, a audited, short string) {
	t.Helper()
	for _, want := range []string{
		"granted newuidmap alice   2\n", "granted lxc-user-nic alice  br0 1\n", "refused newuidmap alice not-granted  1\n", "granted usernsctl root   1\n",
	} {
		if !strings.Contains(short, want) {
			t.Errorf("%q is not in\n%s", want, short)
		}
	}
	refusals := 0
	for _, g := range a.Groups {
		if g.UID != nil && *g.UID == int64(carol.uid) && g.User == "carol" && g.Program == "lxc-user-nic" && g.Result == "refused" {
			refusals += g.Count
		}
		if g.Result == "granted" && (g.User == "carol" || g.UID != nil && *g.UID == 0) || time.Now().Unix()-g.Last > 3600 {
			t.Errorf("%+v", g)
		}
	}
	if refusals != 2 || a.Broken != 0 || a.Forged != 0 || a.Other != 0 {
		t.Errorf("%d refusals; %+v", refusals, a)
	}
}

// TestAuditFile: what the programs send to the log, written to a file as rsyslogd does.
func TestAuditFile(t *testing.T) {
	hosts(t, "alice:300000:65536\n", "alice:300000:65536\n")
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: cleanFiles()["/etc/lxc/lxc-usernet"]})
	_ = os.Remove("/dev/log")
	log, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: "/dev/log", Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer os.Remove("/dev/log")
	defer log.Close()
	if err := os.Chmod("/dev/log", 0o666); err != nil {
		t.Fatal(err)
	}
	recorded(t)
	text := ""
	buffer := make([]byte, 16384)
	for log.SetReadDeadline(time.Now().Add(100*time.Millisecond)) == nil {
		n, err := log.Read(buffer)
		if err != nil {
			break
		}
		_, record, _ := strings.Cut(string(buffer[:n]), ">")
		text += time.Now().UTC().Format("2006-01-02T15:04:05.000000+00:00") + " host " + record + "\n"
	}
	text = `2020-01-01T00:00:00Z host newuidmap[9]: result=granted uid=4711 user="long-ago"` + "\n" + text
	file := filepath.Join(t.TempDir(), "auth.log")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, short := audit(t, root, "--file", file); !strings.Contains(short, "long-ago") {
		t.Error(short)
	}
	a, short := audit(t, root, "--file", file, "--since", "1d")
	isRecorded(t, a, short)
	if strings.Contains(short, "long-ago") {
		t.Error(short)
	}
	if len(a.Sources) != 1 || a.Sources[0].Certain {
		t.Errorf("%+v", a.Sources)
	}
	if _, short := audit(t, root, "--file", file, "--user", "carol"); strings.Contains(short, "alice") || !strings.Contains(short, "carol") {
		t.Error(short)
	}
	got := call(t, root, usernsctl, "audit", "--file", file)
	if got.status != 0 || strings.ContainsAny(got.out, "\x1b\r") || strings.Contains(got.out, "root    granted") || got.err != "" {
		t.Errorf("%+v", got)
	}
}

// TestAuditJournal: the journal has the same, and knows who forged a record. systemd-journald runs here by itself.
func TestAuditJournal(t *testing.T) {
	const journald = "/lib/systemd/systemd-journald"
	hosts(t, "alice:300000:65536\n", "alice:300000:65536\n")
	put(t, "/etc/lxc/lxc-usernet", harness.File{Text: cleanFiles()["/etc/lxc/lxc-usernet"]})
	put(t, "/etc/systemd/journald.conf", harness.File{Text: "[Journal]\nStorage=volatile\nReadKMsg=no\nAudit=no\nRateLimitBurst=0\nForwardToWall=no\n"})
	for _, path := range []string{"/run/systemd/journal", "/run/log/journal", "/var/log/journal"} {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll("/run/systemd/journal", 0o755); err != nil {
		t.Fatal(err)
	}
	daemon := exec.Command(journald)
	daemon.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var said strings.Builder
	daemon.Stdout, daemon.Stderr = &said, &said
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = daemon.Process.Kill()
		_ = daemon.Wait()
		_ = os.Remove("/dev/log")
		_ = os.RemoveAll("/run/log/journal")
	}()
	const socket = "/run/systemd/journal/dev-log"
	until(t, "journald listens", func() bool { _, err := os.Stat(socket); return err == nil })
	_ = os.Remove("/dev/log")
	if err := os.Symlink(socket, "/dev/log"); err != nil {
		t.Fatal(err)
	}
	recorded(t)
	// A record by bob in alice's name, and one of their own, which calls them otherwise: the user ID says who it is.
	for _, uid := range []string{"3001", "3002"} {
		text := "result=granted ppid=1 uid=" + uid + ` gid=1 user="forged" asked="0 0 1" by="/etc/subuid:1"`
		if got := call(t, bob, "/usr/bin/logger", "--id=7", "-p", "authpriv.info", "-t", "newuidmap", "--socket", "/dev/log", text); got.status != 0 {
			t.Fatalf("%+v", got)
		}
	}
	var a audited
	var short string
	until(t, "the journal has all", func() bool {
		a, short = audit(t, root)
		return a.Forged == 1 && len(a.Unseen) == 0 && strings.Contains(short, "granted newuidmap bob   1\n") && strings.Contains(short, "granted usernsctl root")
	})
	a.Forged = 0
	isRecorded(t, a, short)
	if len(a.Sources) != 1 || a.Sources[0].Name != "journal" || a.Sources[0].Certain {
		t.Errorf("%+v; journald: %s", a.Sources, said.String())
	}
	if a, _ := audit(t, carol); len(a.Unseen) == 0 || !strings.Contains(a.Unseen[len(a.Unseen)-1].What, "system.journal") || !strings.Contains(a.Unseen[0].Why, "root") {
		t.Errorf("an ordinary user: %+v", a)
	}
}

// until waits until something is so.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("in vain: " + what)
		}
	}
}
