//go:build system

package nics

import "strings"

// deleteCases: the interface goes, for the one who made it, with its row.
func deleteCases() []testCase {
	form := "delete; also works on Linux bridges and on none"
	owner := "delete proves ownership"
	made := func(w *world) { w.create(alice, "{pid} veth br0 eth0", nic{}) }
	return []testCase{
		{id: "delete/linux-bridge", differs: "N03 exit", from: form, before: made, then: func(w *world) { w.remove(alice, "{ns} veth br0 {nic}") }},
		{id: "delete/none", differs: "N03 exit", from: form, then: func(w *world) {
			w.create(alice, "{pid} veth none eth0", nic{bridge: "none"})
			w.remove(alice, "{ns} veth none {nic}")
		}},
		{id: "delete/proc-fd", differs: "N03 exit", from: "liblxc, delete", before: made, then: func(w *world) {
			holdDescriptor(w)
			w.remove(alice, "{procfd} veth br0 {nic}")
		}},
		{id: "delete/bind-mount", differs: "N03 exit", from: form, before: made, then: func(w *world) {
			bindMount("bound", 0o755, "{ns}")(w)
			w.remove(alice, "{bound} veth br0 {nic}")
		}},
		{id: "delete/frees-quota", differs: "N03 exit", from: "the quota counts living nics", usernet: "alice veth br0 1\n", before: made, then: func(w *world) {
			w.remove(alice, "{ns} veth br0 {nic}")
			w.create(alice, "{pid} veth br0 eth0", nic{})
		}},
		{id: "delete/twice", differs: "N03 exit", from: form + " (the second finds nothing)", before: made, then: func(w *world) {
			w.remove(alice, "{ns} veth br0 {nic}")
			before := w.look()
			a := w.call(alice, strings.Split("delete /dev/null c1 {ns} veth br0 {nic}", " ")...)
			w.check(a.status == 0 || a.status == 1, exit, "exit status %d", a.status)
			w.nothingLeft(before, w.look())
		}},
		{id: "delete/twice-at-once", differs: "N03 exit, N03 links, N03 rows", from: form + " (and a create at the same time)", usernet: "alice veth br0 2\n", before: made, then: func(w *world) {
			doomed := w.nic
			answers := w.atOnce(4, func(i int) answer {
				if i == 3 {
					return w.callStarted(w.c.start, w.helper, alice, words("create /dev/null c1 {pid} veth br0 eth1")...)
				}
				return w.callStarted(w.c.start, w.helper, alice, words("delete /dev/null c1 {ns} veth br0 %s", doomed)...)
			})
			w.check(answers[0].status == 0 || answers[1].status == 0 || answers[2].status == 0, exit, "none of three deletes works: %v", answers)
			w.check(answers[3].status == 0, exit, "the create beside them: %v", answers[3])
			w.check(w.alive(alice) == 1, links, "%d nics live", w.alive(alice))
			w.check(len(w.ledger()) == 1 && !strings.Contains(w.ledger()[0], doomed), rows, "the rows %q", w.ledger())
		}},
		{id: "delete/of-the-original", differs: "N03 exit", from: "rows written by the peer count", then: func(w *world) {
			w.otherCreates(alice, "eth0")
			w.remove(alice, "{ns} veth br0 {nic}")
		}},
		{id: "delete/never-made", differs: "N01 message", from: owner, args: "delete /dev/null c1 {ns} veth br0 veth1001_AbCd", refuse: "veth1001_AbCd", why: "not-yours"},
		{id: "delete/bob", differs: "N01 message", from: owner, before: made, then: func(w *world) { w.removeRefused(bob, "{ns:bob} veth br0 {nic}", "not yours|not .*bob|no ") }},
		{id: "delete/bob-says-alice's-namespace", differs: "N01 message", from: owner, before: made, then: func(w *world) {
			w.removeRefused(bob, "{ns:alice} veth br0 {nic}", "namespace")
		}},
		{id: "delete/bob's-namespace", differs: "N01 message", from: "prove that the caller owns it; delete proves ownership", before: made, then: func(w *world) {
			w.removeRefused(alice, "{ns:bob} veth br0 {nic}", "namespace")
		}},
		{id: "delete/unlisted-user", differs: "N01 message", from: owner, before: made, then: func(w *world) {
			w.removeRefused(mallory, "{ns:mallory} veth br0 {nic}", ".")
		}},
		{id: "delete/own-namespace-is-the-machine's", differs: "N01 message", from: "that it is not the host's own", before: made, then: func(w *world) {
			w.removeRefused(alice, "/proc/self/ns/net veth br0 {nic}", "namespace")
		}},
		{id: "delete/the-bridge", differs: "N01 message", from: owner, args: "delete /dev/null c1 {ns} veth br0 br0", refuse: "br0"},
		{id: "delete/lo", differs: "N01 message", from: owner, args: "delete /dev/null c1 {ns} veth none lo", refuse: "lo"},
		{id: "delete/bob's-by-name", differs: "N01 message", from: owner + " (rows of others do not help)", ledger: "bob veth br0 veth1002_BOBS\n", before: func(w *world) { w.plug("veth1002_BOBS", "br0") }, args: "delete /dev/null c1 {ns} veth br0 veth1002_BOBS", refuse: "."},
		{id: "delete/not-a-pair", differs: "N01 message", from: owner + " (a row that names another kind of interface)", ledger: "alice veth br0 veth1001_REAL\n", before: func(w *world) {
			w.must(ip("tuntap add dev veth1001_REAL mode tap", "link set veth1001_REAL master br0"))
		}, args: "delete /dev/null c1 {ns} veth br0 veth1001_REAL", refuse: "."},
		{id: "delete/wrong-bridge", differs: "N01 message", from: "<bridge> <host nic name>", usernet: "alice veth br0 2\nalice veth br1 2\n", before: made, then: func(w *world) {
			w.must(ip("link add br1 type bridge"))
			w.removeRefused(alice, "{ns} veth br1 {nic}", "br1|bridge")
		}},
		{id: "delete/name-16-bytes", differs: "N01 message", from: owner, args: "delete /dev/null c1 {ns} veth br0 abcdefghijklmnop", refuse: "name|abcdefghijklmnop"},
		{id: "delete/name-path", differs: "N01 message", from: owner, args: "delete /dev/null c1 {ns} veth br0 ../../x", refuse: "name|\\.\\./x"},
		{id: "delete/name-empty", differs: "N01 message", from: owner, args: "delete /dev/null c1 {ns} veth br0 ", refuse: "name|\"\""},
	}
}
