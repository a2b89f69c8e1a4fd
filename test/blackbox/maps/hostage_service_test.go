//go:build system

package maps

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// lingering is a TCP socket of which close(2) waits: its peer takes no more, and it has SO_LINGER. stays keeps it open here.
func lingering(t *testing.T, seconds int32) (fd int) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	connection, err := net.Dial("tcp", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	other, err := listener.Accept() // which nobody reads
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Close() })
	file, err := connection.(*net.TCPConn).File()
	if err != nil {
		t.Fatal(err)
	}
	_ = connection.Close()
	fd, err = unix.FcntlInt(file.Fd(), unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Close()
	for _, err := range []error{unix.SetNonblock(fd, true), unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_SNDBUF, 1<<12), other.(*net.TCPConn).SetReadBuffer(1 << 12)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	text := make([]byte, 1<<14)
	for range 1000 {
		if _, err := unix.Write(fd, text); err != nil {
			break
		}
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		t.Fatal(err)
	}
	if err := unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1, Linger: seconds}); err != nil {
		t.Fatal(err)
	}
	return fd
}

// timely makes one call of bob's through the service, and returns how long it took.
func timely(t *testing.T) time.Duration {
	t.Helper()
	target, err := harness.Hold(bob, "unshare", "-U", "cat")
	if err != nil {
		t.Fatal(err)
	}
	defer target.Release()
	start := harness.Start{Path: base + "/ours/plain/newuidmap", Argv: []string{"newuidmap", strconv.Itoa(target.PID), "0", "200000", "10"}, UID: bob.UID, GID: bob.GID}
	began := time.Now()
	result, err := start.Run()
	took := time.Since(began)
	if err != nil || result.Status != 0 || target.Read("uid_map") != "0 200000 10" {
		t.Errorf("bob's call: %v, %+v, map %q", err, result, target.Read("uid_map"))
	}
	return took
}

// both grants alice and bob ids.
func both(t *testing.T) {
	t.Helper()
	const lines = "alice:100000:65536\nbob:200000:65536\n"
	if err := (check{files: map[string]harness.File{"/etc/subuid": {Text: lines}, "/etc/subgid": {Text: lines}}}).furnish(); err != nil {
		t.Fatal(err)
	}
}

// TestServiceLinger: what docs/service.md relies on. To close a connection in which a socket with SO_LINGER lies waits, as long
// as its sender likes; not in a process that exits. And the service closes such connections, of which alice makes many more
// than may wait, without being kept from bob.
func TestServiceLinger(t *testing.T) {
	both(t)
	const linger = 2
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := lingering(t, linger)
	if err := unix.Sendmsg(pair[0], []byte("x"), unix.UnixRights(fd), nil, 0); err != nil {
		t.Fatal(err)
	}
	_ = unix.Close(fd)
	began := time.Now()
	_ = unix.Close(pair[1])
	if took := time.Since(began); took < time.Second {
		t.Errorf("to close it took %v: the kernel does not wait any more", took)
	}
	_ = unix.Close(pair[0])

	s := served(t)
	before, _ := s.Holds(t)
	sent := 0
	for range 150 {
		connection := dial(t, alice)
		fd := lingering(t, 60)
		if connection.Send("x", fd) == nil {
			sent++
		} else { // told to come again; here it is this process that would wait
			_ = unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{})
		}
		_ = unix.Close(fd)
	}
	for range 5 {
		if took := timely(t); took > time.Second {
			t.Errorf("bob's call took %v", took)
		}
	}
	if sent < 64 {
		t.Errorf("%d sockets were sent", sent)
	}
	s.QuietWithin(t, before, 40*time.Second)
}

// TestServiceHostage: bob's calls stay below a second above calm, whatever alice does to the service; and it is at work
// afterwards, with nothing left of hers.
func TestServiceHostage(t *testing.T) {
	both(t)
	s := served(t)
	before, _ := s.Holds(t)
	calm := time.Duration(0)
	for range 5 {
		calm = max(calm, timely(t))
	}
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = limit.Max
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	granted := func(i int) harness.Owner { return harness.Owner{UID: 100000 + uint32(i)%65536, GID: 2001} }
	for _, attack := range []struct {
		what string
		make func(stop *atomic.Bool) (fds []int)
	}{
		{"1,000 idle connections", func(*atomic.Bool) (fds []int) { return crowd(t, 1000, func(int) harness.Owner { return alice }, "") }},
		{"5,000 idle connections of as many users", func(*atomic.Bool) (fds []int) { return crowd(t, 5000, granted, "") }},
		{"2,000 connections that began a call", func(*atomic.Bool) (fds []int) { return crowd(t, 2000, granted, `{"method"`) }},
		{"half a call from alice herself", func(*atomic.Bool) (fds []int) {
			return crowd(t, 200, func(int) harness.Owner { return alice }, `{"method"`)
		}},
		{"connects in a loop", func(stop *atomic.Bool) []int { loop(t, stop, 0, ""); return nil }},
		{"connects in a loop as 65,536 users, with half a call", func(stop *atomic.Bool) []int { loop(t, stop, 65536, "{"); return nil }},
		{"refused calls in a loop", func(stop *atomic.Bool) []int { loop(t, stop, 65536, "{}\x00"); return nil }},
	} {
		t.Run(attack.what, func(t *testing.T) {
			stop := new(atomic.Bool)
			fds := attack.make(stop)
			worst := time.Duration(0)
			for range 5 {
				worst = max(worst, timely(t))
			}
			stop.Store(true)
			fmt.Printf("observed: %s: %v, calm %v\n", t.Name(), worst.Round(time.Millisecond), calm.Round(time.Millisecond))
			if worst > calm+time.Second {
				t.Errorf("bob's slowest call took %v, calm %v", worst, calm)
			}
			for _, fd := range fds {
				_ = unix.Close(fd)
			}
		})
	}
	s.QuietWithin(t, before, 20*time.Second)
	timely(t)
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.PID)); err != nil || !strings.Contains(string(text), "\nState:\tS") {
		t.Errorf("the service is not at work: %v", err)
	}
}

// crowd makes connections of users, each of which sends text and waits.
func crowd(t *testing.T, n int, who func(int) harness.Owner, text string) (fds []int) {
	t.Helper()
	for i := range n {
		fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		harness.As(t, who(i), func() { err = unix.Connect(fd, &unix.SockaddrUnix{Name: mapsSocket}) })
		if err != nil {
			t.Fatal(err)
		}
		if text != "" {
			_ = unix.Sendmsg(fd, []byte(text), nil, nil, unix.MSG_NOSIGNAL)
		}
		fds = append(fds, fd)
	}
	return fds
}

// loop connects again and again until stop, as alice or as the first of her ids, sends text and goes away.
func loop(t *testing.T, stop *atomic.Bool, ids uint32, text string) {
	t.Helper()
	var done sync.WaitGroup
	t.Cleanup(func() { stop.Store(true); done.Wait() })
	for worker := range uint32(2) {
		done.Add(1)
		go func() {
			defer done.Done()
			for i := worker; !stop.Load(); i += 2 {
				who := alice
				if ids > 0 {
					who.UID = 100000 + i%ids
				}
				fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
				if err != nil {
					continue
				}
				harness.As(t, who, func() { err = unix.Connect(fd, &unix.SockaddrUnix{Name: mapsSocket}) })
				if err == nil && text != "" {
					_ = unix.Sendmsg(fd, []byte(text), nil, nil, unix.MSG_NOSIGNAL)
				}
				_ = unix.Close(fd)
			}
		}()
	}
}
