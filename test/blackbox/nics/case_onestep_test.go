//go:build system

package nics

import (
	"encoding/binary"
	"fmt"
	"os"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// event is one message about an interface, as the kernel tells everybody.
type event struct {
	removed       bool
	index         int
	name, address string
	mtu, master   int
	up            bool
}

// watcher listens to a network namespace.
type watcher struct{ fd int }

// watch opens a listener in the namespace of process pid; 0 is the machine's own.
func (w *world) watch(pid int) watcher {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if pid != 0 {
		w.enter(fmt.Sprintf("/proc/%d/ns/net", pid))
		defer w.enter("/proc/1/ns/net")
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC|unix.SOCK_NONBLOCK, unix.NETLINK_ROUTE)
	w.must(err)
	w.must(unix.Bind(fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK, Groups: unix.RTMGRP_LINK}))
	w.undo = append(w.undo, func() { _ = unix.Close(fd) })
	return watcher{fd}
}

func (w *world) enter(path string) {
	file, err := os.Open(path)
	w.must(err)
	w.must(unix.Setns(int(file.Fd()), unix.CLONE_NEWNET))
	w.must(file.Close())
}

// events returns what was told since the last call.
func (l watcher) events() []event {
	time.Sleep(20 * time.Millisecond) // the kernel gathers some messages for later
	var out []event
	buffer := make([]byte, 1<<16)
	for {
		n, _, err := unix.Recvfrom(l.fd, buffer, 0)
		if err != nil {
			return out
		}
		messages, err := syscall.ParseNetlinkMessage(buffer[:n])
		if err != nil {
			panic(err) // the kernel's own words
		}
		for _, m := range messages {
			if e, ok := parseEvent(m); ok {
				out = append(out, e)
			}
		}
	}
}

func parseEvent(m syscall.NetlinkMessage) (event, bool) {
	if m.Header.Type != unix.RTM_NEWLINK && m.Header.Type != unix.RTM_DELLINK || m.Data[0] != unix.AF_UNSPEC {
		return event{}, false
	}
	order := binary.NativeEndian
	e := event{
		removed: m.Header.Type == unix.RTM_DELLINK,
		index:   int(int32(order.Uint32(m.Data[4:]))), up: order.Uint32(m.Data[8:])&unix.IFF_UP != 0,
	}
	attributes, err := syscall.ParseNetlinkRouteAttr(&m)
	if err != nil {
		panic(err)
	}
	for _, a := range attributes {
		switch a.Attr.Type {
		case unix.IFLA_IFNAME:
			e.name = strings.TrimRight(string(a.Value), "\x00")
		case unix.IFLA_ADDRESS:
			e.address = fmt.Sprintf("%x", a.Value)
		case unix.IFLA_MTU:
			e.mtu = int(order.Uint32(a.Value))
		case unix.IFLA_MASTER:
			e.master = int(order.Uint32(a.Value))
		}
	}
	return e, true
}

// oneStepCases: the pair is complete from the moment it exists.
func oneStepCases() []testCase {
	from := "no create-then-move, no create-then-rename, no create-then-set-address"
	return []testCase{
		{id: "onestep/host-end", differs: "N26 born, N26 unguarded", from: from, then: bornRight("br0", 1500)},
		{id: "onestep/host-end-none", differs: "N26 born", from: from, then: bornRight("none", 1500)},
		{id: "onestep/mtu", differs: "N26 born, N26 unguarded", from: from, before: func(w *world) { w.must(ip("link set br0 mtu 1400")) }, then: bornRight("br0", 1400)},
		{id: "onestep/one-request", differs: "N26 requests", from: "one RTM_NEWLINK makes the pair", then: oneRequest},
		{id: "onestep/default-name", differs: "N26 born", from: from + " (eth%d is the kernel's to fill in)", then: func(w *world) {
			inner := w.watch(w.hold(alice).PID)
			w.create(alice, "{pid} veth br0", nic{})
			w.neverChanged(inner.events(), "eth0", "container's end")
		}},
	}
}

// bornRight watches both sides of a create.
func bornRight(bridge string, mtu int) func(*world) {
	return func(w *world) {
		host, inner := w.watch(0), w.watch(w.hold(alice).PID)
		w.create(alice, "{pid} veth "+bridge+" inside", nic{name: "inside", bridge: bridge, mtu: mtu})
		machine := host.events()
		w.neverChanged(machine, w.nic, "host end")
		w.neverChanged(inner.events(), "inside", "container's end")
		for _, e := range machine {
			w.check(e.name == w.nic || e.name == "br0", "born", "the machine saw another interface: %+v", e)
			if e.name == w.nic && bridge != "none" {
				w.check(!e.up || e.master != 0, "unguarded", "the host end was up before it was a port: %+v", e)
			}
		}
	}
}

// neverChanged: from the first message on, the interface had its name, address and MTU.
func (w *world) neverChanged(all []event, name, what string) {
	index := 0
	for _, e := range all {
		if e.name == name {
			index = e.index
		}
	}
	w.check(index != 0, "born", "nobody was told of the %s: %+v", what, all)
	var first *event
	for _, e := range all {
		if e.index != index {
			continue
		}
		if first == nil {
			first = &e
		}
		w.check(!e.removed && e.name == name && e.address == first.address && e.mtu == first.mtu, "born",
			"the %s was born as %+v and became %+v", what, *first, e)
	}
}

var newLink = regexp.MustCompile(`nlmsg_type=RTM_NEWLINK, nlmsg_flags=[A-Z_|]*NLM_F_CREATE`)

// netNSFD is the head of the attribute IFLA_NET_NS_FD (28), 8 bytes, as strace -xx shows what it does not decode.
const netNSFD = `\x08\x00\x1c\x00`

// oneRequest counts the requests that make interfaces, with strace, and looks into them.
func oneRequest(w *world) {
	trace := w.directory(0o777) + "/trace"
	w.hold(alice)
	argv := w.fill("-f -e trace=sendto,sendmsg,write,setns -s 4096 -xx -o " + trace + " -u alice " + w.helper + " create /dev/null c1 {pid} veth br0 eth0")
	result, err := harness.Start{
		Path: "/usr/bin/strace", Argv: append([]string{"strace"}, strings.Split(argv, " ")...), Env: []string{"PATH=/usr/bin"},
	}.Run()
	w.must(err)
	if result.Status != 0 {
		w.fault(exit, "under strace: exit status %d: %s", result.Status, result.Stderr)
		return
	}
	text, err := os.ReadFile(trace)
	w.must(err)
	made := newLink.FindAllString(string(text), -1)
	w.check(len(made) == 1, "requests", "%d requests make interfaces: %q", len(made), made)
	for _, line := range strings.Split(string(text), "\n") {
		if newLink.MatchString(line) {
			w.check(strings.Contains(line, netNSFD), "requests", "the request does not name the namespace by a descriptor: %s", line)
			w.check(strings.Contains(line, "IFLA_MTU") && strings.Contains(line, "IFLA_ADDRESS"), "requests", "the request does not set address and MTU: %s", line)
		}
		w.check(!strings.Contains(line, "IFLA_NET_NS_PID"), "requests", "the namespace is named by a number that can be used again")
	}
}
