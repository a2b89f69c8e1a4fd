//go:build system

package packages

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// bare is a root directory of busybox alone, with our programs and the files that grant: no C library, no getent, no
// login.defs, no nsswitch.conf, no shells but busybox, nothing in /dev, /run or /var.
func bare(t *testing.T) *machine {
	t.Helper()
	m := &machine{dir: t.TempDir()}
	must(t, os.Chmod(filepath.Dir(m.dir), 0o755)) //nolint:gosec // an ordinary user has to get in
	must(t, os.Chmod(m.dir, 0o755))               //nolint:gosec // as above
	for _, dir := range []string{"bin", "proc", "etc/lxc", "run", "dev", "home"} {
		must(t, os.MkdirAll(filepath.Join(m.dir, dir), 0o755))
	}
	must(t, command("dpkg-deb", "--extract", debs.ours, m.dir+"/package"))
	must(t, command("cp", "-a", m.dir+"/package"+private+".", m.dir+"/bin"))
	must(t, command("cp", filepath.Join(*rootFlag, "bin/busybox"), m.dir+"/bin"))
	must(t, os.RemoveAll(m.dir+"/package"))
	for name, text := range map[string]string{
		"passwd": "root:x:0:0::/:/bin/sh\nanna:x:1000:1000::/home:/bin/sh\n", "group": "root:x:0:\nanna:x:1000:\n",
		"subuid": "anna:200000:65536\n", "subgid": "anna:300000:65536\n", "lxc/lxc-usernet": "anna veth brbare 1\n",
	} {
		must(t, os.WriteFile(filepath.Join(m.dir, "etc", name), []byte(text), 0o644))
	}
	mount(t, "proc", m.dir+"/proc", "proc", "")
	return m
}

// anna runs a program of the bare root as the ordinary user.
func (m *machine) anna(argv ...string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: m.dir, Credential: &syscall.Credential{Uid: 1000, Gid: 1000}}
	cmd.Dir, cmd.Env = "/", []string{"PATH=/bin"}
	text, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(text)), err
}

// containerOf starts a process of anna's in namespaces of its own, outside of the bare root: inside one of those is forbidden.
func containerOf(t *testing.T) string {
	t.Helper()
	cmd := exec.Command("unshare", "--user", "--net", "sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 1000, Gid: 1000}, Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	pid := fmt.Sprint(cmd.Process.Pid)
	for range 500 {
		if name, _ := os.ReadFile("/proc/" + pid + "/comm"); string(name) == "sleep\n" {
			return pid
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal("no process with namespaces of its own")
	return ""
}

// TestBusyboxAlone has the programs, which depend on nothing, where there is nothing: IDs, an interface, and a refusal.
func TestBusyboxAlone(t *testing.T) {
	must(t, command("ip", "link", "add", "brbare", "type", "bridge"))
	t.Cleanup(func() { must(t, command("ip", "link", "delete", "brbare")) })
	m, pid := bare(t), containerOf(t)

	if said, err := m.anna("/bin/getsubids", "anna"); err != nil || said != "0: anna 200000 65536" {
		t.Errorf("getsubids: %q, %v", said, err)
	}
	if said, err := m.anna("/bin/newuidmap", pid, "0", "0", "1"); err == nil {
		t.Errorf("newuidmap mapped root: %q", said)
	} else {
		wants(t, said, "/etc/subuid has for anna (uid 1000) [200000-265536) (line 1)")
	}
	for tool, first := range map[string]string{"newuidmap": "200000", "newgidmap": "300000"} {
		if said, err := m.anna("/bin/"+tool, pid, "0", first, "1000"); err != nil || said != "" {
			t.Errorf("%s: %q, %v", tool, said, err)
		}
	}
	for file, first := range map[string]string{"uid_map": "200000", "gid_map": "300000"} {
		text, err := os.ReadFile("/proc/" + pid + "/" + file)
		must(t, err)
		if got := strings.Join(strings.Fields(string(text)), " "); got != "0 "+first+" 1000" {
			t.Errorf("%s is %q", file, got)
		}
	}
	said, err := m.anna("/bin/lxc-user-nic", "create", "/home", "bare", pid, "veth", "brbare", "eth0")
	if err != nil {
		t.Fatalf("lxc-user-nic: %v\n%s", err, said)
	}
	port, err := exec.Command("ip", "-brief", "link", "show", "master", "brbare").Output()
	must(t, err)
	wants(t, string(port), "veth1000_")
	if said, err := m.anna("/bin/lxc-user-nic", "create", "/home", "bare", pid, "veth", "brbare", "eth1"); err == nil {
		t.Errorf("a second interface: %s", said)
	}
}
