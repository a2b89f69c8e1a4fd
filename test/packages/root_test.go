//go:build system

package packages

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// machine is an overlay of the Debian root: what a case changes is gone with the case.
type machine struct {
	dir   string
	upper string // where the changes are
	lower string // what is below them, as overlayfs takes it
}

// layers are the changes that many cases begin with, by name: made once, and only read from then on.
var layers = map[string]string{}

// layered is a machine on the one that base makes, with some packages.
func layered(t *testing.T, name string, base func() *machine, packages ...string) *machine {
	t.Helper()
	if layers[name] == "" {
		m := base()
		m.dpkg(t, append([]string{"-i"}, packages...)...)
		saved := "/run/" + name
		must(t, command("cp", "-a", m.upper, saved))
		layers[name] = saved + ":" + m.lower
	}
	return machineOn(t, layers[name])
}

// newMachine is the Debian root alone. /srv has the packages of the cases.
func newMachine(t *testing.T) *machine {
	t.Helper()
	m := machineOn(t, *rootFlag)
	for _, file := range []string{debs.ours, debs.oursNext, debs.uidmapNext, debs.liblxcNext, *watchFlag} {
		m.bring(t, file)
	}
	return m
}

// machineOn mounts an overlay on directories, and what programs expect below it. /run of the private copy is a tmpfs.
func machineOn(t *testing.T, lower string) *machine {
	t.Helper()
	top, err := os.MkdirTemp("/run", "machine.")
	must(t, err)
	must(t, os.Chmod(top, 0o755))
	t.Cleanup(func() { must(t, os.RemoveAll(top)) })
	m := &machine{dir: top + "/root", upper: top + "/upper", lower: lower}
	for _, dir := range []string{m.dir, m.upper, top + "/work"} {
		must(t, os.Mkdir(dir, 0o755))
	}
	mount(t, "overlay", m.dir, "overlay", "lowerdir="+lower+",upperdir="+m.upper+",workdir="+top+"/work")
	mount(t, "proc", m.dir+"/proc", "proc", "")
	mount(t, "run", m.dir+"/run", "tmpfs", "mode=755")
	bind(t, "/dev", m.dir+"/dev")
	bind(t, "/sys", m.dir+"/sys")
	return m
}

// bring copies a file into the machine's /srv and returns the path that it has there.
func (m *machine) bring(t *testing.T, file string) string {
	t.Helper()
	must(t, command("cp", file, m.dir+inside(file)))
	return inside(file)
}

// inside is where a file of newMachine, or one that was made there, is in the machine.
func inside(file string) string {
	if rest, ok := strings.CutPrefix(file, *rootFlag); ok {
		return rest
	}
	if strings.HasPrefix(file, "/srv/") {
		return file
	}
	return "/srv/" + filepath.Base(file)
}

func mount(t *testing.T, source, target, kind, data string) {
	t.Helper()
	must(t, unix.Mount(source, target, kind, 0, data))
	t.Cleanup(func() { must(t, unix.Unmount(target, unix.MNT_DETACH)) })
}

func bind(t *testing.T, source, target string) {
	t.Helper()
	must(t, unix.Mount(source, target, "", unix.MS_BIND|unix.MS_REC, ""))
	must(t, unix.Mount("", target, "", unix.MS_REC|unix.MS_SLAVE, ""))
	t.Cleanup(func() { must(t, unix.Unmount(target, unix.MNT_DETACH)) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// command makes a command of the machine, to be run as root in a session of its own.
func (m *machine) command(argv ...string) *exec.Cmd {
	cmd := exec.Command("/usr/bin/env", argv...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: m.dir, Setsid: true}
	cmd.Dir = "/"
	cmd.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
		"DEBIAN_FRONTEND=noninteractive",
	}
	return cmd
}

// try runs a command on the machine and returns its output and how it ended.
func (m *machine) try(argv ...string) (string, error) {
	text, err := m.command(argv...).CombinedOutput()
	return strings.TrimSpace(string(text)), err
}

// run is try for a command that has to succeed.
func (m *machine) run(t *testing.T, argv ...string) string {
	t.Helper()
	text, err := m.try(argv...)
	if err != nil {
		t.Fatalf("%q: %v\n%s", argv, err, text)
	}
	return text
}

// dpkg runs dpkg, with files of newMachine as they are outside.
func (m *machine) dpkg(t *testing.T, argv ...string) string {
	t.Helper()
	return m.run(t, dpkgCommand(argv)...)
}

func dpkgCommand(argv []string) []string {
	all := []string{"dpkg", "--force-unsafe-io", "--force-confold"}
	for _, word := range argv {
		if strings.HasSuffix(word, ".deb") {
			word = inside(word)
		}
		all = append(all, word)
	}
	return all
}

// lines runs a command that may fail, for what it prints.
func (m *machine) lines(argv ...string) []string {
	text, _ := m.try(argv...)
	if text == "" {
		return nil
	}
	return strings.Split(text, "\n")
}
