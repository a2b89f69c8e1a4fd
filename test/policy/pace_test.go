//go:build system

package policy

import (
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// BenchmarkFrames sends frames of 60 bytes from a container to the gateway, and tells how long one takes: without a filter and
// with each. Not in CI: test/run policy -test.run '^$' -test.bench Frames.
func BenchmarkFrames(b *testing.B) {
	const guards = "frame_guard = true\nrouter_guard = true\n"
	for _, c := range []struct{ name, keys string }{
		{"none", "bpdu_guard = false\n"},
		{"built in", ""},
		{"frame_guard", "frame_guard = true\n"},
		{"router_guard", "router_guard = true\n"},
		{"both", guards},
		{"address_guard", addressGuard},
		{"all three", guards + addressGuard},
	} {
		for name, frame := range map[string]func(*scene) []byte{
			"IPv4": func(s *scene) []byte { return to4(s, s.attacker.ip, 17, nil, 0, udp(1, 2, nil)) },
			"IPv6": func(s *scene) []byte { return to6(s, s.link(), 17, udp(1, 2, nil)) },
		} {
			b.Run(fmt.Sprintf("%s/%s", c.name, name), func(b *testing.B) {
				s := newOwnScene(b, column{nicProgram(), func(attack) string { return "[bridge.br0]\n" + c.keys }})
				b.ReportMetric(pace(b, s, frame(s)), "ns/frame")
			})
		}
	}
}

// BenchmarkCreate tells how long lxc-user-nic takes without a filter and with the three guards, in turns, so that both meet the
// same machine: processor time and time, and by how much the second of a pair takes longer; the median of each. Not in CI:
// test/run policy -test.run '^$' -test.bench Create -test.benchtime 1x.
func BenchmarkCreate(b *testing.B) {
	const pairs = 60
	policies := [2]string{"[bridge.br0]\nbpdu_guard = false\n", "[bridge.br0]\nframe_guard = true\nrouter_guard = true\n" + addressGuard}
	network(b)
	sh(b, "ip address add %s/24 dev br0", bridgeIP4)
	pid := hold(b, alice)
	var cost, wall [3][]time.Duration
	for i := range 2 * (pairs + 1) {
		which := (i + i/2) % 2 // either is the first of every other pair
		setPolicy(b, policies[which])
		processor, took := timed(b, pid)
		if i < 2 {
			continue // which make what all find
		}
		cost[which], wall[which] = append(cost[which], processor), append(wall[which], took)
	}
	for i := range pairs {
		cost[2], wall[2] = append(cost[2], cost[1][i]-cost[0][i]), append(wall[2], wall[1][i]-wall[0][i])
	}
	for i, name := range []string{"none", "guards", "difference"} {
		b.ReportMetric(median(cost[i]), "cpu-µs/"+name)
		b.ReportMetric(median(wall[i]), "µs/"+name)
	}
}

// timed makes an interface of alice, removes it, and returns what making it took.
func timed(b *testing.B, pid int) (processor, took time.Duration) {
	b.Helper()
	command := exec.Command(nicProgram(), "create", "/dev/null", "c", itoa(pid), "veth", "br0", "eth0")
	command.Env, command.Dir = []string{}, "/"
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: alice.id, Gid: alice.id}}
	began := time.Now()
	out, err := command.Output()
	took = time.Since(began)
	must(b, err)
	sh(b, "ip link del %s", strings.Split(string(out), ":")[2])
	return command.ProcessState.UserTime() + command.ProcessState.SystemTime(), took
}

// median is the middle of durations, in microseconds.
func median(of []time.Duration) float64 {
	slices.Sort(of)
	return float64(of[len(of)/2].Microseconds())
}

// pace is how long a frame takes from the container to the gateway, in nanoseconds: the best of many short runs, since what
// others do on the machine only costs time. The kernel does it all while the frame is sent.
func pace(b *testing.B, s *scene, frame []byte) float64 {
	b.Helper()
	const frames, runs = 128, 1000
	arrived := func() (n int) {
		_, _ = fmt.Sscan(sh(b, "cat /sys/class/net/%s/statistics/tx_packets", s.port), &n)
		return n
	}
	before, best := arrived(), time.Hour
	for range runs {
		began := time.Now()
		for range frames {
			must(b, s.attacker.try(frame))
		}
		best = min(best, time.Since(began))
	}
	if n := arrived() - before; n < frames*runs*9/10 {
		b.Fatalf("of %d frames %d arrive", frames*runs, n)
	}
	return float64(best.Nanoseconds()) / frames
}
