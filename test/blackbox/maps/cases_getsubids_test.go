//go:build system

package maps

import "userns-helpers/test/blackbox/harness"

// getsubidsCases are about what getsubids prints.
func getsubidsCases() []check {
	const failed = "Error fetching ranges"
	lists := func(name, subuid, stdout string, args ...string) check {
		return check{
			name: name, tool: "getsubids", args: args, stdout: stdout,
			files: map[string]harness.File{"/etc/subuid": {Text: subuid}, "/etc/subgid": {Text: "alice:700000:7\n"}, "/etc/elsewhere": {Text: grantAlice}},
		}
	}
	fails := func(name, subuid string, args ...string) check {
		c := lists(name, subuid, "", args...)
		c.status, c.first = 1, failed
		return c
	}
	usage := func(name string, args ...string) check {
		c := lists(name, grantAlice, "", args...)
		c.status, c.first = 1, "Usage: getsubids [-g] user"
		return c
	}
	with := func(c check, path string, file harness.File) check {
		c.files[path] = file
		return c
	}
	return []check{
		lists("one range", grantAlice, "0: alice 100000 65536\n", "alice"),
		lists("of groups", grantAlice, "0: alice 700000 7\n", "-g", "alice"),
		lists("two ranges in the order of the file", "alice:200000:5\nbob:1:1\nalice:100000:10\n", "0: alice 200000 5\n1: alice 100000 10\n", "alice"),
		lists("adjacent ranges stay apart", "alice:100000:5\nalice:100005:5\n", "0: alice 100000 5\n1: alice 100005 5\n", "alice"),
		lists("the same twice", "alice:100000:5\nalice:100000:5\n", "0: alice 100000 5\n1: alice 100000 5\n", "alice"),
		lists("of another user", "bob:100000:5\n", "0: bob 100000 5\n", "bob"),
		lists("of root", "root:100000:5\n", "0: root 100000 5\n", "root"),
		lists("by uid, a line by uid", "1001:100000:5\n", "0: 1001 100000 5\n", "1001"),
		other(fails("by uid, a line by name", "alice:100000:5\n", "1001"), "M47"),
		lists("by name, a line by uid", "1001:100000:5\n", "0: alice 100000 5\n", "alice"),
		lists("by name, lines by both", "1001:100000:5\nalice:200000:5\n", "0: alice 100000 5\n1: alice 200000 5\n", "alice"),
		lists("octal and hexadecimal", "alice:0303240:0xa\n", "0: alice 100000 10\n", "alice"),
		other(lists("bad lines between", "alice:x:1\nalice:100000:5\n\n#alice:1:1\nalice:200000:5", "0: alice 100000 5\n1: alice 200000 5\n", "alice"), "M45"),
		lists("a range at the end of all ids", "alice:4294967290:5\n", "0: alice 4294967290 5\n", "alice"),
		other(lists("a count of 0 is no range", "alice:100000:0\nalice:200000:5\n", "0: alice 200000 5\n", "alice"), "M25"),
		other(fails("only a count of 0", "alice:0:0\n", "alice"), "M25"),
		fails("no range", "bob:100000:5\n", "alice"),
		fails("an empty file", "", "alice"),
		fails("an unknown user", grantAlice, "nobodyknows"),
		fails("an unknown uid", grantAlice, "4242"),
		fails("an empty name", grantAlice, ""),
		fails("a name with a colon", grantAlice, "alice:100000"),
		other(with(lists("-g, a line by uid", "", "0: alice 700000 7\n", "-g", "alice"), "/etc/subgid", harness.File{Text: "1001:700000:7\n"}), "M41"),
		other(with(fails("-g, a line by the gid of a group of that name", "", "-g", "alice"), "/etc/subgid", harness.File{Text: "2001:700000:7\n"}), "M41"),
		with(fails("-g, a group that is no user", "", "-g", "aux"), "/etc/subgid", harness.File{Text: "alice:700000:7\n"}),
		fails("-g of a user without groups", "bob:100000:5\n", "-g", "bob"),
		fails("-g alone is a user", grantAlice, "-g"),
		fails("an unknown option is a user", grantAlice, "-x"),
		with(fails("a missing file", "", "alice"), "/etc/subuid", harness.File{Absent: true}),
		with(fails("an unreadable file", "", "alice"), "/etc/subuid", harness.File{Text: grantAlice, Mode: 0o600}),
		with(fails("a folder", "", "alice"), "/etc/subuid", harness.File{Kind: 0o040000, Mode: 0o755}),
		other(with(lists("a symlink", "", "0: alice 100000 65536\n", "alice"), "/etc/subuid", harness.File{Link: "/etc/elsewhere"}), "M15"),
		other(named(fails("the other name of a uid", "twain:100000:5\n", "twin")), "M47"),
		other(named(lists("both names of a uid", "twain:100000:5\ntwin:200000:5\n", "0: twin 200000 5\n", "twin")), "M47"),
		named(lists("a name that is another's uid", "1002:100000:5\n", "0: 1002 100000 5\n", "1002")),
		named(lists("a name with a backslash", "DOM\\carol:100000:5\n", "0: DOM\\carol 100000 5\n", "DOM\\carol")),
		with(lists("a file that a user owns", "", "0: alice 100000 65536\n", "alice"), "/etc/subuid", harness.File{Text: grantAlice, UID: 1001}),
		lists("-g behind the name is not looked at", grantAlice, "0: alice 100000 65536\n", "alice", "-g"),
		lists("a second name is not looked at", grantAlice, "0: alice 100000 65536\n", "alice", "bob"),
		fails("two names of groups", grantAlice, "-g", "alice", "bob"),
		fails("--help is a user", grantAlice, "--help"),
		other(lists("a line beyond 2^32", "alice:100000:4294867297\nalice:5:5\n", "0: alice 5 5\n", "alice"), "M20"),
		other(lists("four fields", "alice:100000:10:x\nalice:5:5\n", "0: alice 5 5\n", "alice"), "M18"),
		other(lists("a NUL before a good line", "bob\x00:1:1\nalice:5:5\n", "0: alice 5 5\n", "alice"), "M22"),
		usage("no argument"),
		usage("-h", "-h"),
	}
}

// named gives c more users.
func named(c check) check {
	c.users = twins + numeric + "DOM\\carol:x:1006:2006::/:/bin/sh\n"
	return c
}
