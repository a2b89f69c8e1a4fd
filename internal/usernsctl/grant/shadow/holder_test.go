package shadow

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/usernsctl/readdir"
)

// stranger is the user of a process that is not root's.
const stranger = 12345

// start starts a process that is there until the test ends: where the caller is root, a stranger's if it is to be.
func start(t *testing.T, strange bool, command ...string) int {
	t.Helper()
	c := exec.Command(command[0], command[1:]...)
	if strange && os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: stranger, Gid: stranger}}
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = c.Process.Kill(), c.Wait() })
	return c.Process.Pid
}

// zombieOf is a process that has ended, and that nobody has waited for.
func zombieOf(t *testing.T) int {
	t.Helper()
	pid := start(t, false, "/bin/true")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("it does not end")
		}
		if state, _, is := readdir.Life(strconv.Itoa(pid)); is && state == readdir.Zombie {
			return pid
		}
	}
}

// TestUsedAgain: the lock of a useradd that was killed is cleared where somebody else has its number by now, and that of
// one that lives is not.
func TestUsedAgain(t *testing.T) {
	living := start(t, false, "/bin/sleep", "60")
	for _, c := range []struct {
		name string
		pid  int
		age  time.Duration
		busy bool
	}{
		{"lives", living, 0, true},
		{"lives, and its clock stood still", living, doubt / 2, true},
		{"began after the lock", living, time.Hour, false},
		{"has ended", zombieOf(t), 0, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			locker, path := here(t, "")
			made := time.Now().Add(-c.age)
			if err := errors.Join(os.WriteFile(lockOf(path), []byte(strconv.Itoa(c.pid)+"\x00"), 0o600), os.Chtimes(lockOf(path), made, made)); err != nil {
				t.Fatal(err)
			}
			locks, err := locker.Lock(path)
			var busy *BusyError
			if errors.As(err, &busy) != c.busy || !c.busy && err != nil {
				t.Fatal(err)
			}
			if !c.busy {
				locks.Unlock()
			}
		})
	}
}

// TestStrangersNumber: a process that is neither root's nor of whom the lock is has only its number in common with it.
func TestStrangersNumber(t *testing.T) {
	pid := start(t, true, "/bin/sleep", "60")
	var stat unix.Stat_t
	if err := unix.Stat(processes+strconv.Itoa(pid), &stat); err != nil || stat.Uid == 0 {
		t.Fatalf("uid %d, %v", stat.Uid, err)
	}
	if (holder{pid, stat.Uid + 1, time.Now()}).lives() {
		t.Error("a stranger holds it")
	}
	if !(holder{pid, stat.Uid, time.Now()}).lives() {
		t.Error("the same user does not")
	}
	if !(holder{1, stat.Uid, time.Now()}).lives() {
		t.Error("whoever cannot be traced does not")
	}
}
