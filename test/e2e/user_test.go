//go:build system

package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// user is an ordinary user of the private machine, with subordinate ids, a runtime directory and a cgroup, as a login gives.
type user struct {
	name   string
	uid    int
	first  int // of 65536 subordinate user and group ids
	groups []uint32
	cgroup string
	before []string // words before each command
}

// users counts the users of all cases: their subordinate ids do not overlap.
var users int

// newUser makes a user who is also a member of groups. Her processes end with the case.
func newUser(t *testing.T, name string, groups ...string) user {
	t.Helper()
	users++
	u := user{name: name, uid: 2000 + users, first: 1000000 + users*65536, cgroup: "/sys/fs/cgroup/" + name}
	host(t, "useradd", "--create-home", "--shell", "/bin/sh", "--user-group", "--uid", strconv.Itoa(u.uid), name)
	host(t, "groupmod", "--gid", strconv.Itoa(u.uid), name)
	for i, group := range groups {
		gid := 5000 + 100*users + i
		host(t, "groupadd", "--gid", strconv.Itoa(gid), group)
		host(t, "usermod", "--append", "--groups", group, name)
		u.groups = append(u.groups, uint32(gid))
	}
	for _, file := range []string{"/etc/subuid", "/etc/subgid"} {
		grant(t, file, name, fmt.Sprintf("%s:%d:65536", name, u.first))
	}
	runtime := u.runtime()
	for _, folder := range []string{runtime, u.cgroup, u.cgroup + "/shell"} {
		if err := os.MkdirAll(folder, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	host(t, "chown", "-R", name+":", u.cgroup, runtime)
	host(t, "chmod", "711", u.home())
	host(t, "chmod", "700", runtime)
	t.Cleanup(u.killAll)
	return u
}

// grant makes line the only one of name in a file like /etc/subuid.
func grant(t *testing.T, file, name, line string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	var keep strings.Builder
	for _, old := range strings.SplitAfter(string(text), "\n") {
		if !strings.HasPrefix(old, name+":") {
			keep.WriteString(old)
		}
	}
	keep.WriteString(line + "\n")
	if err := os.WriteFile(file, []byte(keep.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func (u user) home() string    { return "/home/" + u.name }
func (u user) runtime() string { return fmt.Sprintf("/run/user/%d", u.uid) }

// killAll ends whatever runs in the user's cgroup, containers too, and waits until it is empty.
func (u user) killAll() {
	_ = os.WriteFile(u.cgroup+"/cgroup.kill", []byte("1"), 0)
	for range 500 {
		text, err := os.ReadFile(u.cgroup + "/cgroup.events")
		if err != nil || bytes.Contains(text, []byte("populated 0")) {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// run runs a command as the user and returns what it printed on stdout and stderr together.
func (u user) run(t *testing.T, argv ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 90*time.Second)
	defer cancel()
	// A file, not a pipe: a daemon that keeps it open must not be waited for.
	out, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	shell, err := unix.Open(u.cgroup+"/shell", unix.O_PATH|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(shell)
	argv = append(slices.Clone(u.before), argv...)
	command := exec.CommandContext(ctx, argv[0], argv[1:]...)
	command.Dir, command.Stdout, command.Stderr = u.home(), out, out
	command.Env = []string{
		"HOME=" + u.home(), "USER=" + u.name, "LOGNAME=" + u.name, "XDG_RUNTIME_DIR=" + u.runtime(),
		"PATH=/usr/bin:/bin:/usr/sbin:/sbin", "LANG=C.UTF-8", "TERM=dumb",
	}
	command.SysProcAttr = &syscall.SysProcAttr{
		Credential:  &syscall.Credential{Uid: uint32(u.uid), Gid: uint32(u.uid), Groups: u.groups},
		UseCgroupFD: true, CgroupFD: shell, Setsid: true,
	}
	failed := command.Run()
	text, err := os.ReadFile(out.Name())
	if err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		failed = fmt.Errorf("ended after 90 seconds: %w", failed)
	}
	return string(text), failed
}

// must is run for what has to succeed.
func (u user) must(t *testing.T, argv ...string) string {
	t.Helper()
	text, err := u.run(t, argv...)
	if err != nil {
		t.Fatalf("%s: %q: %v\n%s", u.name, argv, err, text)
	}
	return text
}
