// Package fake is a daemon for tests, which answers as badly as a test wants.
package fake

import (
	"net"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Daemon listens on a socket and gives each connection to a function.
type Daemon struct {
	Path     string
	Accepted atomic.Int32 // connections so far
	listener net.Listener
	open     sync.WaitGroup
}

// Listen starts a daemon in a directory of the test, until the test ends. Of connection n, the first being 0, answer is
// called with the connection, which is closed when it returns.
func Listen(t testing.TB, answer func(n int, c net.Conn)) *Daemon {
	t.Helper()
	return ListenAt(t, filepath.Join(t.TempDir(), "s"), answer)
}

// ListenAt is Listen on a given path.
func ListenAt(t testing.TB, path string, answer func(n int, c net.Conn)) *Daemon {
	t.Helper()
	listener, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	d := &Daemon{Path: path, listener: listener}
	d.open.Add(1)
	go d.serve(answer)
	t.Cleanup(func() {
		listener.Close()
		d.open.Wait()
	})
	return d
}

func (d *Daemon) serve(answer func(n int, c net.Conn)) {
	defer d.open.Done()
	for {
		c, err := d.listener.Accept()
		if err != nil {
			return
		}
		n := int(d.Accepted.Add(1)) - 1
		d.open.Add(1)
		go func() {
			defer d.open.Done()
			defer c.Close()
			_ = c.SetDeadline(time.Now().Add(10 * time.Second)) // no test leaves a connection behind
			answer(n, c)
		}()
	}
}

// Drip writes text byte by byte, with pauses, until all is written or nobody reads.
func Drip(c net.Conn, text []byte, pause time.Duration) {
	for i := range text {
		if _, err := c.Write(text[i : i+1]); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// Reset makes the other side see ECONNRESET: what it sent is still unread when the connection closes.
func Reset(c net.Conn) {
	buffer := make([]byte, 1)
	_, _ = c.Read(buffer)
}

// Close ends the daemon before the test does, when its connections have ended.
func (d *Daemon) Close() {
	d.listener.Close()
	d.open.Wait()
}
