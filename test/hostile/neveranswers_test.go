//go:build system

package hostile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

var (
	unanswered = person("unanswered")
	_          = grant("unanswered veth unanswered 9")
)

// neverAnswers mounts a file system of the user's whose root, a file or a directory (mode), can be opened, and that never
// answers who looks for a name, asks what something is or writes: the worst that FUSE can be, with allow_other of
// fuse.conf(5). The end of the test ends it, and with it what waits for it.
func neverAnswers(t *testing.T, u user, mode uint32) (path string) {
	t.Helper()
	folder := t.TempDir()
	path = filepath.Join(folder, "fuse")
	made := errors.Join(os.Chmod(filepath.Dir(folder), 0o755), os.WriteFile(path, nil, 0o666))
	if mode == unix.S_IFDIR {
		_ = os.Remove(path)
		made = os.Mkdir(path, 0o777)
	}
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil || made != nil {
		t.Fatal(err, made)
	}
	options := fmt.Sprintf("fd=%d,rootmode=%o,user_id=%d,group_id=%d,allow_other", fd, mode, u.uid, u.gid)
	if err := unix.Mount("never", path, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = unix.Unmount(path, unix.MNT_DETACH|unix.MNT_FORCE), unix.Close(fd) })
	go func() {
		const opLookup, opGetattr, opOpen, opWrite, opStatfs, opInit, head = 1, 3, 14, 16, 17, 26, 16
		request := make([]byte, 1<<20)
		for {
			n, err := unix.Read(fd, request)
			if err != nil || n < 40 {
				return
			}
			answer := make([]byte, head, head+64)
			copy(answer[8:], request[8:16])
			switch binary.NativeEndian.Uint32(request[4:]) {
			case opInit:
				answer = answer[:head+64]
				binary.NativeEndian.PutUint32(answer[head:], 7)
				binary.NativeEndian.PutUint32(answer[head+4:], 31)
				binary.NativeEndian.PutUint32(answer[head+20:], 4096) // max_write
			case opOpen:
				answer = answer[:head+16]
			case opLookup, opGetattr, opWrite, opStatfs:
				continue
			default: // such as FLUSH, for which this test itself would wait at close(2)
				binary.NativeEndian.PutUint32(answer[4:], ^uint32(unix.ENOSYS)+1)
			}
			binary.NativeEndian.PutUint32(answer, uint32(len(answer)))
			_, _ = unix.Write(fd, answer)
		}
	}()
	return path
}

// TestNeverAnswers: a program that waits where nothing but death ends a wait is one of its caller's processes, as any that
// they start themselves, and holds nothing; and when it gets its answer it has left nothing behind.
func TestNeverAnswers(t *testing.T) {
	target := container(t, unanswered)
	pid := strconv.Itoa(target.PID)
	written := func(t *testing.T) *os.File {
		path := neverAnswers(t, unanswered, unix.S_IFREG)
		fd, err := unix.Open(path, unix.O_WRONLY, 0) // os.OpenFile would poll(2) it
		if err != nil {
			t.Fatal(err)
		}
		file := os.NewFile(uintptr(fd), path)
		t.Cleanup(func() { _ = file.Close() })
		return file
	}
	for name, prepare := range map[string]func(*testing.T, *exec.Cmd) []string{
		"message": func(t *testing.T, c *exec.Cmd) []string {
			c.Stderr = written(t)
			return []string{newuidmap, pid, "0", "1", "1"}
		},
		"line": func(t *testing.T, c *exec.Cmd) []string { c.Stdout = written(t); return creates(target, "unanswered") },
		"path": func(t *testing.T, _ *exec.Cmd) []string {
			path := neverAnswers(t, unanswered, unix.S_IFDIR)
			return []string{usernic, "create", "/dev/null", "c1", path + "/x", "veth", "unanswered"}
		},
		"path by way of proc": func(t *testing.T, _ *exec.Cmd) []string {
			path := neverAnswers(t, unanswered, unix.S_IFDIR)
			return []string{usernic, "create", "/dev/null", "c1", "/proc/self/root" + path + "/x", "veth", "unanswered"}
		},
		"descriptor": func(t *testing.T, c *exec.Cmd) []string {
			path := neverAnswers(t, unanswered, unix.S_IFDIR)
			fd, err := unix.Open(path, unix.O_PATH, 0)
			if err != nil {
				t.Fatal(err)
			}
			c.ExtraFiles = []*os.File{os.NewFile(uintptr(fd), path)}
			return []string{newuidmap, "fd:3", "0", "1", "1"}
		},
		"descriptor of a namespace": func(t *testing.T, c *exec.Cmd) []string {
			path := neverAnswers(t, unanswered, unix.S_IFDIR)
			fd, err := unix.Open(path, unix.O_PATH, 0)
			if err != nil {
				t.Fatal(err)
			}
			c.ExtraFiles = []*os.File{os.NewFile(uintptr(fd), path)}
			return []string{usernic, "create", "/dev/null", "c1", "fd:3", "veth", "unanswered"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			command := &exec.Cmd{Env: []string{}, Dir: "/"}
			command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: unanswered.uid, Gid: unanswered.gid}}
			argv := prepare(t, command)
			command.Path, command.Args = argv[0], argv
			if err := command.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- command.Wait() }()
			time.Sleep(time.Second)
			select {
			case err := <-ended:
				t.Errorf("it did not wait: %v", err)
			default:
				if who := userOf(command.Process.Pid); who != unanswered.uid {
					t.Errorf("it waits as user %d", who)
				}
			}
		})
	}
	time.Sleep(100 * time.Millisecond)
	if left := nicsOf(t, unanswered); len(left) > 0 {
		t.Errorf("left: %q", left)
		sweep(t, unanswered)
	}
}
