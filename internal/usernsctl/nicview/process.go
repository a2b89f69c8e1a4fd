package nicview

import (
	"strconv"
	"strings"
	"time"

	"github.com/vishvananda/netlink"
	"github.com/vishvananda/netns"
	"golang.org/x/sys/unix"

	"userns-helpers/internal/kernel/rtnl"
	"userns-helpers/internal/usernsctl/readdir"
)

// processes are those in the network namespaces of containers.
type processes struct {
	oldest map[int]process // by the id of the namespace
	hidden bool            // namespaces of some processes could not be seen
}

// process is one process.
type process struct {
	pid     int
	started uint64 // clock ticks since boot
}

// observe looks at all processes that it may look at.
func observe(handle *netlink.Handle) processes {
	p := processes{oldest: make(map[int]process)}
	ids := map[uint64]int{} // of namespaces, by inode
	names, _ := readdir.Names("/proc")
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		var stat unix.Stat_t
		if err := unix.Stat("/proc/"+name+"/ns/net", &stat); err != nil {
			p.hidden = p.hidden || err == unix.EACCES
			continue
		}
		id, seen := ids[stat.Ino]
		if !seen {
			id = identify(handle, pid)
			ids[stat.Ino] = id
		}
		if id != rtnl.NoNamespace {
			_, started, _ := readdir.Life(name)
			p.add(id, process{pid, started})
		}
	}
	return p
}

// identify is the id of a process's network namespace, rtnl.NoNamespace for one that no interface of this host leads to.
func identify(handle *netlink.Handle, pid int) int {
	namespace, err := netns.GetFromPid(pid)
	if err != nil {
		return rtnl.NoNamespace
	}
	defer func() { _ = namespace.Close() }()
	id, err := handle.GetNetNsIdByFd(int(namespace))
	if err != nil {
		return rtnl.NoNamespace
	}
	return id
}

// add takes a process in if it is the oldest of its namespace.
func (p *processes) add(id int, one process) {
	have, known := p.oldest[id]
	if !known || one.started < have.started {
		p.oldest[id] = one
	}
}

const ticksOfSecond = uint64(time.Second / readdir.Tick)

// locate finds the container's process, and since when the interface is there: when udev saw it, or without udev when
// the process started.
func (l *looker) locate(nic *NIC, device *netlink.LinkAttrs) {
	nic.Leaving = l.leaving(device)
	inside, found := l.inside.oldest[device.NetNsID]
	if device.NetNsID != rtnl.NoNamespace && found {
		nic.PID = inside.pid
	}
	if seen, ok := seenByUdev(device.Index); ok {
		nic.Since = now(unix.CLOCK_REALTIME) - (now(unix.CLOCK_MONOTONIC) - seen)
	} else if nic.PID != 0 && inside.started > 0 {
		nic.Since = now(unix.CLOCK_REALTIME) - (now(unix.CLOCK_BOOTTIME) - int64(inside.started/ticksOfSecond))
	}
}

// now is a clock, in seconds.
func now(clock int32) int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(clock, &t)
	return t.Sec
}

// seenByUdev is when udev saw an interface, in seconds of CLOCK_MONOTONIC: the line "I:" of its database, which others
// read too.
func seenByUdev(index int) (int64, bool) {
	for line := range strings.Lines(readdir.Beginning("/run/udev/data/n"+strconv.Itoa(index), readSize)) {
		if value, is := strings.CutPrefix(line, "I:"); is {
			microseconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			return microseconds / 1_000_000, err == nil
		}
	}
	return 0, false
}

// readSize bounds a read of a small file: what is wanted stands in its first line or lines.
const readSize = 4096
