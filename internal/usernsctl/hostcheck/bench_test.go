package hostcheck

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkCheck: 100,000 users with a range each in both files, and nothing wrong.
func BenchmarkCheck(b *testing.B) {
	f := clean(b)
	var users, ranges strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&users, "u%d:x:%d:%d::/:/bin/sh\n", i, 10_000+i, 10_000)
		fmt.Fprintf(&ranges, "u%d:%d:30000\n", i, 1_000_000+i*30_000)
	}
	f.add(b, "/etc/passwd", users.String())
	f.write(b, "/etc/subuid", ranges.String())
	f.write(b, "/etc/subgid", ranges.String())
	host := f.host()
	b.ReportAllocs()
	for b.Loop() {
		if report := Check(host); len(report.Findings) > 10 {
			b.Fatalf("%d findings", len(report.Findings))
		}
	}
}
