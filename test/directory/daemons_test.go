//go:build system

package directory

import (
	"errors"
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

const (
	pipes = "/var/lib/sss/pipes"
	pipe  = pipes + "/nss"
)

// serve starts the LDAP server.
func serve() error {
	for _, name := range []string{"slapd.conf", "subid.schema", "base.ldif"} {
		text, err := os.ReadFile(filepath.Join(*dataFlag, name))
		if err != nil {
			return err
		}
		if err := os.WriteFile("/srv/directory/"+name, text, 0o600); err != nil {
			return err
		}
	}
	return sh("slapadd -f /srv/directory/slapd.conf -l /srv/directory/base.ldif; " + startLDAP + `
		printf 'addent -password -p host/client.example.test@EXAMPLE.TEST -k 1 -e aes256-cts\nsecret\nwkt /etc/krb5.keytab\n' | ktutil >/dev/null`)
}

const startLDAP = "slapd -f /srv/directory/slapd.conf -h ldap://127.0.0.1:389"

// What SSSD is configured with, besides testdata/sssd.conf.
const (
	plain     = ""
	qualified = "use_fully_qualified_names = true\n"
)

// startSSSD starts SSSD without a cache, and waits until it knows alice.
func startSSSD(more string) error {
	text, err := os.ReadFile(filepath.Join(*dataFlag, "sssd.conf"))
	if err != nil {
		return err
	}
	if err := (harness.File{Text: string(text) + more, Mode: 0o600}).Put("/etc/sssd/sssd.conf"); err != nil {
		return err
	}
	if err := sh("mkdir -p " + pipes + "/private; rm -f /var/lib/sss/db/*.ldb /var/lib/sss/mc/*; sssd -D --logger=files"); err != nil {
		return err
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if exec.Command("getent", "-s", "sss", "passwd", strconv.Itoa(int(alice.uid))).Run() == nil {
			return nil
		}
	}
	return errors.New("SSSD does not know alice within 20 seconds; see /var/log/sssd")
}

// pidOf is the process of a daemon, 0 if there is none.
func pidOf(name string) int {
	found, _ := filepath.Glob("/proc/[0-9]*/comm")
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err == nil && strings.TrimSpace(string(text)) == name {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
			return pid
		}
	}
	return 0
}

// killSSSD kills SSSD and leaves its socket behind: the monitor first, which would start the others again.
func killSSSD(t *testing.T) {
	t.Helper()
	for _, name := range []string{"sssd", "sssd_be", "sssd_nss", "sssd_pac"} {
		if pid := pidOf(name); pid > 1 {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	for end := time.Now().Add(5 * time.Second); pidOf("sssd_nss")+pidOf("sssd") > 0; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("SSSD does not die")
		}
	}
}

// without kills SSSD, and starts it again when the test ends.
func without(t *testing.T) {
	t.Helper()
	killSSSD(t)
	t.Cleanup(func() {
		if err := errors.Join(os.RemoveAll(pipe), os.RemoveAll("/run/sssd.pid"), startSSSD(plain)); err != nil {
			t.Error(err)
		}
	})
}

// inPlace has another listener in SSSD's place.
func inPlace(t *testing.T) {
	t.Helper()
	without(t)
	if err := os.RemoveAll(pipe); err != nil {
		t.Fatal(err)
	}
}

// daemon starts a program and ends it with the test; there must be a socket at path then.
func daemon(t *testing.T, path string, argv ...string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(argv[0], argv[1:]...)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = os.RemoveAll(path)
	})
	waitFor(t, path)
}

// waitFor waits until somebody listens at path.
func waitFor(t *testing.T, path string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("unix", path); err == nil {
			c.Close()
			return
		}
		if time.Now().After(end) {
			t.Fatal("nobody listens at " + path)
		}
	}
}

// listen is the program of an ordinary user who listens at a path and prints how much the first caller said.
func listen(path string) int {
	listener, err := net.Listen("unix", path)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	for {
		c, err := listener.Accept()
		if err != nil {
			return 1
		}
		_ = c.SetDeadline(time.Now().Add(2 * time.Second))
		n, _ := c.Read(make([]byte, 100))
		c.Close()
		if n > 0 {
			_ = os.WriteFile("/tmp/heard", []byte("x"), 0o600)
		}
	}
}

// activate is the program that listens at a path and executes argv with the listening socket, as systemd does.
func activate(path, program string) int {
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: path, Net: "unix"})
	if err != nil {
		fmt.Println(err)
		return 1
	}
	file, err := listener.File()
	if err != nil || os.Chmod(path, 0o666) != nil || syscall.Dup2(int(file.Fd()), 3) != nil {
		return 1
	}
	return errno(syscall.Exec(program, []string{program}, []string{
		"PATH=/usr/bin:/bin", "LISTEN_FDS=1", "LISTEN_PID=" + strconv.Itoa(os.Getpid()), "LISTEN_FDNAMES=varlink",
	}))
}

func errno(err error) int {
	fmt.Println(err)
	return 1
}
