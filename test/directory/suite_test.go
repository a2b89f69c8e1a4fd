//go:build system

package directory

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
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	oursFlag = flag.String("ours", "", "the folder with our programs")
	dataFlag = flag.String("data", "", "the folder testdata")
)

// Where the programs are: ours at the paths that callers know, and with file capabilities aside; Debian's aside.
const (
	bin     = "/usr/bin"
	caps    = "/opt/directory/caps"
	debian  = "/opt/directory/debian"
	usernic = "/usr/libexec/lxc/lxc-user-nic"
	self    = "/opt/directory/self" // this binary, for every user to execute
)

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "listen" {
		os.Exit(listen(os.Args[2]))
	}
	if len(os.Args) == 4 && os.Args[1] == "activate" {
		os.Exit(activate(os.Args[2], os.Args[3]))
	}
	harness.Suite(m, "test/run directory", prepare, oursFlag)
}

// prepare installs the programs, and starts the LDAP server and SSSD.
func prepare() error {
	errs := []error{harness.Install("/proc/self/exe", filepath.Dir(self), filepath.Base(self), 0o755)}
	for program, capability := range map[string]int{"newuidmap": unix.CAP_SETUID, "newgidmap": unix.CAP_SETGID, "getsubids": -1} {
		mode := os.FileMode(0o4755)
		if capability < 0 {
			mode = 0o755
		}
		errs = append(errs, harness.Install(filepath.Join(bin, program), debian, program, mode))
		errs = append(errs, harness.Install(filepath.Join(*oursFlag, program), bin, program, mode))
		if capability >= 0 {
			errs = append(errs, harness.Install(filepath.Join(*oursFlag, program), caps, program, 0o755, capability))
		}
	}
	folder, name := filepath.Split(usernic)
	errs = append(errs, harness.Install(filepath.Join(*oursFlag, name), folder, name, 0o4755))
	return errors.Join(append(errs, furnish(), serve(), startSSSD(plain))...)
}

// user is a caller.
type user struct {
	name     string
	uid, gid uint32
	groups   []uint32
}

func (u user) owner() harness.Owner { return harness.Owner{UID: u.uid, GID: u.gid, Groups: u.groups} }

// The users: alice and bob are in the directory, alice with ranges; carol is local, with a line in /etc/subuid.
var (
	alice  = user{"alice", 1149800001, 1149800001, nil}
	bob    = user{"bob", 1149800002, 1149800001, nil}
	carol  = user{"carol", 3000, 3000, nil}
	root   = user{"root", 0, 0, nil}
	nobody = user{"", 54321, 54321, nil}
)

const (
	aliceUIDs = 2147483648 // the first of 65536
	aliceGIDs = 2147549184
	devs      = 1149800100 // a group of the directory
)

func furnish() error {
	return errors.Join(
		harness.File{Text: "root:x:0:0::/root:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\ncarol:x:3000:3000::/:/bin/sh\n"}.Put("/etc/passwd"),
		harness.File{Text: "root:x:0:\nnogroup:x:65534:\ncarol:x:3000:\n"}.Put("/etc/group"),
		harness.File{Text: "carol:200000:65536\nalice:300000:65536\nroot:400000:10\n"}.Put("/etc/subuid"),
		harness.File{Text: "carol:200000:65536\nalice:300000:65536\n"}.Put("/etc/subgid"),
		harness.File{Text: "127.0.0.1 localhost client.example.test client\n"}.Put("/etc/hosts"),
		harness.File{Text: "SASL_SECPROPS none\n"}.Put("/etc/ldap/ldap.conf"),
		setSwitch(usual), os.MkdirAll("/etc/lxc", 0o755), os.MkdirAll("/srv/directory/db", 0o700),
		sh("hostname client.example.test; ip link add br0 type bridge; ip link set br0 up"),
	)
}

// usual is the nsswitch.conf that each test finds.
const usual = "passwd: files sss\ngroup: files sss\nsubid: sss\n"

func setSwitch(text string) error { return harness.File{Text: text}.Put("/etc/nsswitch.conf") }

// switched has another nsswitch.conf until the test ends.
func switched(t *testing.T, text string) {
	t.Helper()
	put(t, "/etc/nsswitch.conf", harness.File{Text: text})
}

// put makes a file what f says until the test ends.
func put(t *testing.T, path string, f harness.File) {
	t.Helper()
	was := harness.File{Absent: true}
	if stat, err := os.Lstat(path); err == nil && stat.Mode().IsRegular() {
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		was = harness.File{Text: string(before)}
	}
	if err := f.Put(path); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := was.Put(path); err != nil {
			t.Error(err)
		}
	})
}

// result is what a program left behind.
type result struct {
	status   int
	out, err string
	took     time.Duration
}

func (r result) String() string {
	return fmt.Sprintf("status %d, stdout %q, stderr %q", r.status, r.out, r.err)
}

// call runs argv as u, with an empty environment, and waits for its end.
func call(t testing.TB, u user, argv ...string) result {
	t.Helper()
	command := exec.Command(argv[0], argv[1:]...)
	command.Env, command.Dir = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"}, "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: u.uid, Gid: u.gid, Groups: u.groups}}
	var out, errs bytes.Buffer
	command.Stdout, command.Stderr = &out, &errs
	began := time.Now()
	if err := command.Start(); err != nil {
		t.Error(err)
		return result{status: -1}
	}
	_ = command.Wait()
	return result{command.ProcessState.ExitCode(), out.String(), errs.String(), time.Since(began)}
}

// first is the first line of standard error, without the name of a program.
func (r result) first() string {
	line, _, _ := strings.Cut(r.err, "\n")
	for _, program := range []string{"newuidmap", "newgidmap"} {
		line = strings.TrimPrefix(line, program+": ")
	}
	return line
}

// hold keeps a process of u for the test.
func hold(t testing.TB, u user, argv ...string) *harness.Target {
	t.Helper()
	target, err := harness.Hold(u.owner(), argv...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(target.Release)
	return target
}

// sh runs a shell script as root.
func sh(script string) error {
	if text, err := exec.Command("/bin/sh", "-euc", script).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", script, err, text)
	}
	return nil
}

// does runs a shell script as root, which must succeed.
func does(t testing.TB, script string) {
	t.Helper()
	if err := sh(script); err != nil {
		t.Fatal(err)
	}
}
