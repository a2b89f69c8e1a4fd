//go:build system

package hostile

import (
	"bufio"
	"flag"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var hostageFlag = flag.Duration("hostage", 3*time.Second, "how long each loop of connects goes on")

var (
	besieger = person("besieger")
	besieged = person("besieged")
)

// siege is what somebody does to the service while somebody else calls it.
type siege struct {
	t       *testing.T
	r       role
	s       *server
	over    atomic.Bool
	wait    sync.WaitGroup
	mutex   sync.Mutex
	open    []harness.Raw
	lasting bool // the attack is a loop: calls go on for as long as it does
}

// keep repeats something until the siege is over.
func (g *siege) keep(n int, do func(i int)) {
	for worker := range n {
		g.wait.Add(1)
		go func() {
			defer g.wait.Done()
			for i := worker; !g.over.Load(); i += n {
				do(i)
			}
		}()
	}
}

// dial connects as the nth of the besieger's ids, or as themselves (-1). The connection stays until the end.
func (g *siege) dial(i int) (harness.Raw, error) {
	c, err := g.briefly(i)
	if err == nil {
		g.mutex.Lock()
		g.open = append(g.open, c)
		g.mutex.Unlock()
	}
	return c, err
}

// briefly is dial for a connection that the attack closes itself.
func (g *siege) briefly(i int) (harness.Raw, error) {
	uid := besieger.uid
	if i >= 0 {
		uid = uint32(besieger.base() + i%65536)
	}
	return dial(g.t, g.r, uid, besieger.gid)
}

// end is the end of the siege.
func (g *siege) end() {
	g.over.Store(true)
	g.wait.Wait()
	for _, c := range g.open {
		c.Close()
	}
	g.open = nil
}

const halfCall = `{"method"`

// attacks are what one user can do, or some who work together; each returns how it is ended, if it needs more than siege.end.
var attacks = []struct {
	what string
	make func(g *siege) (end func())
}{
	{"1,000 idle connections", func(g *siege) func() {
		for range 1000 {
			if _, err := g.dial(-1); err != nil {
				g.t.Fatal(err)
			}
		}
		return nil
	}},
	{"10,000 connections that drip", drip},
	{"connects in a loop", func(g *siege) func() {
		g.lasting = true
		g.keep(4, func(int) {
			if c, err := g.briefly(-1); err == nil {
				c.Close()
			}
		})
		return nil
	}},
	{"connects in a loop as 65,536 users, with half a call", func(g *siege) func() {
		g.lasting = true
		g.keep(4, func(i int) {
			if c, err := g.briefly(i); err == nil {
				_ = c.Send(halfCall)
				c.Close()
			}
		})
		return nil
	}},
	{"stopped clients", func(g *siege) func() { return halted(g, false) }},
	{"frozen clients", func(g *siege) func() { return halted(g, true) }},
}

// drip has 10,000 connections, as that many users, each of which sends a byte of a call in each second, and is made again
// where the service has ended it.
func drip(g *siege) func() {
	const many, workers = 10_000, 2
	for i := range many {
		c, err := g.dial(i)
		if err != nil {
			g.t.Fatal(err)
		}
		_ = c.Send("{")
	}
	var again atomic.Int64
	g.keep(workers, func(i int) {
		c := g.open[i%many]
		if c.Send(" ") != nil {
			fresh, err := g.briefly(i)
			if err == nil {
				again.Add(1)
				_ = unix.Dup3(fresh.FD, c.FD, unix.O_CLOEXEC)
				fresh.Close()
				_ = c.Send("{")
			}
		}
		time.Sleep(workers * time.Second / many)
	})
	g.wait.Add(1)
	go func() {
		defer g.wait.Done()
		for !g.over.Load() {
			time.Sleep(10 * time.Millisecond)
		}
		fmt.Printf("observed: %s: %d connections were made again\n", g.t.Name(), again.Load())
	}()
	return nil
}

// halted has 48 processes of the besieger's that connected, sent half a call, a whole one or nothing, and are stopped or frozen
// before they read an answer. Each is what its call is about.
func halted(g *siege, frozen bool) func() {
	const folder = "/sys/fs/cgroup/hostile-besieger"
	var commands []*exec.Cmd
	if frozen {
		if err := unix.Mkdir(folder, 0o755); err != nil {
			g.t.Fatal(err)
		}
	}
	how := map[bool]string{false: "stop", true: "stay"}[frozen]
	whole := strings.TrimSuffix(g.r.callOf(besieger), "\x00") + "NUL"
	for i := range 48 {
		command := exec.Command(self, append([]string{"hostile-ask", g.r.socket, how}, [][]string{{}, {halfCall}, {whole}}[i%3]...)...)
		command.Env, command.Dir = []string{}, "/"
		command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: besieger.uid, Gid: besieger.gid}}
		output, err := command.StdoutPipe()
		if err == nil {
			err = command.Start()
		}
		if err != nil {
			g.t.Fatal(err)
		}
		if line, err := bufio.NewReader(output).ReadString('\n'); err != nil || line != "sent <nil>\n" {
			g.t.Fatalf("%q, %v", line, err)
		}
		commands = append(commands, command)
		if frozen {
			control(g.t, folder+"/cgroup.procs", fmt.Sprint(command.Process.Pid))
		}
	}
	if frozen {
		control(g.t, folder+"/cgroup.freeze", "1")
	}
	return func() {
		if frozen {
			control(g.t, folder+"/cgroup.kill", "1")
			control(g.t, folder+"/cgroup.freeze", "0")
		}
		for _, command := range commands {
			_ = command.Process.Kill()
			_ = command.Wait()
		}
		if frozen {
			awaited(g.t, "an empty cgroup", func() bool { return unix.Rmdir(folder) == nil })
		}
	}
}

// TestServiceBesieged: the besieged's calls stay below a second above calm, whatever others do to the service; it is the same
// process afterwards, and nothing is left in it.
func TestServiceBesieged(t *testing.T) {
	kept.keep(t)
	allDescriptors(t)
	for _, r := range roles {
		t.Run(r.name, func(t *testing.T) {
			s := serves(t, r)
			calm := time.Duration(0)
			for range 10 {
				calm = max(calm, r.timely(t, besieged, "calm"))
			}
			for _, attack := range attacks {
				t.Run(attack.what, func(t *testing.T) {
					g := &siege{t: t, r: r, s: s}
					end := attack.make(g)
					calls, worst := g.calls(calm)
					if end != nil {
						end()
					}
					g.end()
					fmt.Printf("observed: %s: %d calls, the slowest %v, calm %v\n", t.Name(), calls, worst.Round(time.Millisecond), calm.Round(time.Millisecond))
					s.alive(t)
					s.quiet(t, 20*time.Second)
				})
			}
			r.timely(t, besieged, "afterwards")
		})
	}
}

// calls has the besieged call: five times, or for as long as a loop goes on.
func (g *siege) calls(calm time.Duration) (n int, worst time.Duration) {
	g.t.Helper()
	for end := time.Now().Add(*hostageFlag); n < 5 || g.lasting && time.Now().Before(end); n++ {
		worst = max(worst, g.r.timely(g.t, besieged, "besieged"))
	}
	if worst > calm+margin {
		g.t.Errorf("the slowest of %d calls took %v, calm %v", n, worst, calm)
	}
	return n, worst
}
