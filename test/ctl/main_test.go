//go:build system

package ctl

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	oursFlag        = flag.String("ours", "", "the folder with our programs")
	examplesFlag    = flag.String("examples", "", "the folder with the examples")
	completionsFlag = flag.String("completions", "", "the folder with the completions")
)

// Where the programs are installed: at their real paths.
const (
	newuidmap = "/usr/bin/newuidmap"
	newgidmap = "/usr/bin/newgidmap"
	getsubids = "/usr/bin/getsubids"
	usernic   = "/usr/libexec/lxc/lxc-user-nic"
	usernsctl = "/usr/bin/usernsctl"
)

// self is this binary, where every user can execute it.
const self = "/opt/ctl.test"

// bounded is how many processes everybody may have, as on a host where systemd says so: usernsctl check has something to say
// about users whom nothing bounds.
const bounded = 1000

func TestMain(m *testing.M) {
	if err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: bounded, Max: bounded}); err != nil {
		fmt.Fprintln(os.Stderr, "ctl: processes are not bounded:", err)
		os.Exit(1)
	}
	harness.Suite(m, "test/run ctl", prepare, oursFlag)
}

// prepare makes a clean host.
func prepare() error {
	errs := []error{harness.Install("/proc/self/exe", filepath.Dir(self), filepath.Base(self), 0o755), installed()}
	for path, text := range cleanFiles() {
		errs = append(errs, os.MkdirAll(filepath.Dir(path), 0o755), harness.File{Text: text}.Put(path))
	}
	for _, path := range []string{"/etc/samba/smb.conf", "/etc/sssd", "/etc/userns-helpers", "/etc/security/limits.d", "/run/systemd/userdb", "/var/run/nscd"} {
		errs = append(errs, os.RemoveAll(path))
	}
	return errors.Join(append(errs, network())...)
}

// installed installs the programs as make install does.
func installed() error {
	var errs []error
	for path, mode := range map[string]os.FileMode{newuidmap: 0o4755, newgidmap: 0o4755, getsubids: 0o755, usernic: 0o4755, usernsctl: 0o755} {
		folder, name := filepath.Split(path)
		errs = append(errs, os.RemoveAll(path), harness.Install(filepath.Join(*oursFlag, name), folder, name, mode))
	}
	return errors.Join(errs...)
}

// person is a user of the host.
type person struct {
	name     string
	uid, gid uint32
	groups   []uint32
}

func (p person) owner() harness.Owner {
	return harness.Owner{UID: p.uid, GID: p.gid, Groups: append([]uint32{p.gid}, p.groups...)}
}

var (
	root  = person{"root", 0, 0, nil}
	alice = person{"alice", 3001, 3001, []uint32{2900}}
	bob   = person{"bob", 3002, 3002, []uint32{2900}}
	carol = person{"carol", 3003, 3003, nil}
)

const ranges = "alice:300000:65536\nbob:365536:65536\n3003:431072:1000\n"

// cleanFiles are the files of a host on which nothing is wrong.
func cleanFiles() map[string]string {
	return map[string]string{
		"/etc/passwd":               "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\nalice:x:3001:3001::/:/bin/sh\nbob:x:3002:3002::/:/bin/sh\ncarol:x:3003:3003::/:/bin/sh\n",
		"/etc/group":                "root:x:0:\nnogroup:x:65534:\nalice:x:3001:\nbob:x:3002:\ncarol:x:3003:\nlan:x:2900:alice,bob\n",
		"/etc/subuid":               ranges,
		"/etc/subgid":               ranges,
		"/etc/login.defs":           "UID_MAX 60000\n",
		"/etc/nsswitch.conf":        "passwd: files\ngroup: files\n",
		"/etc/lxc/lxc-usernet":      "alice veth br0 2\n@lan veth br0 2\nbob veth none 1\n",
		"/etc/security/limits.conf": "* hard nproc 10000\n",
	}
}

// network makes a bridge, and lets nobody believe router advertisements.
func network() error {
	var errs []error
	for _, name := range []string{"all", "default"} {
		errs = append(errs, advertisements(name, "0"))
	}
	return errors.Join(append(errs, sh("ip link add br0 type bridge && ip link set br0 up"), advertisements("br0", "0"))...)
}

// advertisements sets accept_ra of an interface.
func advertisements(name, value string) error {
	return os.WriteFile("/proc/sys/net/ipv6/conf/"+name+"/accept_ra", []byte(value), 0o644)
}

func sh(script string) error {
	if out, err := exec.Command("sh", "-c", script).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", script, err, out)
	}
	return nil
}

// result is what a program left behind.
type result struct {
	status   int
	out, err string
}

// call runs argv as p with an empty environment.
func call(t testing.TB, p person, argv ...string) result {
	t.Helper()
	command := exec.Command(argv[0], argv[1:]...)
	command.Env, command.Dir = []string{}, "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: p.uid, Gid: p.gid, Groups: p.owner().Groups}}
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	if err := command.Run(); err != nil && command.ProcessState == nil {
		t.Fatal(err)
	}
	return result{command.ProcessState.ExitCode(), out.String(), errs.String()}
}

// hold keeps a process of p for the test to make things for.
func hold(t testing.TB, p person, argv ...string) *harness.Target {
	t.Helper()
	target, err := harness.Hold(p.owner(), argv...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(target.Release)
	return target
}

// put makes a file for the time of a test.
func put(t testing.TB, path string, f harness.File) {
	t.Helper()
	before, err := os.ReadFile(path)
	restore := harness.File{Text: string(before)}
	if err != nil {
		restore.Absent = true
	}
	t.Cleanup(func() {
		if err := restore.Put(path); err != nil {
			t.Error(err)
		}
	})
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), f.Put(path)); err != nil {
		t.Fatal(err)
	}
}

// add appends lines to a file for the time of a test.
func add(t testing.TB, path, lines string) {
	t.Helper()
	put(t, path, harness.File{Text: cleanFiles()[path] + lines})
}

// lineOf is the number of the line after those of the clean file.
func lineOf(path string) int { return strings.Count(cleanFiles()[path], "\n") + 1 }
