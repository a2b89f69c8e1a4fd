package target

import (
	"os"
	"os/exec"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"
)

// sleeper starts a process that sleeps until the test ends.
func sleeper(t *testing.T) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("sleep", "1000")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(cmd) })
	return cmd
}

// stop ends a process and reaps it.
func stop(cmd *exec.Cmd) {
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// pass opens path as a caller would who passes the descriptor on: without FD_CLOEXEC.
func pass(t *testing.T, path string, flags int) int {
	t.Helper()
	fd, err := unix.Open(path, flags, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	return fd
}

// passPidfd makes a pidfd without FD_CLOEXEC.
func passPidfd(t *testing.T, pid int) int {
	t.Helper()
	fd, err := unix.PidfdOpen(pid, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if _, err := unix.FcntlInt(uintptr(fd), unix.F_SETFD, 0); err != nil {
		t.Fatal(err)
	}
	return fd
}

// want checks that the process that was opened is pid, owned by this one.
func want(t *testing.T, p *Process, err error, pid int) {
	t.Helper()
	if err != nil {
		t.Fatalf("process %d does not open: %v", pid, err)
	}
	t.Cleanup(p.Close)
	uid, gid := p.Owner()
	if p.PID() != pid || int(uid) != os.Geteuid() || int(gid) != os.Getegid() {
		t.Errorf("pid %d of %d:%d was opened, want pid %d", p.PID(), uid, gid, pid)
	}
	fd, err := p.OpenFile("uid_map", unix.O_RDONLY)
	if err != nil {
		t.Fatalf("uid_map of %d: %v", pid, err)
	}
	unix.Close(fd)
}

// refuse checks the cause for which a process was not opened.
func refuse(t *testing.T, what string, p *Process, err error, cause Cause) {
	t.Helper()
	if err == nil {
		p.Close()
		t.Errorf("%s: opened, want: %s", what, texts[cause])
		return
	}
	if got := err.(*Error); got.Cause != cause {
		t.Errorf("%s: %v (%v), want: %s", what, got, got.Errno, texts[cause])
	}
}

// refuseFD checks the cause for which ByDescriptor refuses.
func refuseFD(t *testing.T, what string, fd int, cause Cause) {
	t.Helper()
	p, err := ByDescriptor(fd)
	refuse(t, what, p, err, cause)
}

func TestOpen(t *testing.T) {
	pid := sleeper(t).Process.Pid
	proc := "/proc/" + strconv.Itoa(pid)
	p, err := ByPID(pid)
	want(t, p, err, pid)
	for _, fd := range []int{
		pass(t, proc, unix.O_RDONLY|unix.O_DIRECTORY),
		pass(t, proc, unix.O_PATH),
		passPidfd(t, pid),
	} {
		p, err := ByDescriptor(fd)
		want(t, p, err, pid)
	}
}

func TestOpenRefuses(t *testing.T) {
	self := strconv.Itoa(os.Getpid())
	thread := "/proc/" + self + "/task/" + self
	cases := []struct {
		path  string
		flags int
		cause Cause
	}{
		{"/proc", unix.O_RDONLY, NotProcess},
		{"/proc/" + self + "/task", unix.O_RDONLY, NotProcess},
		{thread, unix.O_RDONLY, NotProcess},
		{thread, unix.O_PATH, NotProcess},
		{"/proc/" + self + "/fd", unix.O_RDONLY, NotProcess},
		{"/proc/" + self + "/ns", unix.O_RDONLY, NotProcess},
		{"/proc/sys", unix.O_PATH, NotProcess},
		{"/proc/" + self + "/cwd", unix.O_RDONLY, OtherFS}, // leads out of /proc
		{"/", unix.O_RDONLY, OtherFS},
		{"/sys", unix.O_RDONLY, OtherFS},
		{"/proc/" + self + "/uid_map", unix.O_RDONLY, NotDirectory},
		{"/proc/self", unix.O_PATH | unix.O_NOFOLLOW, NotDirectory}, // the link itself
		{"/dev/null", unix.O_RDWR, NotDirectory},
	}
	for _, c := range cases {
		refuseFD(t, c.path, pass(t, c.path, c.flags), c.cause)
	}
	refuseFD(t, "a high number", 1<<20, NotOpen)
	refuseFD(t, "INT_MAX", maxNumber, NotOpen)
}

// A directory of the caller's that holds a link called uid_map was written to as root (shadow#667).
func TestOpenRefusesMadeDirectory(t *testing.T) {
	dir := t.TempDir()
	if err := os.Symlink("/etc/passwd", dir+"/uid_map"); err != nil {
		t.Fatal(err)
	}
	refuseFD(t, "made directory", pass(t, dir, unix.O_RDONLY), OtherFS)
	refuseFD(t, "made directory with O_PATH", pass(t, dir, unix.O_PATH), OtherFS)
}

// What this program opened itself was not passed by anybody, whatever it is.
func TestOpenRefusesOwnDescriptors(t *testing.T) {
	refuseFD(t, "own directory", pass(t, "/proc/self", unix.O_RDONLY|unix.O_CLOEXEC), NotInherited)
	fd, err := unix.PidfdOpen(os.Getpid(), 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	refuseFD(t, "own pidfd", fd, NotInherited)
}

// A process that is gone must not be taken for the next one with its pid: not by the descriptor of its directory, nor
// by its pidfd, nor once it was opened.
func TestOpenRefusesGone(t *testing.T) {
	cmd := sleeper(t)
	pid := cmd.Process.Pid
	directory := pass(t, "/proc/"+strconv.Itoa(pid), unix.O_RDONLY)
	path := pass(t, "/proc/"+strconv.Itoa(pid), unix.O_PATH)
	pidfd := passPidfd(t, pid)
	held, err := ByPID(pid)
	want(t, held, err, pid)
	if held.Gone() {
		t.Error("a living process is gone")
	}
	stop(cmd)
	p, err := ByPID(pid)
	refuse(t, "pid", p, err, Gone)
	refuseFD(t, "directory", directory, Gone)
	refuseFD(t, "directory with O_PATH", path, Gone)
	refuseFD(t, "pidfd", pidfd, Gone)
	if !held.Gone() {
		t.Error("a reaped process is not gone")
	}
	if fd, err := held.OpenFile("uid_map", unix.O_RDONLY); err == nil {
		unix.Close(fd)
		t.Error("uid_map of a reaped process opens")
	}
}

// A process that has ended and is not reaped yet has a pid and a directory, but a pidfd that says it ended.
func TestOpenRefusesZombie(t *testing.T) {
	cmd := sleeper(t)
	pidfd := passPidfd(t, cmd.Process.Pid)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	fds := []unix.PollFd{{Fd: int32(pidfd), Events: unix.POLLIN}}
	if n, err := unix.Poll(fds, 10_000); n != 1 {
		t.Fatalf("the process does not end: %d, %v", n, err)
	}
	refuseFD(t, "zombie", pidfd, Gone)
}

func TestOpenFileFollowsNoLink(t *testing.T) {
	p, err := ByPID(os.Getpid())
	want(t, p, err, os.Getpid())
	if fd, err := p.OpenFile("exe", unix.O_RDONLY); err != unix.ELOOP {
		unix.Close(fd)
		t.Errorf("OpenFile follows a link: %v", err)
	}
}

func TestErrorText(t *testing.T) {
	for cause, text := range texts {
		if text == "" || (&Error{Cause: Cause(cause)}).Error() != text {
			t.Errorf("cause %d has no text of its own", cause)
		}
	}
	for _, cause := range []Cause{NotOpen, NotInherited, NotDirectory, OtherFS, NotProcess} {
		if !(&Error{Cause: cause}).Descriptor() {
			t.Errorf("%q is about the descriptor", texts[cause])
		}
	}
	for _, cause := range []Cause{Unknown, Gone, Hidden, NoProc, OutsidePidNS, OldKernel} {
		if (&Error{Cause: cause}).Descriptor() {
			t.Errorf("%q is not about the descriptor", texts[cause])
		}
	}
}
