//go:build system

package nics

import (
	"fmt"
	"regexp"
	"strings"
)

// namingCases: the host end's name and altname.
func namingCases() []testCase {
	from := "vethUID_XXXX for uid up to 65536 with four random characters of [A-Za-z0-9]"
	large := "every uid is recognisable"
	alt := "an interface altname carries owner and container"
	all := "big veth br0 5\nbigger veth br0 5\nvast veth br0 5\nlast16 veth br0 5\nalice veth br0 5\n"
	named := func(pattern string) func(*world) {
		return func(w *world) {
			w.check(regexp.MustCompile(pattern).MatchString(w.nic), links, "the host end is named %s, not %s", w.nic, pattern)
		}
	}
	return []testCase{
		{id: "naming/small-uid", from: from, args: firstNic, grant: &nic{}, then: named(`^veth1001_[A-Za-z0-9]{4}$`)},
		{id: "naming/uid-65536", from: from, usernet: all, as: last16, args: firstNic, grant: &nic{}, then: named(`^veth65536_[A-Za-z0-9]{4}$`)},
		{id: "naming/random", from: from, usernet: all, then: func(w *world) {
			seen := map[string]bool{}
			for i := range 4 {
				w.create(alice, fmt.Sprintf("{pid} veth br0 n%d", i), nic{name: fmt.Sprintf("n%d", i)})
				seen[w.nic] = true
			}
			w.check(len(seen) == 4, links, "names: %v", seen)
		}},
		{id: "naming/large-uid", from: large, usernet: all, as: big, args: firstNic, grant: &nic{}, then: named(`^veth.+`)},
		{id: "naming/largest-uid", from: large, usernet: all, as: vast, args: firstNic, grant: &nic{}, then: named(`^veth.+`)},
		{id: "naming/large-uids-differ", differs: "N27 recognisable", from: large, usernet: all, then: recognisable},
		{id: "naming/large-uid-deletes", differs: "N03 exit", from: large, usernet: all, as: big, args: firstNic, grant: &nic{}, then: func(w *world) { w.remove(big, "{ns:big} veth br0 {nic}") }},
		{id: "naming/large-uid-quota", differs: "N01 message", from: large, usernet: "big veth br0 1\n", as: big, args: firstNic, grant: &nic{}, then: func(w *world) {
			w.createRefused(big, "{pid} veth br0 eth1", "1")
		}},
		{id: "naming/altname", differs: "N28 altname", from: alt, args: "create /dev/null my-box {pid} veth br0 eth0", grant: &nic{}, then: func(w *world) {
			names := strings.Join(w.look().host[w.nic].Altnames, " ")
			w.check(strings.Contains(names, "my-box"), "altname", "altnames %q do not name the container", names)
			w.check(strings.Contains(names, "alice") || strings.Contains(names, "1001"), "altname", "altnames %q do not name the owner", names)
		}},
		{id: "naming/altname-twice", from: alt + "; rootlesskit calls every container dummy", args: "create /dev/null dummy {pid} veth br0 eth0", grant: &nic{}, then: func(w *world) {
			w.expect(alice, words("create /dev/null dummy {pid} veth br0 eth1"), &nic{name: "eth1"}, "")
		}},
		{id: "naming/altname-two-users", from: alt, args: "create /dev/null dummy {pid} veth br0 eth0", grant: &nic{}, then: func(w *world) {
			w.expect(bob, words("create /dev/null dummy {pid:bob} veth br0 eth0"), &nic{}, "")
		}},
		{id: "naming/altname-long", from: alt + " (at most 127 bytes)", args: "create /dev/null " + strings.Repeat("long", 100) + " {pid} veth br0 eth0", grant: &nic{}},
		{id: "naming/altname-is-no-disguise", from: alt + " (a container named like a device)", args: "create /dev/null br0 {pid} veth br0 eth0", grant: &nic{}, then: func(w *world) {
			for _, name := range w.look().host[w.nic].Altnames {
				w.check(name != "br0", "altname", "the nic answers to %s", name)
			}
		}},
	}
}

// recognisable: five nics of one large uid share what comes before the random part, and another uid's does not.
func recognisable(w *world) {
	var made []string
	for i, u := range []user{big, big, big, big, big, bigger} {
		w.create(u, fmt.Sprintf("{pid:%s} veth br0 n%d", u.name, i), nic{name: fmt.Sprintf("n%d", i)})
		made = append(made, w.nic)
	}
	common := made[0]
	for _, name := range made[:5] {
		common = shared(common, name)
	}
	w.check(len(common) > len("veth"), "recognisable", "five nics of uid %d: %v", big.uid, made)
	w.check(!strings.HasPrefix(made[5], common), "recognisable", "nics of uid %d and %d: %v", big.uid, bigger.uid, made)
}

func shared(a, b string) string {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return a[:n]
}

// addressCases: hardware addresses and MTU.
func addressCases() []testCase {
	stable := "container MAC: stable for (user, bridge, container name or slot)"
	mtu := "both ends get the bridge's MTU"
	both := "alice veth br0 5\nalice veth br1 5\nbob veth br0 5\nalice veth none 5\n"
	withMTU := func(n int) func(*world) {
		return func(w *world) { w.must(ip(fmt.Sprintf("link set br0 mtu %d", n))) }
	}
	return []testCase{
		{id: "mtu/1400", from: mtu, before: withMTU(1400), args: firstNic, grant: &nic{mtu: 1400}},
		{id: "mtu/9000", from: mtu, before: withMTU(9000), args: firstNic, grant: &nic{mtu: 9000}},
		{id: "mtu/1280", from: mtu, before: withMTU(1280), args: firstNic, grant: &nic{mtu: 1280}},
		{id: "mtu/the-bridge-keeps-its-own", from: "a bridge takes the lowest of its ports; lxc#1602", before: func(w *world) {
			w.must(ip("tuntap add dev tap7 mode tap", "link set tap7 mtu 9000", "link set tap7 master br0", "link set tap7 up"))
		}, args: firstNic, grant: &nic{mtu: 9000}, then: func(w *world) {
			w.check(w.look().host["br0"].MTU == 9000, links, "the bridge has MTU %d now", w.look().host["br0"].MTU)
		}},
		{id: "address/the-bridge-keeps-its-own", from: "host end MAC: first byte 0xfe, so that the bridge keeps its own address", before: func(w *world) {
			w.must(ip("tuntap add dev tap7 mode tap", "link set tap7 address 02:00:00:00:00:07", "link set tap7 master br0"))
		}, args: firstNic, grant: &nic{}, then: func(w *world) {
			got := w.look().host["br0"].Address
			w.check(got == "02:00:00:00:00:07", links, "the bridge has address %s now", got)
		}},
		{id: "address/stable-after-delete", differs: "N29 stable", from: stable, usernet: both, then: func(w *world) {
			first := w.inside(alice, "box", "br0", "eth0")
			w.must(ip("link del " + w.nic))
			second := w.inside(alice, "box", "br0", "eth0")
			w.check(first == second, "stable", "first %s, then %s", first, second)
		}},
		{id: "address/stable-after-ledger-is-lost", differs: "N29 stable", from: stable + " (the ledger lies on a tmpfs)", usernet: both, then: func(w *world) {
			first := w.inside(alice, "box", "br0", "eth0")
			w.must(ip("link del " + w.nic))
			w.sh("rm -rf /run/lxc")
			second := w.inside(alice, "box", "br0", "eth0")
			w.check(first == second, "stable", "first %s, then %s", first, second)
		}},
		{id: "address/differs-by-container", from: stable, usernet: both, then: func(w *world) {
			w.differ(w.inside(alice, "box", "br0", "eth0"), w.inside(alice, "crate", "br0", "eth1"))
		}},
		{id: "address/differs-by-user", from: stable, usernet: both, then: func(w *world) { w.differ(w.inside(alice, "box", "br0", "eth0"), w.inside(bob, "box", "br0", "eth0")) }},
		{id: "address/differs-by-bridge", from: stable, usernet: both, then: func(w *world) {
			w.must(ip("link add br1 type bridge"))
			w.differ(w.inside(alice, "box", "br0", "eth0"), w.inside(alice, "box", "br1", "eth1"))
		}},
		{id: "address/two-nics-of-one-container", from: "never the same for two living nics of a bridge", usernet: both, then: func(w *world) {
			w.differ(w.inside(alice, "box", "br0", "eth0"), w.inside(alice, "box", "br0", "eth1"))
		}},
		{id: "address/two-containers-of-one-name", from: "never the same for two living nics of a bridge; rootlesskit calls every container dummy", usernet: both, then: func(w *world) {
			first := w.inside(alice, "dummy", "br0", "eth0")
			w.holdAs("second", alice, "unshare", "-Urn", "cat")
			w.expect(alice, words("create /dev/null dummy {pid:second} veth br0 eth0"), &nic{}, "")
			all, err := linksOf(w.held["second"].PID)
			w.must(err)
			w.differ(first, all["eth0"].Address)
		}},
		{id: "address/at-once", from: "never the same for two living nics of a bridge", usernet: "alice veth br0 20\n", then: func(w *world) {
			for i := range 8 {
				w.holdAs(fmt.Sprintf("t%d", i), alice, "unshare", "-Urn", "cat")
			}
			w.atOnce(8, func(i int) answer {
				return w.callStarted(w.c.start, w.helper, alice, words("create /dev/null dummy {pid:t%d} veth br0 eth0", i)...)
			})
			seen := map[string]bool{}
			for _, all := range w.look().inner {
				seen[all["eth0"].Address] = true
			}
			w.check(len(seen) == 8 && !seen[""], "stable", "8 nics at once have the addresses %v", seen)
		}},
		{id: "address/none-stable", differs: "N29 stable", from: stable, usernet: both, then: func(w *world) {
			first := w.inside(alice, "box", "none", "eth0")
			w.must(ip("link del " + w.nic))
			second := w.inside(alice, "box", "none", "eth0")
			w.check(first == second, "stable", "first %s, then %s", first, second)
		}},
	}
}

// inside makes an interface of u's container and returns the address of the container's end.
func (w *world) inside(u user, container, bridge, name string) string {
	w.expect(u, words("create /dev/null %s {pid:%s} veth %s %s", container, u.name, bridge, name), &nic{name: name, bridge: bridge}, "")
	all, err := linksOf(w.hold(u).PID)
	w.must(err)
	return all[name].Address
}

func (w *world) differ(a, b string) {
	w.check(a != b && a != "" && b != "", "stable", "two nics have the addresses %s and %s", a, b)
}

// quietCases: the host end takes no part in the container's IPv6.
func quietCases() []testCase {
	from := "IPv6 on the host end: off (disable_ipv6), and accept_ra=0"
	off := func(w *world) {
		w.check(setting(w.nic, "disable_ipv6") == "1", "ipv6", "disable_ipv6 is %s", setting(w.nic, "disable_ipv6"))
		w.check(setting(w.nic, "accept_ra") == "0", "ipv6", "accept_ra is %s", setting(w.nic, "accept_ra"))
	}
	return []testCase{
		{id: "quiet/bridge", differs: "N30 ipv6", from: from, args: firstNic, grant: &nic{}, then: off},
		{id: "quiet/none", differs: "N30 ipv6", from: from + ": with none the host end accepts router advertisements", args: "create /dev/null c1 {pid} veth none eth0", grant: &nic{bridge: "none"}, then: off},
		{id: "quiet/large-uid", differs: "N30 ipv6", from: from, usernet: "big veth br0 5\n", as: big, args: firstNic, grant: &nic{}, then: off},
	}
}
