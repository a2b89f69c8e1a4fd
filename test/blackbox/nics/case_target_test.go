//go:build system

package nics

import (
	"fmt"
	"os/exec"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

var root = user{"root", 0, 0, nil}

// container is an argv of alice's: a container as LXC starts it, its root is one of her subordinate ids.
func container(argv ...string) []string {
	return append(strings.Fields("unshare -Un --map-users=100000,0,65536 --map-groups=100000,0,65536 --setuid 0 --setgid 0"), argv...)
}

// targetCases: the process whose network namespace is meant, by its number.
func targetCases() []testCase {
	own := "prove that the caller owns it"
	hosts := "that it is not the host's own"
	create := func(pid string) string { return "create /dev/null c1 " + pid + " veth br0 eth0" }
	out := []testCase{
		{id: "target/container", from: own, before: func(w *world) { w.holdAs("c", alice, container("cat")...) }, args: create("{pid:c}"), grant: &nic{}},
		{id: "target/nested", from: "up the parents", before: holdNested, args: create("{pid:nested}"), grant: &nic{}},
		{id: "target/other-user", differs: "N01 message", from: own, args: create("{pid:bob}"), refuse: "namespace"},
		{id: "target/pid-1", differs: "N01 message", from: hosts, args: create("1"), refuse: "namespace"},
		{id: "target/own-shell", differs: "N01 message, N09 left", from: hosts, before: func(w *world) { w.holdAs("shell", alice, "cat") }, args: create("{pid:shell}"), refuse: "namespace"},
		{id: "target/root-made", differs: "N01 message, N09 left", from: own + " (a namespace of root's in which her process runs)", before: func(w *world) {
			w.holdAs("c", root, strings.Fields("unshare -n setpriv --reuid 1001 --regid 1001 --clear-groups cat")...)
		}, args: create("{pid:c}"), refuse: "namespace"},
		{id: "target/user-namespace-only", differs: "N01 message, N09 left", from: hosts, before: func(w *world) { w.holdAs("c", alice, "unshare", "-Ur", "cat") }, args: create("{pid:c}"), refuse: "namespace"},
		{id: "target/gone", differs: "N01 message", from: "process gone", before: gone, args: create("{gone}"), refuse: "process|gone|no such"},
		{id: "target/zombie", differs: "N01 message", from: "process gone", before: zombie, args: create("{zombie}"), refuse: "."},
		{id: "target/wraps-32", differs: "N01 message", from: "<pid>", before: wraps(1 << 32), args: create("{wrapped}"), refuse: "."},
		{id: "target/never", differs: "N01 message", from: "<pid>", args: create("2147483647"), refuse: "."},
		{id: "target/wraps-64", differs: "N01 message", from: "<pid>", before: wraps64, args: create("{wrapped}"), refuse: "."},
	}
	for label, bad := range sorted(map[string][2]string{
		"zero": {"0", "N01 message"}, "negative": {"-1", "N01 message"}, "text": {"abc", "N01 message"}, "empty": {"", "N01 message"}, "tail": {"{pid}x", "N01 message"},
		"blank": {" {pid}", "N08 exit"}, "newline": {"{pid}\n", "N01 message"}, "hex": {"0x1", "N01 message"}, "huge": {"99999999999999999999999", "N01 message"},
	}) {
		argv := []string{"create", "/dev/null", "c1", bad[0], "veth", "br0", "eth0"}
		out = append(out, testCase{id: "target/bad-" + label, differs: bad[1], from: "<pid>", argv: argv, refuse: ".", why: "bad-namespace"})
	}
	return out
}

// holdNested: a user of the container makes a container of its own; who owns it shows only at the parent.
func holdNested(w *world) {
	w.holdAs("nested", alice, container(strings.Fields("setpriv --reuid 1000 --regid 1000 --clear-groups unshare -Urn cat")...)...)
}

func gone(w *world) {
	target := w.holdAs("dead", alice, "unshare", "-Urn", "cat")
	w.values["gone"] = fmt.Sprint(target.PID)
	target.Release()
	delete(w.held, "dead")
}

func zombie(w *world) {
	command := exec.Command("unshare", "-Urn", "true")
	command.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: alice.uid, Gid: alice.gid}}
	w.must(command.Start())
	var info unix.Siginfo
	w.must(unix.Waitid(unix.P_PID, command.Process.Pid, &info, unix.WEXITED|unix.WNOWAIT, nil))
	w.values["zombie"] = fmt.Sprint(command.Process.Pid)
	w.undo = append(w.undo, func() { _ = command.Wait() })
}

func wraps(modulus int) func(*world) {
	return func(w *world) { w.values["wrapped"] = fmt.Sprint(modulus + w.hold(alice).PID) }
}

// wraps64: 2^64 does not fit in an int, so it is added by hand to the last digits.
func wraps64(w *world) {
	w.values["wrapped"] = fmt.Sprintf("1844674407%d", 3709551616+w.hold(alice).PID)
}
