//go:build system

package nics

import (
	"os"
	"strings"
	"time"

	"userns-helpers/test/blackbox/harness"
)

const (
	ovsUsernet = "alice veth ovs0 2\nalice veth br0 2\nbob veth ovs0 2\nalice veth ovs9 2\n@lan veth ovs0 2\n"
	ovsNic     = "create /dev/null c1 {pid} veth ovs0 eth0"
)

// openVSwitchCases: a bridge of Open vSwitch's, with the datapath that needs no kernel module.
func openVSwitchCases() []testCase {
	from := "Open vSwitch"
	ports := func(w *world) string { return w.sh("ovs-vsctl list-ports ovs0") }
	return []testCase{
		{id: "ovs/create", from: from, usernet: ovsUsernet, before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: func(w *world) {
			w.check(strings.TrimSpace(ports(w)) == w.nic, links, "the ports are %q", ports(w))
		}},
		{id: "ovs/tagged", differs: "N31 tag", from: "ports are tagged with their owner (external-ids)", usernet: ovsUsernet, before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: func(w *world) {
			ids := w.sh("ovs-vsctl get Port " + w.nic + " external_ids; ovs-vsctl get Interface " + w.nic + " external_ids")
			w.check(strings.Contains(ids, "alice") || strings.Contains(ids, "1001"), "tag", "external-ids: %q", ids)
		}},
		{id: "ovs/delete", differs: "N32 links, N32 rows", from: "delete", usernet: ovsUsernet, before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: func(w *world) {
			w.remove(alice, "{ns} veth ovs0 {nic}")
			w.check(ports(w) == "", links, "the ports are %q", ports(w))
		}},
		{id: "ovs/delete-as-liblxc", differs: "N32 links, N32 rows", from: "liblxc, delete", usernet: ovsUsernet, before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: func(w *world) {
			holdDescriptor(w)
			w.remove(alice, "{procfd} veth ovs0 {nic}")
			w.check(ports(w) == "", links, "the ports are %q", ports(w))
		}},
		{id: "ovs/delete-after-the-container", differs: "N32 links, N32 rows", from: "liblxc holds the namespace when init has gone", usernet: ovsUsernet, before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: func(w *world) {
			holdDescriptor(w)
			w.held["alice"].Release()
			delete(w.held, "alice")
			w.remove(alice, "{procfd} veth ovs0 {nic}")
			w.check(ports(w) == "", links, "the ports are %q", ports(w))
		}},
		{id: "ovs/quota", differs: "N01 message, N32 exit, N32 links, N32 rows", from: "the sum of the lines", usernet: "alice veth ovs0 1\n", before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: func(w *world) {
			w.createRefused(alice, "{pid} veth ovs0 eth1", "1")
			w.remove(alice, "{ns} veth ovs0 {nic}")
			w.create(alice, "{pid} veth ovs0 eth2", nic{name: "eth2", bridge: "ovs0"})
		}},
		{id: "ovs/free-after-the-container", from: "the quota counts living nics", usernet: "alice veth ovs0 1\n", before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: func(w *world) {
			w.must(ip("link del " + w.nic))
			w.create(alice, "{pid} veth ovs0 eth1", nic{name: "eth1", bridge: "ovs0"})
		}},
		{id: "ovs/other-member", differs: "N33 exit, N33 left", from: "CVE-2026-39402 and its residue: any member deletes any other's port", usernet: "@lan veth ovs0 2\n", as: alice.in(lan), before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0", owner: "@lan"}, then: func(w *world) {
			w.removeRefused(bob.in(lan), "{ns:bob} veth ovs0 {nic}", ".")
			w.check(strings.TrimSpace(ports(w)) == w.nic, left, "the ports are %q", ports(w))
		}},
		{id: "ovs/other-user", differs: "N01 message", from: "delete proves ownership", usernet: ovsUsernet, before: ovsBridge, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: func(w *world) {
			w.removeRefused(bob, "{ns:bob} veth ovs0 {nic}", ".")
			w.check(strings.TrimSpace(ports(w)) == w.nic, left, "the ports are %q", ports(w))
		}},
		{id: "ovs/port-that-is-no-nic", differs: "N01 message", from: "delete proves ownership", usernet: ovsUsernet, before: func(w *world) {
			ovsBridge(w)
			w.sh("ip link add trunk7 type veth peer name ptrunk7; ovs-vsctl add-port ovs0 trunk7")
		}, args: "delete /dev/null c1 {ns} veth ovs0 trunk7", refuse: ".", then: func(w *world) {
			w.check(strings.TrimSpace(ports(w)) == "trunk7", left, "the ports are %q", ports(w))
		}},
		{id: "ovs/missing-bridge", differs: "N01 message, N35 asked", from: "a missing Linux bridge must not be mistaken for an OVS bridge (lxc#2856)", usernet: ovsUsernet, before: watchOvsVsctl, args: "create /dev/null c1 {pid} veth ovs9 eth0", refuse: "ovs9", then: func(w *world) {
			text, _ := os.ReadFile("/run/ovs-vsctl.seen")
			w.check(len(text) == 0, "asked", "ovs-vsctl was called: %s", text)
		}},
		{id: "ovs/linux-bridge-asks-nobody", from: "the device's kind decides", before: watchOvsVsctl, args: firstNic, grant: &nic{}, then: func(w *world) {
			text, _ := os.ReadFile("/run/ovs-vsctl.seen")
			w.check(len(text) == 0, "asked", "ovs-vsctl was called: %s", text)
		}},
		{
			id: "ovs/environment", differs: "N34 environment", from: "ovs-vsctl by absolute path, empty environment, no inherited descriptors", usernet: ovsUsernet, before: ovsWatched, args: ovsNic, grant: &nic{bridge: "ovs0"}, then: ovsClean,
			start: harness.Start{Env: []string{"PATH=/tmp:/run", "OVS_RUNDIR=/tmp", "LD_PRELOAD=/tmp/x.so", "OVS_SYSCONFDIR=/tmp", "EVIL=1"}},
		},
		{id: "ovs/fails", differs: "N01 message", from: "failure leaves nothing", usernet: ovsUsernet, before: func(w *world) {
			ovsBridge(w)
			w.replaceOvsVsctl("#!/bin/bash -p\nexit 1\n")
		}, args: ovsNic, refuse: "Open vSwitch|ovs"},
		{id: "ovs/missing-program", differs: "N01 message", from: "every cause has its own message: a missing OVS", usernet: ovsUsernet, before: func(w *world) {
			ovsBridge(w)
			w.replaceOvsVsctl("")
		}, args: ovsNic, refuse: `ovs-vsctl`},
		{id: "ovs/closed-pipe", differs: "N10 exit, N10 left", from: "output that cannot be written is a failure", usernet: ovsUsernet, before: func(w *world) {
			ovsBridge(w)
			w.c.start.Stdout = closedPipe(w)
			w.undo = append(w.undo, func() { _ = w.c.start.Stdout.Close() })
		}, args: ovsNic, refuse: ".", then: func(w *world) {
			w.check(ports(w) == "", left, "the ports are %q", ports(w))
		}},
		{id: "ovs/time-limit", differs: "N25 late", from: "with a time limit; failure leaves nothing", usernet: ovsUsernet, before: func(w *world) {
			ovsBridge(w)
			w.replaceOvsVsctl("#!/bin/sh\nexec sleep 61\n")
			w.undo = append(w.undo, func() { w.sh("pkill -x -f 'sleep 61' || :") })
		}, start: harness.Start{Timeout: 12 * time.Second}, args: ovsNic, refuse: "Open vSwitch|ovs", then: func(w *world) {
			left := w.sh("pgrep -x -f 'sleep 61' || :")
			w.check(w.told.status == -1 || left == "", "child", "ovs-vsctl still runs: process %s", left)
		}},
		{id: "ovs/hangs", differs: "N25 late", from: "with a time limit, never under a lock", usernet: ovsUsernet + "bob veth br0 5\n", before: func(w *world) {
			ovsBridge(w)
			w.replaceOvsVsctl("#!/bin/bash -p\nexec sleep 7\n")
		}, then: func(w *world) {
			w.hold(alice)
			w.hold(bob)
			done := make(chan bool)
			go func() {
				defer close(done)
				w.callStarted(harness.Start{}, w.helper, alice, strings.Split(ovsNic, " ")...)
			}()
			w.pause()
			w.prompt(bob, 0, "ovs-vsctl hangs")
			w.sh("pkill -x -f 'sleep 7' || :")
			<-done
		}},
	}
}

// ovsBridge makes the bridge ovs0, without the ports that another case left in the database.
func ovsBridge(w *world) {
	w.sh("ovs-vsctl --if-exists del-br ovs0 -- add-br ovs0 -- set bridge ovs0 datapath_type=netdev")
	w.undo = append(w.undo, func() { w.sh("ovs-vsctl --if-exists del-br ovs0") })
}

// replaceOvsVsctl puts another program in the place of ovs-vsctl; none for an empty text. A shell needs -p there: the
// original starts ovs-vsctl with two user ids.
func (w *world) replaceOvsVsctl(text string) {
	const path = "/usr/bin/ovs-vsctl"
	w.must(os.Rename(path, path+".real"))
	w.undo = append(w.undo, func() { w.must(os.Rename(path+".real", path)) })
	if text != "" {
		w.must(harness.File{Text: text, Mode: 0o755}.Put(path))
	}
}

// watchOvsVsctl notes what ovs-vsctl is started with, and starts it.
func watchOvsVsctl(w *world) {
	w.replaceOvsVsctl("#!/bin/bash -p\n{ echo \"argv: $*\"; tr '\\0' '\\n' </proc/$$/environ | sed 's/^/env: /'; ls -l /proc/$$/fd | sed -n 's/^.* \\([0-9]*\\) -> /fd \\1: /p'; } >>/run/ovs-vsctl.seen\nexec /usr/bin/ovs-vsctl.real \"$@\"\n")
	w.undo = append(w.undo, func() { _ = os.Remove("/run/ovs-vsctl.seen") })
}

func ovsWatched(w *world) {
	ovsBridge(w)
	watchOvsVsctl(w)
	inherit("/etc/passwd")(w)
}

// ovsClean: nothing of the caller's reached ovs-vsctl.
func ovsClean(w *world) {
	text, err := os.ReadFile("/run/ovs-vsctl.seen")
	if err != nil {
		w.fault("environment", "ovs-vsctl was not started")
	}
	for _, line := range strings.Split(string(text), "\n") {
		w.check(!strings.HasPrefix(line, "env: "), "environment", "ovs-vsctl got %q", line)
		w.check(!strings.Contains(line, "/etc/passwd"), "environment", "ovs-vsctl got descriptor %q", line)
	}
}
