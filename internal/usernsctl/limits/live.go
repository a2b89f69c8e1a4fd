package limits

import (
	"path"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/text/number"
	"userns-helpers/internal/usernsctl/readdir"
)

// Tree is where the hierarchies of cgroups(7) are mounted.
type Tree struct {
	unified string            // "" if it is not mounted
	legacy  map[string]string // of the first kind, by controller
}

// Here are the hierarchies of this host.
func Here() Tree { return mounted(readdir.Beginning("/proc/self/mounts", 1<<20)) }

// mounted finds the hierarchies in a table of mounts.
func mounted(mounts string) Tree {
	t := Tree{legacy: make(map[string]string)}
	for line := range strings.Lines(mounts) {
		fields := strings.Fields(line)
		if len(fields) < 4 {
			continue
		}
		switch fields[2] {
		case "cgroup2":
			t.unified = fields[1]
		case "cgroup":
			for _, option := range strings.Split(fields[3], ",") {
				t.legacy[option] = fields[1]
			}
		}
	}
	return t
}

// Slice is what bounds the sessions of a user that systemd made, and whether there are any.
func (t Tree) Slice(uid uint32) (Bounds, bool) {
	var b Bounds
	there := false
	for _, controller := range controllers() {
		if base := t.base(controller); base != "" {
			names, err := readdir.Names(base + slice(uid))
			there = there || err == nil && len(names) > 0
			b = both(b, climb(base, slice(uid)))
		}
	}
	return b, there
}

// Set reports whether what was asked for is what the slice of a user has itself, whatever bounds it from above. The kernel
// counts memory in pages.
func (t Tree) Set(uid uint32, asked Bounds) bool {
	var own Bounds
	for _, controller := range controllers() {
		if base := t.base(controller); base != "" {
			own = both(own, single(base+slice(uid)))
		}
	}
	page := uint64(unix.Getpagesize())
	is := func(own, asked uint64) bool { return asked == 0 || own == asked }
	return is(own.Tasks, asked.Tasks) && is(own.CPU, asked.CPU) && is(own.Memory/page, asked.Memory/page)
}

// slice is the cgroup of the sessions of a user that systemd made.
func slice(uid uint32) string { return "/user.slice/user-" + decimal(uint64(uid)) + ".slice" }

// controllers are those that bound what is asked for, "" for the unified hierarchy.
func controllers() []string { return []string{"", "pids", "memory", "cpu"} }

// Of is what bounds a process whose /proc/PID/cgroup has text: its cgroups and all above.
func (t Tree) Of(text string) Bounds {
	var b Bounds
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(fields) < 3 {
			continue
		}
		for _, controller := range strings.Split(fields[1], ",") {
			if base := t.base(controller); base != "" {
				b = both(b, climb(base, fields[2]))
			}
		}
	}
	return b
}

// base is where the hierarchy of a controller is mounted, "" for the unified one.
func (t Tree) base(controller string) string {
	if controller == "" {
		return t.unified
	}
	return t.legacy[controller]
}

// climb is what a cgroup and all above it bound.
func climb(base, cgroup string) Bounds {
	var b Bounds
	for at := path.Clean("/" + cgroup); ; at = path.Dir(at) {
		b = both(b, single(base+at))
		if at == "/" {
			return b
		}
	}
}

// single is what one cgroup bounds, by the files that its kind has.
func single(directory string) Bounds {
	file := func(name string) string { return strings.TrimSpace(readdir.Beginning(directory+"/"+name, 128)) }
	memory := tighter(bound(file("memory.max")), bound(file("memory.limit_in_bytes")))
	quota, period, _ := strings.Cut(file("cpu.max"), " ")
	if quota == "" {
		quota, period = file("cpu.cfs_quota_us"), file("cpu.cfs_period_us")
	}
	return Bounds{bound(file("pids.max")), memory, share(quota, period)}
}

// bound is a number of the kernel's, 0 for none: a bound of 0 lets nothing run, and counts as 1.
func bound(text string) uint64 {
	n, err := number.Decimal(text)
	if err != nil || n >= unbounded {
		return 0
	}
	return max(n, 1)
}

// share is how much of one processor there is, in percent.
func share(quota, period string) uint64 {
	of := bound(period)
	if of == 0 {
		return 0
	}
	return max(100*bound(quota)/of, min(bound(quota), 1))
}
