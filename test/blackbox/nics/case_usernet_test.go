//go:build system

package nics

import (
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// usernetCases: the lines of lxc-usernet.
func usernetCases() []testCase {
	from := "lxc-usernet"
	spoils := "a line that cannot be understood grants nothing, affects no other line"
	line := func(id, text string) testCase {
		return testCase{id: "usernet/" + id, from: from, usernet: text, args: firstNic, grant: &nic{}}
	}
	no := func(id, text string) testCase {
		return testCase{id: "usernet/" + id, differs: "N01 message", from: from, usernet: text, args: firstNic, refuse: `alice veth br0 \d`}
	}
	spoiled := func(id, bad string) testCase {
		c := line("bad-line-"+id, bad+"\nalice veth br0 1\n")
		c.from = spoils
		return c
	}
	many := strings.Builder{}
	for i := range 20000 {
		fmt.Fprintf(&many, "user%d veth br0 10\n", i)
	}
	return []testCase{
		line("blanks-and-tabs", "alice \t veth\t\tbr0  \t1\n"),
		line("leading-blank", " alice veth br0 1\n").unlike("N11 exit"),
		line("leading-tab", "\t\talice veth br0 1\n").unlike("N11 exit"),
		line("trailing-blank", "alice veth br0 1 \t \n"),
		line("no-last-newline", "alice veth br0 1"),
		line("comment-lines", "# alice veth br0 0\n#\n  # x\nalice veth br0 1\n"),
		line("comment-after", "alice veth br0 1 # one\n"),
		line("empty-lines", "\n\n   \n\t\nalice veth br0 1\n\n"),
		line("20000-lines-before", many.String()+"alice veth br0 1\n"),
		no("commented-out", "#alice veth br0 1\n"),
		no("commented-out-indented", "  # alice veth br0 1\n"),
		no("empty", "\n"),
		no("other-user", "bob veth br0 1\n"),
		no("longer-name", "alicex veth br0 1\n"),
		no("shorter-name", "alic veth br0 1\n"),
		no("name-case", "Alice veth br0 1\n"),
		no("other-type", "alice macvlan br0 1\n"),
		no("longer-type", "alice vethx br0 1\n"),
		no("shorter-type", "alice vet br0 1\n"),
		no("other-bridge", "alice veth br1 1\n"),
		no("longer-bridge", "alice veth br01 1\n"),
		no("shorter-bridge", "alice veth br 1\n"),
		no("only-none", "alice veth none 1\n"),
		{id: "usernet/no-line-for-none", differs: "N01 message", from: "none: allowed only by a line that says none", usernet: "alice veth br0 5\n", args: "create /dev/null c1 {pid} veth none eth0", refuse: `alice veth none \d`},
		no("at-without-name", "@ veth br0 1\n"),
		no("short-line", "alice veth br0\n"),
		spoiled("words", "alice"),
		spoiled("nonsense", "\x01\x02 \xff\xfe %s%n"),
		spoiled("nul", "alice\x00veth br0 9"),
		spoiled("long", strings.Repeat("x", 200_000)),
		spoiled("long-words", strings.Repeat("x ", 100_000)),
		spoiled("number", "alice veth br0 many"),
		spoiled("negative", "alice veth br0 -5").unlike("N15 exit"),
		spoiled("unknown-group", "@no-such-group veth br0 1"),
		spoiled("carriage-return", "bob veth br0 1\r"),
		{id: "usernet/user-with-dots", from: from, usernet: "an.na-lena_2 veth br0 1\n", as: dotted, args: firstNic, grant: &nic{}},
		{
			id: "usernet/user-without-entry", differs: "N01 message", from: "os/user returned $USER for a uid that is not in /etc/passwd", usernet: "root veth br0 5\nalice veth br0 5\n", as: stray,
			before: func(w *world) { w.holdAs("stray", stray, "unshare", "-Urn", "cat") }, start: harness.Start{Env: []string{"USER=alice", "LOGNAME=alice", "HOME=/root"}},
			args: "create /dev/null c1 {pid:stray} veth br0 eth0", refuse: "54321", why: "user-unknown",
		},
		{id: "usernet/environment-names-nobody", differs: "N01 message", from: "the environment is never read", usernet: "bob veth br0 5\n", start: harness.Start{Env: []string{"USER=bob", "LOGNAME=bob", "SUDO_USER=bob"}}, args: firstNic, refuse: `alice veth br0 \d`},
		{id: "usernet/bridges-apart", differs: "N01 message, N12 exit", from: "count by (owner, type, bridge)", usernet: "alice veth br0 1\nalice veth br1 1\n", before: func(w *world) { w.must(ip("link add br1 type bridge")) }, args: firstNic, grant: &nic{}, then: func(w *world) {
			w.create(alice, "{pid} veth br1 eth1", nic{name: "eth1", bridge: "br1"})
			w.createRefused(alice, "{pid} veth br1 eth2", "1")
		}},
		{id: "usernet/none-apart", differs: "N12 exit", from: "count by (owner, type, bridge)", usernet: "alice veth br0 1\nalice veth none 1\n", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.create(alice, "{pid} veth none eth1", nic{name: "eth1", bridge: "none"})
		}},
		{id: "usernet/lines-add-up", differs: "N01 message, N13 exit", from: "the sum of the lines", usernet: "alice veth br0 1\nalice veth br0 2\n", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.create(alice, "{pid} veth br0 eth1", nic{name: "eth1"})
			w.create(alice, "{pid} veth br0 eth2", nic{name: "eth2"})
			w.createRefused(alice, "{pid} veth br0 eth3", "3")
		}},
		{id: "usernet/quota", differs: "N01 message", from: "number", usernet: "alice veth br0 2\n", args: firstNic, grant: &nic{}, then: func(w *world) {
			w.create(alice, "{pid} veth br0 eth1", nic{name: "eth1"})
			w.createRefused(alice, "{pid} veth br0 eth2", `2.*2`)
		}},
		{id: "usernet/users-apart", from: "count by (owner, type, bridge)", usernet: "alice veth br0 1\nbob veth br0 1\n", args: firstNic, grant: &nic{}, then: func(w *world) { w.create(bob, "{pid:bob} veth br0 eth0", nic{}) }},
	}
}

// numberCases: the fourth column.
func numberCases() []testCase {
	var out []testCase
	for label, number := range sorted(map[string][2]string{
		"zero":             {"0", "N01 message"},
		"negative":         {"-1", "N01 message"},
		"empty-sign":       {"-", "N01 message"},
		"text":             {"x", "N01 message"},
		"hex":              {"0x5", "N01 message"},
		"beyond-64-bits":   {"18446744073709551617", "N01 message"},
		"wraps-to-five":    {"18446744073709551621", "N01 message"},
		"endless":          {strings.Repeat("9", 400), "N01 message"},
		"very-negative":    {"-2147483649", "N14 exit"},
		"tail":             {"5x", "N14 exit"},
		"words-behind":     {"5 five", "N14 exit"},
		"plus":             {"+5", "N14 exit"},
		"wraps-in-32-bits": {"4294967301", "N14 exit"},
		"float":            {"2.5", "N14 exit"},
		"exponent":         {"1e3", "N14 exit"},
	}) {
		out = append(out, testCase{
			id: "number/" + label, differs: number[1], from: "negative and unparsable numbers grant nothing; the peer overflows",
			usernet: "alice veth br0 " + number[0] + "\n", args: firstNic, refuse: "alice|quota",
		})
	}
	return append(out,
		testCase{id: "number/sum-does-not-wrap", differs: "N15 exit", from: "the peer overflows on large numbers", usernet: "alice veth br0 2147483647\nalice veth br0 2147483647\nalice veth br0 2\n", args: firstNic, grant: &nic{}},
		testCase{id: "number/large", from: "the peer overflows on large numbers", usernet: "alice veth br0 2147483647\n", args: firstNic, grant: &nic{}},
		testCase{id: "number/negative-subtracts-nothing", differs: "N15 exit", from: "the peer subtracts negative ones", usernet: "alice veth br0 -5\nalice veth br0 1\nalice veth br0 -1\n", args: firstNic, grant: &nic{}},
		testCase{id: "number/zero-subtracts-nothing", from: "the sum of the lines", usernet: "alice veth br0 0\nalice veth br0 1\nalice veth br0 0\n", args: firstNic, grant: &nic{}},
	)
}

// groupCases: lines for groups.
func groupCases() []testCase {
	from := "groups: real gid and supplementary groups"
	order := "nics are charged to the lines in file order, to the first that has room"
	second := func(owner string) func(*world) {
		return func(w *world) {
			w.create(w.c.as, "{pid} veth br0 eth1", nic{name: "eth1", owner: owner})
			w.createRefused(w.c.as, "{pid} veth br0 eth2", `2`)
		}
	}
	return []testCase{
		{id: "group/supplementary", from: from, usernet: "@lan veth br0 1\n", as: alice.in(lan), args: firstNic, grant: &nic{owner: "@lan"}},
		{id: "group/second-supplementary", from: from, usernet: "@lan veth br0 1\n", as: alice.in(lab, lan), args: firstNic, grant: &nic{owner: "@lan"}},
		{id: "group/primary", differs: "N16 exit", from: "the peer ignores the primary gid", usernet: "@lan veth br0 1\n", as: alice.primary(lan), args: firstNic, grant: &nic{owner: "@lan"}},
		{id: "group/after-unnamed", differs: "N17 exit", from: "the peer stops at the first gid without a name", usernet: "@lan veth br0 1\n", as: alice.in(unnamed, lan), args: firstNic, grant: &nic{owner: "@lan"}},
		{id: "group/before-unnamed", differs: "N17 exit", from: "unnamed gids are skipped", usernet: "@lan veth br0 1\n", as: alice.in(lan, unnamed), args: firstNic, grant: &nic{owner: "@lan"}},
		{id: "group/unnamed-primary", from: "unnamed gids are skipped", usernet: "alice veth br0 1\n", as: alice.primary(unnamed), args: firstNic, grant: &nic{}},
		{id: "group/not-a-member", differs: "N36 exit, N37 message", from: from, usernet: "@lan veth br0 1\n", as: alice.in(lab), args: firstNic, refuse: `alice veth br0 \d`},
		{id: "group/member-only-in-the-file", differs: "N01 message", from: from, usernet: "@club veth br0 1\n", args: firstNic, refuse: `alice veth br0 \d`},
		{id: "group/name-of-the-user", differs: "N01 message", from: "@group", usernet: "lan veth br0 1\n", as: alice.in(lan), args: firstNic, refuse: `alice veth br0 \d`},
		{id: "group/own-group-named-as-user", differs: "N16 exit", from: from, usernet: "@alice veth br0 1\n", as: alice, args: firstNic, grant: &nic{owner: "@alice"}},
		{id: "group/shared", differs: "N01 message", from: "a quota is per (user or group line, type, bridge)", usernet: "@lan veth br0 1\n", as: alice.in(lan), args: firstNic, grant: &nic{owner: "@lan"}, then: func(w *world) {
			w.createRefused(bob.in(lan), "{pid:bob} veth br0 eth0", "1")
		}},
		{id: "group/user-line-first", differs: "N01 message", from: order, usernet: "alice veth br0 1\n@lan veth br0 1\n", as: alice.in(lan), args: firstNic, grant: &nic{owner: "alice"}, then: second("@lan")},
		{id: "group/group-line-first", differs: "N01 message", from: order, usernet: "@lan veth br0 1\nalice veth br0 1\n", as: alice.in(lan), args: firstNic, grant: &nic{owner: "@lan"}, then: second("alice")},
		{id: "group/two-groups", differs: "N01 message", from: order, usernet: "@lab veth br0 1\n@lan veth br0 1\n", as: alice.in(lan, lab), args: firstNic, grant: &nic{owner: "@lab"}, then: second("@lan")},
		{id: "group/first-line-has-no-room", differs: "N18 rows", from: order, usernet: "alice veth br0 0\n@lan veth br0 1\n", as: alice.in(lan), args: firstNic, grant: &nic{owner: "@lan"}},
		{id: "group/room-again-in-the-first", from: order, usernet: "alice veth br0 1\n@lan veth br0 1\n", as: alice.in(lan), args: firstNic, grant: &nic{owner: "alice"}, then: func(w *world) {
			w.must(ip("link del " + w.nic))
			w.create(w.c.as, "{pid} veth br0 eth1", nic{name: "eth1", owner: "alice"})
		}},
		{id: "group/bridges-apart", differs: "N12 exit", from: "count by (owner, type, bridge)", usernet: "@lan veth br0 1\n@lan veth none 1\n", as: alice.in(lan), args: firstNic, grant: &nic{owner: "@lan"}, then: func(w *world) {
			w.create(w.c.as, "{pid} veth none eth1", nic{name: "eth1", owner: "@lan", bridge: "none"})
		}},
	}
}

// trustCases: who may have written lxc-usernet.
func trustCases() []testCase {
	from := "file trust: owned by root, not writable by group or others, else refused"
	text := "alice veth br0 5\n"
	no := func(id string, file harness.File) testCase {
		return testCase{id: "trust/" + id, from: from, file: file, args: firstNic, refuse: "lxc-usernet"}
	}
	linked := func(id string, file harness.File) testCase {
		c := no(id, harness.File{Link: "/run/usernet"})
		c.before = func(w *world) {
			w.must(file.Put("/run/usernet"))
			w.undo = append(w.undo, func() { w.must(harness.File{Absent: true}.Put("/run/usernet")) })
		}
		return c
	}
	good := linked("link-to-trusted", harness.File{Text: text})
	good.refuse, good.grant = "", &nic{}
	return []testCase{
		no("group-writable", harness.File{Text: text, Mode: 0o664, GID: lan}).unlike("N19 exit"),
		no("writable-by-all", harness.File{Text: text, Mode: 0o646}).unlike("N19 exit"),
		no("of-alice", harness.File{Text: text, UID: alice.uid}).unlike("N19 exit"),
		no("missing", harness.File{Absent: true}).unlike("N01 message"),
		no("folder", harness.File{Kind: unix.S_IFDIR, Mode: 0o755}).unlike("N01 message"),
		no("pipe", harness.File{Kind: unix.S_IFIFO}).unlike("N19 late"),
		no("dangling-link", harness.File{Link: "/no/such/file"}).unlike("N01 message"),
		linked("link-to-untrusted", harness.File{Text: text, UID: alice.uid}).unlike("N19 exit"),
		{id: "trust/roots-group-writes", from: "chmod g=u, images for random user ids", file: harness.File{Text: text, Mode: 0o664}, args: firstNic, grant: &nic{}},
		{id: "trust/private", from: from, file: harness.File{Text: text, Mode: 0o600}, args: firstNic, grant: &nic{}},
		{id: "trust/other-group-reads", from: from, file: harness.File{Text: text, Mode: 0o640, GID: lan}, args: firstNic, grant: &nic{}},
		good,
	}
}
