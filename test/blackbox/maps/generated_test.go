//go:build system

package maps

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"userns-helpers/test/blackbox/harness"
)

// TestGenerated runs random files of grants and random requests against ours and against a plain model of the rules, and
// against Debian's where the file has nothing that Debian's programs are known to take otherwise.
func TestGenerated(t *testing.T) {
	fmt.Println(harness.Generated(60))
	compared, granted := 0, 0
	rapid.Check(t, func(r *rapid.T) {
		c, clean := generate(r)
		want := c.filled(c.tool).model()
		ours, rest, _ := c.filled(c.tool).run(t, "ours")
		if ours.status != want.status || ours.uid != want.uid || ours.gid != want.gid || ours.groups != want.groups {
			r.Fatalf("%s %q with\n%s\nours  %v\n%s\nmodel %v", c.tool, c.args, c.grants, ours, rest, want)
		}
		if want.status == 0 {
			granted++
		}
		if !clean || *peerVersionFlag == "" {
			return
		}
		compared++
		if debian, _, _ := c.filled(c.tool).run(t, "debian"); debian.status != ours.status || debian.uid != ours.uid || debian.gid != ours.gid {
			r.Fatalf("%s %q with\n%s\nours   %v\nDebian %v", c.tool, c.args, c.grants, ours, debian)
		}
	})
	fmt.Printf("generated: %d requests were granted, %d cases were compared with Debian's too\n", granted, compared)
	if granted == 0 || compared == 0 {
		t.Error("the generator makes nothing of interest any more")
	}
}

// The ids that generated lines and requests are about: few, so that they meet.
const (
	lowest = 100000
	many   = 24
)

// generate draws a case, and says whether Debian's programs are known to understand its file as ours do.
func generate(r *rapid.T) (c check, clean bool) {
	c.tool = rapid.SampledFrom([]string{"newuidmap", "newgidmap"}).Draw(r, "tool")
	clean = rapid.Bool().Draw(r, "clean")
	var file strings.Builder
	for range rapid.IntRange(0, 12).Draw(r, "lines") {
		if !clean && rapid.IntRange(0, 3).Draw(r, "odd") == 0 {
			file.WriteString(rapid.SampledFrom(oddLines()).Draw(r, "odd line"))
		} else {
			owner := rapid.SampledFrom([]string{"alice", "alice", "alice", "1001", "bob", "alic", "alicee", "1002", "2001"}).Draw(r, "owner")
			fmt.Fprintf(&file, "%s:%d:%d", owner, lowest+rapid.IntRange(0, many).Draw(r, "start"), rapid.IntRange(1, many/2).Draw(r, "count"))
		}
		file.WriteByte('\n')
	}
	c.grants = file.String() + "#\n"
	c.args = []string{"{pid}"}
	for range rapid.IntRange(1, 3).Draw(r, "ranges") {
		c.args = append(c.args, drawRange(r)...)
	}
	return c, clean
}

// drawRange draws a range of the request: ids that may have been granted, or the caller's own.
func drawRange(r *rapid.T) []string {
	inside := strconv.Itoa(rapid.IntRange(0, many).Draw(r, "inside"))
	if rapid.IntRange(0, 3).Draw(r, "own") == 0 {
		return []string{inside, "{own}", "1"}
	}
	return []string{inside, strconv.Itoa(lowest + rapid.IntRange(0, many).Draw(r, "outside")), strconv.Itoa(rapid.IntRange(1, many/3).Draw(r, "length"))}
}

// oddLines grant nothing, or are written in another way than administrators do.
func oddLines() []string {
	return []string{
		"", "alice", "alice:100000", "alice:100000:10:", "alice:100000:0", "alice:0:0", "alice:-1:5", "alice:100000:-5", "alice:0x186a0:0xc", "alice:0303240:012",
		"alice: +100004:7", "alice:100000:10 ", "alice:4294967296:5", "alice:100000:4294967295", "#alice:100000:10", "+alice:100000:10", "alice\x00:100000:10",
		"alice:1000\x0000:10", strings.Repeat("x", 5000), strings.Repeat("alice:100000:10", 100), "alice:100000:10\r", ":100000:10", "01001:100000:10",
	}
}

// model is the answer by the rules, id by id and without regard to cost. c is filled in.
func (c check) model() outcome {
	granted := map[uint64]bool{}
	for _, line := range strings.Split(c.grants, "\n") {
		grant(granted, line)
	}
	own := uint64(c.caller().UID)
	if c.tool == "newgidmap" {
		own = uint64(c.caller().GID)
	}
	inside, outside := map[uint64]bool{}, map[uint64]bool{}
	var rows []string
	allowed, onlyOwn := true, true
	for i := 1; i < len(c.args); i += 3 {
		in, out, n := decimal(c.args[i]), decimal(c.args[i+1]), decimal(c.args[i+2])
		for k := range n {
			mine := n == 1 && out == own
			allowed = allowed && (granted[out+k] || mine) && !inside[in+k] && !outside[out+k]
			onlyOwn = onlyOwn && !granted[out+k]
			inside[in+k], outside[out+k] = true, true
		}
		rows = append(rows, fmt.Sprintf("%d %d %d", in, out, n))
	}
	o := outcome{status: 1, groups: "allow"}
	if !allowed {
		return o
	}
	o.status = 0
	if c.tool == "newuidmap" {
		o.uid = strings.Join(rows, ", ")
		return o
	}
	o.gid = strings.Join(rows, ", ")
	if onlyOwn {
		o.groups = "deny"
	}
	return o
}

// grant takes note of the ids, of those that a case can ask for, that a line grants to alice (uid 1001).
func grant(granted map[uint64]bool, line string) {
	line = strings.TrimSuffix(line, "\r")
	fields := strings.Split(line, ":")
	if len(fields) != 3 || len(line) > 1023 || strings.Contains(line, "\x00") || fields[0] != "alice" && fields[0] != "1001" {
		return
	}
	start, startErr := strconv.ParseUint(strings.TrimPrefix(strings.TrimLeft(fields[1], " "), "+"), 0, 64)
	count, countErr := strconv.ParseUint(strings.TrimPrefix(strings.TrimLeft(fields[2], " "), "+"), 0, 64)
	if startErr != nil || countErr != nil || count == 0 || count > math.MaxUint32 || start+count > 1<<32 {
		return
	}
	for id := uint64(1000); id < lowest+4*many; id++ {
		if start <= id && id < start+count {
			granted[id] = true
		}
	}
}

func decimal(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}
