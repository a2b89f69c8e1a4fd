//go:build system

package hostile

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
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

const (
	ledgerPath = "/run/lxc/nics"
	slotsPath  = "/run/lxc/nics.d"
)

// result is what a program left behind.
type result struct {
	status   int    // exit status; 128+n when signal n ended it; -1 when it had to be killed after patience
	out, err string // stdout and stderr
	took     time.Duration
}

func (r result) String() string {
	return fmt.Sprintf("status %d, stdout %q, stderr %q", r.status, r.out, r.err)
}

// patience is how long a call may take before it counts as hanging.
func patience() time.Duration {
	if *peersFlag {
		return 2 * time.Second // they hang at many points
	}
	return 15 * time.Second
}

// call runs argv as u and waits for its end.
func call(t testing.TB, u user, argv ...string) result {
	t.Helper()
	command := exec.Command(argv[0], argv[1:]...)
	command.Env, command.Dir = []string{}, "/"
	command.SysProcAttr = &syscall.SysProcAttr{
		Setpgid: true, Credential: &syscall.Credential{Uid: u.uid, Gid: u.gid, Groups: u.groups},
	}
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	command.WaitDelay = time.Second
	began := time.Now()
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	hung := false
	timer := time.AfterFunc(patience(), func() { hung = syscall.Kill(-command.Process.Pid, syscall.SIGKILL) == nil })
	_ = command.Wait()
	timer.Stop()
	r := result{command.ProcessState.ExitCode(), out.String(), errs.String(), time.Since(began)}
	if wait, ok := command.ProcessState.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		r.status = 128 + int(wait.Signal())
	}
	if hung {
		r.status = -1
	}
	return r
}

// hold keeps a process of u for the test to make things for.
func hold(t testing.TB, u user, argv ...string) *harness.Target {
	t.Helper()
	target, err := harness.Hold(u.owner(), argv...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(target.Release)
	return target
}

// container is a process of u in a network namespace of its own.
func container(t testing.TB, u user) *harness.Target {
	t.Helper()
	return hold(t, u, "unshare", "-Urn", "cat")
}

// creates is the command line that makes an interface for target on bridge.
func creates(target *harness.Target, bridge string) []string {
	return []string{usernic, "create", "/dev/null", "c1", strconv.Itoa(target.PID), "veth", bridge}
}

// deletes is the command line that deletes nic.
func deletes(target *harness.Target, bridge, nic string) []string {
	return []string{usernic, "delete", "/dev/null", "c1", fmt.Sprintf("/proc/%d/ns/net", target.PID), "veth", bridge, nic}
}

// made is the name on the host of the interface that a create told of, "" if it told of none.
func (r result) made() string {
	words := strings.Split(strings.TrimSpace(r.out), ":")
	if r.status != 0 || len(words) != 4 {
		return ""
	}
	return words[2]
}

// nicsOf are the interfaces of u on the host.
func nicsOf(t testing.TB, u user) []string {
	t.Helper()
	found, err := filepath.Glob(fmt.Sprintf("/sys/class/net/veth%d_*", u.uid))
	if err != nil {
		t.Fatal(err)
	}
	for i := range found {
		found[i] = filepath.Base(found[i])
	}
	return found
}

// incomplete says what is wrong with the host end of a nic on bridge, "" if nothing is.
func incomplete(nic, bridge string) string {
	master, err := os.Readlink("/sys/class/net/" + nic + "/master")
	switch {
	case bridge == "none" && err == nil:
		return nic + " has the master " + master
	case bridge == "ovs0" && sh("ovs-vsctl list-ports ovs0 | grep -qx "+nic) != nil:
		return nic + " is no port of " + bridge
	case bridge != "none" && bridge != "ovs0" && filepath.Base(master) != bridge:
		return nic + " is not on " + bridge
	}
	text, err := os.ReadFile("/sys/class/net/" + nic + "/flags")
	flags, _ := strconv.ParseUint(strings.TrimSpace(string(text)), 0, 32)
	if err != nil || flags&1 == 0 {
		return nic + " is down"
	}
	return ""
}

// rows are the rows of the ledger, without the empty lines, which are free places.
func rows(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile(ledgerPath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return strings.FieldsFunc(string(text), func(r rune) bool { return r == '\n' })
}

// malformed returns the first row that is not "owner veth bridge nic" with an interface's name at the end, or "".
func malformed(t testing.TB) string {
	t.Helper()
	for _, row := range rows(t) {
		words := strings.Split(row, " ")
		if len(words) != 4 || words[1] != "veth" || !strings.HasPrefix(words[3], "veth") {
			return row
		}
	}
	return ""
}

// listed counts the rows of the ledger that name nic.
func listed(t testing.TB, nic string) int {
	t.Helper()
	count := 0
	for _, row := range rows(t) {
		if strings.HasSuffix(row, " "+nic) {
			count++
		}
	}
	return count
}

// sweep removes the interfaces of u, as the end of a container does.
func sweep(t testing.TB, u user) {
	t.Helper()
	var lines []string
	for _, nic := range nicsOf(t, u) {
		lines = append(lines, "link del "+nic)
	}
	if len(lines) == 0 {
		return
	}
	if err := ip(lines...); err != nil && len(nicsOf(t, u)) > 0 { // one may have gone with its container
		t.Fatal(err)
	}
}

// ip runs one ip(8) for several lines of its batch language.
func ip(lines ...string) error {
	command := exec.Command("ip", "-force", "-batch", "-")
	command.Stdin = strings.NewReader(strings.Join(lines, "\n") + "\n")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("ip %q: %w: %s", lines, err, text)
	}
	return nil
}

// sh runs a shell script as root.
func sh(script string) error {
	if text, err := exec.Command("/bin/sh", "-euc", script).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", script, err, text)
	}
	return nil
}

// tally counts what an attack that is repeated at many points came to. The programs under test must not have any fault;
// with -peers the numbers are the result.
type tally struct {
	points int
	faults map[string]int
	first  map[string]string
}

// point begins a point of the attack.
func (y *tally) point() { y.points++ }

// fault counts a fault of a kind at a place.
func (y *tally) fault(kind, where string, values ...any) {
	if y.faults == nil {
		y.faults, y.first = map[string]int{}, map[string]string{}
	}
	if y.faults[kind]++; y.faults[kind] == 1 {
		y.first[kind] = fmt.Sprintf(where, values...)
	}
}

// total is the number of faults of all kinds.
func (y *tally) total() int {
	n := 0
	for _, count := range y.faults {
		n += count
	}
	return n
}

// report fails the test if there was a fault, or no point.
func (y *tally) report(t *testing.T, least int) {
	t.Helper()
	for kind, count := range y.faults {
		t.Errorf("%s at %d of %d points; first: %s", kind, count, y.points, y.first[kind])
	}
	if y.points < least {
		t.Errorf("only %d points were tried, fewer than %d: the attack does not reach the program", y.points, least)
	}
	fmt.Printf("observed: %s: %d points, faults %v\n", t.Name(), y.points, y.faults)
}

// ports are the ports of the bridge of Open vSwitch, one a line.
func ports(t testing.TB) string {
	t.Helper()
	text, err := exec.Command("ovs-vsctl", "list-ports", "ovs0").Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// emptyOpenVSwitch removes the ports whose interfaces a test has swept away.
func emptyOpenVSwitch(t testing.TB) {
	t.Helper()
	if err := sh("for p in $(ovs-vsctl list-ports ovs0); do ovs-vsctl del-port $p; done"); err != nil {
		t.Fatal(err)
	}
}
