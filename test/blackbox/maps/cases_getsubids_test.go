//go:build system

package maps

import "userns-helpers/test/blackbox/harness"

// getsubidsCases are section 8 of the contract.
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
		fails("by uid, a line by name", "alice:100000:5\n", "1001"),
		lists("by name, a line by uid", "1001:100000:5\n", "0: alice 100000 5\n", "alice"),
		lists("by name, lines by both", "1001:100000:5\nalice:200000:5\n", "0: alice 100000 5\n1: alice 200000 5\n", "alice"),
		lists("octal and hexadecimal", "alice:0303240:0xa\n", "0: alice 100000 10\n", "alice"),
		lists("bad lines between", "alice:x:1\nalice:100000:5\n\n#alice:1:1\nalice:200000:5", "0: alice 100000 5\n1: alice 200000 5\n", "alice"),
		lists("a range at the end of all ids", "alice:4294967290:5\n", "0: alice 4294967290 5\n", "alice"),
		other(lists("a count of 0 is no range", "alice:100000:0\nalice:200000:5\n", "0: alice 200000 5\n", "alice"), "M25"),
		other(fails("only a count of 0", "alice:0:0\n", "alice"), "M25"),
		fails("no range", "bob:100000:5\n", "alice"),
		fails("an empty file", "", "alice"),
		fails("an unknown user", grantAlice, "nobodyknows"),
		fails("an unknown uid", grantAlice, "4242"),
		fails("an empty name", grantAlice, ""),
		fails("a name with a colon", grantAlice, "alice:100000"),
		fails("-g of a user without groups", "bob:100000:5\n", "-g", "bob"),
		fails("-g alone is a user", grantAlice, "-g"),
		fails("an unknown option is a user", grantAlice, "-x"),
		with(fails("a missing file", "", "alice"), "/etc/subuid", harness.File{Absent: true}),
		with(fails("an unreadable file", "", "alice"), "/etc/subuid", harness.File{Text: grantAlice, Mode: 0o600}),
		with(fails("a folder", "", "alice"), "/etc/subuid", harness.File{Kind: 0o040000, Mode: 0o755}),
		other(with(lists("a symlink", "", "0: alice 100000 65536\n", "alice"), "/etc/subuid", harness.File{Link: "/etc/elsewhere"}), "M15"),
		usage("no argument"),
		usage("-h", "-h"),
	}
}
