//go:build system

package policy

import (
	"fmt"
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
