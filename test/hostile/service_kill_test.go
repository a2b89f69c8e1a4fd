//go:build system

package hostile

import (
	"flag"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

var listenerStride = flag.Int("listener-stride", 1, "kill the service's listener at every nth system call")

var outlived = person("outlived")

// TestServiceListenerKilled: whoever calls while the listener is killed, at any of its system calls, and started again by
// whoever has the socket, as systemd does, has what they asked for; and no process stays.
func TestServiceListenerKilled(t *testing.T) {
	kept.keep(t)
	for _, r := range roles {
		t.Run(r.name, func(t *testing.T) {
			socket := handed(t, r)
			var y tally
			for when, killed := 1, true; killed && when < 2000; when += *listenerStride {
				killed = listenerKilled(t, &y, r, socket, when)
			}
			y.report(t, 100 / *listenerStride)
			for end := time.Now().Add(10 * time.Second); len(executing(t, serviceBinary)) > 0; time.Sleep(50 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("processes of the service's stay: %q", executing(t, serviceBinary))
				}
			}
		})
	}
}

// handed is a listening socket of a role's.
func handed(t *testing.T, r role) *os.File {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(r.socket), 0o755); err != nil {
		t.Fatal(err)
	}
	_ = os.Remove(r.socket)
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: r.socket, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	file, err := listener.File()
	if err != nil || os.Chmod(r.socket, 0o666) != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Close() })
	return file
}

// listens starts the listener with a socket, as the command of another program if there is one.
func listens(t *testing.T, r role, socket *os.File, before ...string) *exec.Cmd {
	t.Helper()
	argv := append(before, serviceBinary, "--listen-fd=3", r.name)
	command := exec.Command(argv[0], argv[1:]...)
	command.Env, command.Dir, command.Stderr, command.ExtraFiles = []string{}, "/", os.Stderr, []*os.File{socket}
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command
}

// listenerKilled makes a call while the listener is killed at a system call, and reports whether it got that far.
func listenerKilled(t *testing.T, y *tally, r role, socket *os.File, when int) bool {
	t.Helper()
	traced := listens(t, r, socket, "strace", "-qq", "-o", "/dev/null", "-e", "inject=all:signal=KILL:when="+strconv.Itoa(when))
	ended := make(chan struct{})
	go func() { _ = traced.Wait(); close(ended) }()
	called := make(chan oneCall, 1)
	go func() { called <- r.works(t, outlived) }()
	killed, c := false, oneCall{}
	select {
	case <-ended:
		killed = true
	case c = <-called:
		select { // what it does when the call is over
		case <-ended:
			killed = true
		case <-time.After(200 * time.Millisecond):
		}
		called <- c
	}
	if killed {
		y.point()
		next := listens(t, r, socket)
		if c = <-called; c.wrong != "" {
			y.fault("no answer", "killed at %d: %s", when, c.wrong)
		} else if again := r.works(t, outlived); again.wrong != "" {
			y.fault("not afterwards", "killed at %d: %s", when, again.wrong)
		}
		_ = next.Process.Kill()
		_ = next.Wait()
		return true
	}
	for _, pid := range executing(t, serviceBinary) {
		number, _ := strconv.Atoi(pid)
		if process, err := os.FindProcess(number); err == nil {
			_ = process.Kill()
		}
	}
	<-ended
	if c.wrong != "" {
		y.fault("without being killed", "%d: %s", when, c.wrong)
	}
	return false
}

// executing are the processes that execute a program.
func executing(t *testing.T, path string) (pids []string) {
	t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if executed, _ := os.Readlink(link); strings.TrimSuffix(executed, " (deleted)") == path {
			pids = append(pids, filepath.Base(filepath.Dir(link)))
		}
	}
	return pids
}
