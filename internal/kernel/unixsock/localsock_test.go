package unixsock

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/directory/fake"
)

// own trusts the user of the test.
func own(uid uint32) bool { return uid == uint32(os.Getuid()) }

const patience = 300 * time.Millisecond

// echo asks for four bytes.
func echo(c *Conn) error {
	if err := c.Send([]byte("ping")); err != nil {
		return err
	}
	var answer [4]byte
	return c.Fill(answer[:])
}

// read reads a question of four bytes.
func read(c net.Conn) { _, _ = io.ReadFull(c, make([]byte, 4)) }

func answer(_ int, c net.Conn) {
	read(c)
	_, _ = c.Write([]byte("pong"))
}

func TestAsk(t *testing.T) {
	d := fake.Listen(t, answer)
	if err := (Daemon{Path: d.Path, Patience: patience, Trusted: own}).Ask(echo); err != nil {
		t.Error(err)
	}
	if err := (Daemon{Path: d.Path, Patience: patience, Trusted: own}).Ask(func(c *Conn) error { return c.Malformed("because") }); err == nil ||
		!strings.Contains(err.Error(), "malformed: because") || !errors.Is(err, ErrMalformed) {
		t.Error(err)
	}
	if err := (Daemon{Path: d.Path, Patience: patience, Trusted: own}).Ask(func(c *Conn) error {
		if err := c.Send([]byte("ping")); err != nil {
			return err
		}
		return c.Skip(4)
	}); err != nil {
		t.Error(err)
	}
}

func TestNoAnswer(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(n int, c net.Conn)
		want   error
		calls  int32 // connections
	}{
		"silence":        {func(_ int, c net.Conn) { read(c); time.Sleep(2 * patience) }, ErrTimeout, 1},
		"drip":           {func(_ int, c net.Conn) { read(c); fake.Drip(c, []byte("pong"), patience/2) }, ErrTimeout, 1},
		"half an answer": {func(_ int, c net.Conn) { read(c); _, _ = c.Write([]byte("po")) }, ErrClosed, 1},
		"no answer":      {func(_ int, c net.Conn) { read(c) }, ErrClosed, 1},
		"reset, always":  {func(_ int, c net.Conn) { fake.Reset(c) }, unix.ECONNRESET, 2},
	} {
		t.Run(name, func(t *testing.T) {
			d := fake.Listen(t, c.answer)
			began := time.Now()
			err := Daemon{Path: d.Path, Patience: patience, Trusted: own}.Ask(echo)
			var failed *Error
			if !errors.Is(err, c.want) || !errors.As(err, &failed) || failed.NotRunning() || !strings.HasPrefix(err.Error(), d.Path+": ") {
				t.Errorf("%v, want %v", err, c.want)
			}
			if took := time.Since(began); took > 2*patience {
				t.Errorf("it took %v", took)
			}
			if got := d.Accepted.Load(); got != c.calls {
				t.Errorf("asked %d times, want %d", got, c.calls)
			}
		})
	}
}

// TestRestarted: a daemon that goes away in the middle is asked once more.
func TestRestarted(t *testing.T) {
	d := fake.Listen(t, func(n int, c net.Conn) {
		if n == 0 {
			fake.Reset(c)
			return
		}
		answer(n, c)
	})
	if err := (Daemon{Path: d.Path, Patience: patience, Trusted: own}).Ask(echo); err != nil || d.Accepted.Load() != 2 {
		t.Errorf("%v, %d connections", err, d.Accepted.Load())
	}
}

func TestNobodyListens(t *testing.T) {
	folder := t.TempDir()
	stale := filepath.Join(folder, "stale")
	listener, err := net.ListenUnix("unix", &net.UnixAddr{Name: stale, Net: "unix"})
	if err != nil {
		t.Fatal(err)
	}
	listener.SetUnlinkOnClose(false)
	listener.Close()
	for path, want := range map[string]string{
		filepath.Join(folder, "none"): "no socket", filepath.Join(stale, "x"): "no socket", stale: "connection refused",
	} {
		err := Daemon{Path: path, Patience: patience, Trusted: own}.Ask(echo)
		var failed *Error
		if !errors.As(err, &failed) || !failed.NotRunning() || !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
	if err := (Daemon{Path: folder + "/" + strings.Repeat("x", 200), Patience: patience, Trusted: own}).Ask(echo); err == nil {
		t.Error("a path that is too long")
	}
}

// TestUntrusted: nothing is sent to a listener that is not trusted.
func TestUntrusted(t *testing.T) {
	if os.Getuid() == 0 {
		t.Log("root is always trusted: test/directory has listeners of other users")
	}
	heard := make(chan int, 1)
	d := fake.Listen(t, func(_ int, c net.Conn) {
		n, _ := c.Read(make([]byte, 4))
		heard <- n
	})
	err := Daemon{Path: d.Path, Patience: patience, Trusted: nil}.Ask(echo)
	if n := <-heard; (n > 0) != (os.Getuid() == 0) {
		t.Errorf("the listener was sent %d bytes", n)
	}
	if os.Getuid() != 0 && (!errors.Is(err, ErrUntrusted) || !strings.Contains(err.Error(), "runs as uid ")) {
		t.Error(err)
	}
}

// TestFullQueue: connect(2) waits while the listener's queue is full, and patience ends that too.
func TestFullQueue(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrUnix{Name: path}), unix.Listen(fd, 0)); err != nil {
		t.Fatal(err)
	}
	first, err := net.Dial("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	began := time.Now()
	err = Daemon{Path: path, Patience: patience, Trusted: own}.Ask(echo)
	if took := time.Since(began); !errors.Is(err, ErrTimeout) || took < patience/2 || took > 3*patience {
		t.Errorf("%v after %v", err, took)
	}
}

// TestDoesNotRead: a daemon that reads nothing cannot hold a sender for longer than its patience.
func TestDoesNotRead(t *testing.T) {
	d := fake.Listen(t, func(_ int, _ net.Conn) { time.Sleep(3 * patience) })
	began := time.Now()
	err := Daemon{Path: d.Path, Patience: patience, Trusted: own}.Ask(func(c *Conn) error { return c.Send(make([]byte, 16<<20)) })
	if took := time.Since(began); !errors.Is(err, ErrTimeout) || took > 2*patience {
		t.Errorf("%v after %v", err, took)
	}
}

// withoutRights listens on a socket over which no descriptors can be sent, where the kernel knows that (SO_PASSRIGHTS, Linux 6.16).
func withoutRights(t *testing.T) (path string, listener int, known bool) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "socket")
	listener, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = unix.Close(listener) })
	if err := errors.Join(unix.Bind(listener, &unix.SockaddrUnix{Name: path}), unix.Listen(listener, 1)); err != nil {
		t.Fatal(err)
	}
	err = unix.SetsockoptInt(listener, unix.SOL_SOCKET, passRights, 0)
	if err != nil && !errors.Is(err, unix.ENOPROTOOPT) {
		t.Fatal(err)
	}
	if err != nil {
		t.Log("the kernel has no SO_PASSRIGHTS (Linux 6.16): descriptors are always taken")
	}
	return path, listener, err == nil
}

const passRights = 0x53 // SO_PASSRIGHTS

// TestPassNever: what was never taken was not sent, and nobody is told that it may have been done.
func TestPassNever(t *testing.T) {
	t.Parallel()
	path, _, known := withoutRights(t)
	daemon := Daemon{Path: path, Patience: 3 * yet, Trusted: own}
	if !known {
		return
	}
	sent, err := daemon.Exchange([]byte("ping"), 0, 10, func([]byte) error { return nil })
	if sent || !errors.Is(err, unix.EPERM) {
		t.Errorf("%v, %v", sent, err)
	}
}

// TestPassLater: a daemon that takes no descriptors at first is sent one when it does.
func TestPassLater(t *testing.T) {
	path, listener, _ := withoutRights(t)
	sent := make(chan error, 1)
	go func() {
		sent <- Daemon{Path: path, Patience: 5 * time.Second, Trusted: own}.Once(func(c *Conn) error { return c.Pass([]byte("ping"), 0) })
	}()
	connection, _, err := unix.Accept(listener)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(connection)
	time.Sleep(50 * time.Millisecond)
	_ = unix.SetsockoptInt(connection, unix.SOL_SOCKET, passRights, 1)
	buffer, control := make([]byte, 10), make([]byte, 100)
	n, controls, _, _, err := unix.Recvmsg(connection, buffer, control, 0)
	if err := errors.Join(err, <-sent); err != nil || string(buffer[:n]) != "ping" {
		t.Fatalf("%v, %q", err, buffer[:n])
	}
	if messages, err := unix.ParseSocketControlMessage(control[:controls]); err != nil || len(messages) != 1 {
		t.Errorf("%v, %v", messages, err)
	}
}
