//go:build system

package nics

import (
	"os/exec"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// causes are the refusals that must be told apart. Each runs in the usual world, but for what stands here.
func causes() map[string]testCase {
	return map[string]testCase{
		"no-line":           {differs: "N01 message", usernet: "bob veth br0 2\n", args: firstNic, refuse: `alice veth br0 \d`, why: "not-granted"},
		"quota-full":        {differs: "N01 message", usernet: "bob veth br0 9\nalice veth br0 2\n", before: twoNics, args: firstNic, refuse: `2 of 2.*|2.*lxc-usernet`, why: "over-quota"},
		"no-such-bridge":    {differs: "N01 message", usernet: "alice veth br7 2\n", args: "create /dev/null c1 {pid} veth br7 eth0", refuse: `br7`, why: "no-such-bridge"},
		"not-a-bridge":      {differs: "N01 message", usernet: "alice veth tap7 2\n", before: func(w *world) { w.must(ip("tuntap add dev tap7 mode tap")) }, args: "create /dev/null c1 {pid} veth tap7 eth0", refuse: `tap7.*not a.*bridge`, why: "not-a-bridge"},
		"name-taken":        {differs: "N01 message, N05 left", before: func(w *world) { w.sh("nsenter --net={ns} ip link add eth0 type veth peer name other0") }, args: firstNic, refuse: `eth0`, why: "name-taken"},
		"bad-name":          {differs: "N01 message, N05 left", args: "create /dev/null c1 {pid} veth br0 a/b", refuse: `a/b`, why: "bad-interface-name"},
		"not-yours":         {differs: "N01 message", args: "create /dev/null c1 {pid:bob} veth br0 eth0", refuse: `namespace`},
		"process-gone":      {differs: "N01 message", before: gone, args: "create /dev/null c1 {gone} veth br0 eth0", refuse: `process|gone`, why: "namespace-gone"},
		"no-file":           {differs: "N01 message", file: harness.File{Absent: true}, args: firstNic, refuse: `lxc-usernet`, why: "no-usernet"},
		"untrusted-file":    {differs: "N19 exit", file: harness.File{Text: usualUsernet, Mode: 0o666}, args: firstNic, refuse: `lxc-usernet.*writ`, why: "usernet-untrusted"},
		"type":              {differs: "N01 message", args: "create /dev/null c1 {pid} macvlan br0 eth0", refuse: `macvlan`, why: "unsupported-type"},
		"not-setuid":        {differs: "N01 message", before: installed("plain", "755"), args: firstNic, refuse: `setuid`, why: "not-privileged"},
		"nosuid":            {differs: "N01 message", start: harness.Start{NoSuid: []string{"/usr/libexec"}}, args: firstNic, refuse: `nosuid|setuid`},
		"no-new-privileges": {differs: "N01 message", start: harness.Start{NoNewPrivs: true}, args: firstNic, refuse: `no.?new.?priv`},
		"bounding-set":      {differs: "N01 message", start: harness.Start{DropBounding: []int{unix.CAP_NET_ADMIN, unix.CAP_SETUID}}, args: firstNic, refuse: `bounding set: cap_net_admin, cap_setuid`, why: "not-in-bounding-set"},
		"user-namespace":    {differs: "N01 message", start: harness.Start{Path: "/usr/bin/unshare", Argv: []string{"unshare", "-Ur"}}, args: firstNic, refuse: `user namespace`, why: "in-user-namespace"},
		"ovs-stopped":       {differs: "N01 message", usernet: "alice veth ovs7 2\n", before: deadOpenVSwitch, args: "create /dev/null c1 {pid} veth ovs7 eth0", refuse: `Open vSwitch|ovs`, why: "openvswitch-failed"},
	}
}

// causeCases: each cause alone, and all together.
func causeCases() []testCase {
	var out []testCase
	for id, c := range sorted(causes()) {
		c.id, c.from = "cause/"+id, "every cause has its own message; exit status 1; no source file names or line numbers"
		out = append(out, c)
	}
	return append(out,
		testCase{id: "cause/all-different", differs: "N01 message", from: "every cause has its own message", then: allDifferent},
		testCase{id: "cause/names-the-line", differs: "N01 message", from: "quota full (n of m, which line)", usernet: "# one\nbob veth br0 9\nalice veth br0 2\n", before: twoNics, args: firstNic, refuse: `lxc-usernet.*\b3\b`},
		testCase{id: "cause/control-characters", differs: "N01 message, N05 left", from: "issue: bad input: a clear error", argv: []string{"create", "/dev/null", "c1", "{pid}", "veth", "br0", "a\x1b[2J\nb"}, refuse: `name`, then: func(w *world) {
			w.check(!strings.ContainsRune(w.told.text(), '\x1b'), message, "the terminal is written to: %q", w.told.text())
		}},
	)
}

func twoNics(w *world) {
	w.plug("veth1001_LIV1", "br0")
	w.plug("veth1001_LIV2", "br0")
	w.record("alice veth br0 veth1001_LIV1\nalice veth br0 veth1001_LIV2\n")
}

// installed makes the case call a copy of the program with another mode.
func installed(name, mode string) func(*world) {
	return func(w *world) {
		copied := w.directory(0o755) + "/" + name
		w.must(exec.Command("install", "-m", mode, w.helper, copied).Run())
		w.helper = copied
	}
}

// deadOpenVSwitch: there is a device of the kind that Open vSwitch makes, and nobody who answers.
func deadOpenVSwitch(w *world) {
	w.sh("ip tuntap add dev ovs7 mode tap; mv /run/openvswitch /run/openvswitch.away")
	w.undo = append(w.undo, func() { w.sh("mv /run/openvswitch.away /run/openvswitch") })
}

// allDifferent provokes every cause and compares the messages, numbers left out.
func allDifferent(w *world) {
	told := map[string]string{}
	for id, c := range sorted(causes()) {
		c.id, c.from = id, w.c.from
		inner := &world{t: w.t, c: c, helper: w.helper, other: w.other}
		inner.values, inner.held, inner.faults = map[string]string{}, map[string]*harness.Target{}, map[string][]string{}
		w.clear()
		inner.prepare()
		text := inner.call(c.as, c.words()...).text()
		inner.clear()
		for _, digit := range "0123456789" {
			text = strings.ReplaceAll(text, string(digit), "")
		}
		if other, same := told[text]; same {
			w.fault(message, "%s and %s are told alike: %q", id, other, text)
		}
		told[text] = id
	}
	w.must(ip("link add br0 type bridge"))
}
