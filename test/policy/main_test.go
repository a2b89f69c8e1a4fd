//go:build system

package policy

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	ours = flag.String("ours", "", "folder of our programs, setuid root")
	peer = flag.String("peer", "", "path of Debian's lxc-user-nic, setuid root")
	doc  = flag.String("doc", "", "path of docs/protections.md")

	// home is the path of the machine's network namespace. That of the process would be that of its first thread, which
	// the runtime never ends: an open that happened to run on it takes it into a container for good.
	home string
)

const (
	policyPath    = "/etc/userns-helpers/policy.toml"
	forbiddenPath = "/etc/userns-helpers/forbidden-host-ids"
	lan           = 2900 // the group @lan
)

type user struct {
	name   string
	id     uint32 // uid and gid
	groups []uint32
}

var (
	alice = user{"alice", 1501, nil}
	bob   = user{"bob", 1502, nil}
	carol = user{"carol", 1503, []uint32{lan}}
	dave  = user{"dave", 1504, []uint32{lan}}
)

func (u user) owner() harness.Owner { return harness.Owner{UID: u.id, GID: u.id, Groups: u.groups} }

func TestMain(m *testing.M) {
	harness.Suite(m, "test/run policy", func() error {
		fd, err := unix.Open("/proc/self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		home = fmt.Sprintf("/proc/self/fd/%d", fd)
		return errors.Join(err, furnish())
	}, ours, peer, doc)
}

// furnish makes the users and their grants on the private copy of the machine.
func furnish() error {
	passwd, group := "root:x:0:0::/root:/bin/sh\n", "root:x:0:\n"
	sub, usernet := "", "@lan veth br0 300\n"
	for _, u := range []user{alice, bob, carol, dave} {
		passwd += fmt.Sprintf("%s:x:%d:%d::/:/bin/sh\n", u.name, u.id, u.id)
		group += fmt.Sprintf("%s:x:%d:\n", u.name, u.id)
		sub += fmt.Sprintf("%s:%d:65536\n%s:0:2000\n", u.name, u.id*100000, u.name)
		if len(u.groups) == 0 {
			for _, bridge := range []string{"br0", "br1", "none", "ovs0"} {
				usernet += u.name + " veth " + bridge + " 300\n"
			}
		}
	}
	group += fmt.Sprintf("lan:x:%d:\n", lan)
	errs := []error{os.MkdirAll("/etc/lxc", 0o755), os.MkdirAll(filepath.Dir(policyPath), 0o755)}
	for path, text := range map[string]string{
		"/etc/passwd": passwd, "/etc/group": group, "/etc/subuid": sub, "/etc/subgid": sub, "/etc/lxc/lxc-usernet": usernet,
	} {
		errs = append(errs, harness.File{Text: text}.Put(path))
	}
	return errors.Join(errs...)
}

// setPolicy makes text the policy; none is no file.
func setPolicy(t testing.TB, text string) {
	t.Helper()
	if err := os.Remove(policyPath); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	if text != "" {
		must(t, harness.File{Text: text}.Put(policyPath))
	}
}

// itoa is a number in decimal.
func itoa(n int) string { return strconv.Itoa(n) }

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sh runs a script as root and returns what it prints.
func sh(t testing.TB, format string, values ...any) string {
	t.Helper()
	script := fmt.Sprintf(format, values...)
	out, err := exec.Command("/bin/sh", "-euc", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v: %s", script, err, out)
	}
	return string(out)
}

// answer is what a run of lxc-user-nic came to.
type answer struct {
	ok   bool
	text string
}

// callAs runs a program as u.
func callAs(u user, program string, words ...string) answer {
	command := exec.Command(program, words...)
	command.Env, command.Dir = []string{}, "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: u.id, Gid: u.id, Groups: u.groups}}
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	return answer{err == nil, out.String()}
}

// create lets program make an interface.
func create(program string, u user, pid int, bridge, nic string) answer {
	return callAs(u, program, "create", "/dev/null", "c"+nic, fmt.Sprint(pid), "veth", bridge, nic)
}

func nicProgram() string { return filepath.Join(*ours, "lxc-user-nic") }

// network makes the machine new: bridges, no interfaces of others, no ledger, no policy.
func network(t testing.TB) {
	t.Helper()
	clearNetwork(t)
	t.Cleanup(func() { clearNetwork(t) })
	for i, bridge := range []string{"br0", "br1"} {
		sh(t, "ip link add %s type bridge && ip link set %s address 02:00:00:00:01:%02d up", bridge, bridge, i)
	}
}

func clearNetwork(t testing.TB) {
	t.Helper()
	setPolicy(t, "")
	must(t, os.RemoveAll("/run/lxc"))
	for _, name := range interfaces(t) {
		if name != "lo" && !strings.HasPrefix(name, "ovs") {
			_ = exec.Command("ip", "link", "del", name).Run() // the other end of a pair goes with the first
		}
	}
}

func interfaces(t testing.TB) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc/sys/net/ipv4/conf")
	must(t, err)
	var names []string
	for _, e := range entries {
		if e.Name() != "all" && e.Name() != "default" {
			names = append(names, e.Name())
		}
	}
	return names
}

// hold starts a container of u's.
func hold(t testing.TB, u user) int {
	t.Helper()
	target, err := harness.Hold(u.owner(), "unshare", "-Urn", "cat")
	must(t, err)
	t.Cleanup(target.Release)
	return target.PID
}

// until waits for something that the kernel does a little later.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for range 200 {
		if done() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatal("did not happen: " + what)
}
