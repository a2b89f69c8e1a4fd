//go:build system

package nics

// ownerCases: an interface that is charged to a group belongs to the member who made it.
func ownerCases() []testCase {
	from := "a nic charged to @group belongs to the member who created it (CVE-2026-39402)"
	made := func(w *world) { w.create(alice.in(lan), "{pid} veth br0 eth0", nic{owner: "@lan"}) }
	group := "@lan veth br0 5\n"
	return []testCase{
		{id: "owner/other-member", differs: "N01 message", from: from, usernet: group, before: made, then: func(w *world) {
			w.removeRefused(bob.in(lan), "{ns:bob} veth br0 {nic}", ".")
		}},
		{id: "owner/other-member-none", differs: "N01 message", from: from, usernet: "@lan veth none 5\n", then: func(w *world) {
			w.create(alice.in(lan), "{pid} veth none eth0", nic{owner: "@lan", bridge: "none"})
			w.removeRefused(bob.in(lan), "{ns:bob} veth none {nic}", ".")
		}},
		{id: "owner/the-member", differs: "N03 exit", from: from, usernet: group, before: made, then: func(w *world) { w.remove(alice.in(lan), "{ns} veth br0 {nic}") }},
		{id: "owner/other-member-of-the-original's", differs: "N01 message", from: from, usernet: group, then: func(w *world) {
			w.otherCreates(alice.in(lan), "eth0")
			w.removeRefused(bob.in(lan), "{ns:bob} veth br0 {nic}", ".")
		}},
		{id: "owner/large-uid-of-the-original's", differs: "N03 exit", from: from + "; its names of large uids carry no uid", usernet: group, then: func(w *world) {
			w.otherCreates(big.in(lan), "eth0")
			w.remove(big.in(lan), "{ns:big} veth br0 {nic}")
		}},
		{id: "owner/other-member-of-a-large-uid's", differs: "N01 message", from: from + "; its names of large uids carry no uid", usernet: group, then: func(w *world) {
			w.otherCreates(big.in(lan), "eth0")
			w.removeRefused(bob.in(lan), "{ns:bob} veth br0 {nic}", ".")
		}},
		{id: "owner/left-the-group", differs: "N01 message", from: from, usernet: group, before: made, then: func(w *world) {
			w.removeRefused(bob, "{ns:bob} veth br0 {nic}", ".")
		}},
		{id: "owner/user-named-like-a-group", differs: "N36 exit, N37 message", from: from, usernet: "lan veth br0 5\n" + group, before: made, then: func(w *world) {
			w.removeRefused(carol.in(lab), "{ns:carol} veth br0 {nic}", ".")
		}},
	}
}
