package main

import (
	"fmt"
	"strconv"
	"strings"

	"userns-helpers/test/blackbox/harness"
)

// sizes of /etc/subuid in lines, with the targets for newuidmap and how often it is called.
var sizes = []struct {
	lines  int
	target float64
	runs   int
}{
	{2, 1, 300},
	{1_000, 0.8, 300},
	{10_000, 0.3, 200},
	{100_000, 0.08, 60},
	{1_000_000, 0, 12},
}

// maps measures newuidmap and newgidmap: a whole range that was granted is mapped, each time for a new process.
func (b *bench) maps() error {
	for _, tool := range []string{newuidmap, newgidmap} {
		for _, size := range sizes {
			if err := b.grant(size.lines); err != nil {
				return err
			}
			name := tool[len("/usr/bin/"):]
			r := row{Row: Row{Group: name, Name: name + ", " + thousands(size.lines) + " lines", X: float64(size.lines)}, runs: b.runs(size.runs)}
			r.Target = size.target
			r.debian, r.ours = b.sides(b.mapping, tool)
			if err := b.row(r); err != nil {
				return err
			}
		}
	}
	return b.grant(2)
}

// grant writes /etc/subuid and /etc/subgid: the user's line is the last one.
func (b *bench) grant(lines int) error {
	var text strings.Builder
	for i := range lines - 1 {
		fmt.Fprintf(&text, "user%d:%d:65536\n", i, 200000+65536*(i%60000))
	}
	fmt.Fprintf(&text, "%s:100000:65536\n", b.user.name)
	for _, path := range []string{"/etc/subuid", "/etc/subgid"} {
		if err := write(path, text.String()); err != nil {
			return err
		}
	}
	return nil
}

// mapping maps the user's range for a process that is made before the clock runs.
func (b *bench) mapping(program string) side {
	var target *harness.Target
	next := func() (c call, err error) {
		if target, err = b.user.hold("-U"); err != nil {
			return c, err
		}
		return call{argv: []string{program, strconv.Itoa(target.PID), "0", "100000", "65536"}, uid: b.user.uid}, nil
	}
	return calling(next, func() error { target.Release(); return nil })
}

// thousands writes a number with commas: 1,000,000.
func thousands(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
