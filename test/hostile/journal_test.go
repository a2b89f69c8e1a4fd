//go:build system

package hostile

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// journal is a syslog daemon that keeps what each process sent, for tests that run beside each other.
type journal struct {
	sync.Mutex
	fd    int
	inode uint64
	sent  map[string][]string // by program and pid, as "newuidmap[77]"
}

var kept = journal{fd: -1, sent: map[string][]string{}}

// keep makes sure that the journal listens: tests of other files take its socket away.
func (j *journal) keep(t testing.TB) {
	t.Helper()
	j.Lock()
	defer j.Unlock()
	if info, err := os.Stat(devLog); err == nil && info.Sys().(*syscall.Stat_t).Ino == j.inode {
		return
	}
	_ = os.WriteFile("/proc/sys/net/unix/max_dgram_qlen", []byte("512"), 0)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(devLog)
	if err := unix.Bind(fd, &unix.SockaddrUnix{Name: devLog}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(devLog)
	if err != nil || os.Chmod(devLog, 0o666) != nil {
		t.Fatal(err)
	}
	first := j.fd < 0
	j.fd, j.inode = fd, info.Sys().(*syscall.Stat_t).Ino
	if first {
		go func() { // so that the socket never fills up
			for ; ; time.Sleep(time.Millisecond) {
				j.Lock()
				j.drain()
				j.Unlock()
			}
		}()
	}
}

var sender = regexp.MustCompile(`^<\d+>([a-z-]+\[\d+\]): (.*)$`)

func (j *journal) drain() {
	buffer := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(j.fd, buffer, 0)
		if err != nil {
			return
		}
		if found := sender.FindStringSubmatch(string(buffer[:n])); found != nil {
			j.sent[found[1]] = append(j.sent[found[1]], found[2])
		}
	}
}

// has reports whether a process of a program sent something.
func (j *journal) has(path string, pid int) bool {
	j.Lock()
	defer j.Unlock()
	j.drain()
	return len(j.sent[senderOf(path, pid)]) > 0
}

func senderOf(path string, pid int) string {
	return fmt.Sprintf("%s[%d]", path[strings.LastIndex(path, "/")+1:], pid)
}

// of returns what a process of a program that has ended sent, and forgets it.
func (j *journal) of(path string, pid int) []string {
	j.Lock()
	defer j.Unlock()
	j.drain()
	who := senderOf(path, pid)
	defer delete(j.sent, who)
	return j.sent[who]
}

// granted reports whether one of records is that of a grant with these words in it.
func granted(records []string, words string) bool {
	for _, r := range records {
		if strings.HasPrefix(r, "result=granted ") && strings.Contains(r, words) {
			return true
		}
	}
	return false
}
