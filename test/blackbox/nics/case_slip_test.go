//go:build system

package nics

import (
	"strings"

	"userns-helpers/test/blackbox/harness"
)

// slipCases: a line that means the caller and grants nothing is named, with its number and what is wrong with it; and what
// else the file has that could have been meant.
func slipCases() []testCase {
	from := "\"no line allows it\" while the line is there"
	var out []testCase
	for id, slip := range sorted(map[string][3]string{
		"mark":                 {"\ufeffalice veth br0 5", "byte order mark", "N01 message"},
		"case":                 {"Alice veth br0 5", "another case", "N01 message"},
		"three-fields":         {"alice veth br0", "does not have four fields", "N01 message"},
		"no-type":              {"alice br0 5", "does not have four fields", "N01 message"},
		"no-bridge":            {"alice veth 5", "does not have four fields", "N01 message"},
		"name-alone":           {"alice", "does not have four fields", "N01 message"},
		"type":                 {"alice macvlan br0 5", "type is not veth", "N01 message"},
		"type-case":            {"alice Veth br0 5", "type is not veth", "N01 message"},
		"bridge-case":          {"alice veth BR0 5", "bridge is written in another case", "N01 message"},
		"zero":                 {"alice veth br0 0", "number is 0", "N01 message"},
		"negative":             {"alice veth br0 -5", "negative", "N01 message"},
		"too-large":            {"alice veth br0 99999999999", "4294967295, but above", "N14 exit"},
		"text":                 {"alice veth br0 ten", "not a number", "N01 message"},
		"tail":                 {"alice veth br0 5x", "not a number", "N14 exit"},
		"full-width":           {"alice veth br0 \uff15", "not a number", "N01 message"},
		"words-behind":         {"alice veth br0 5 five", "something follows the number", "N14 exit"},
		"colons":               {"alice:veth:br0:5", "blanks or tabs separate", "N01 message"},
		"no-break-spaces":      {"alice\u00a0veth\u00a0br0\u00a05", "blanks or tabs separate", "N01 message"},
		"no-break-space":       {"alice\u00a0veth br0 5", "blanks or tabs separate", "N01 message"},
		"no-break-space-after": {"alice veth br0 5\u00a0", "not a number", "N14 exit"},
		"quoted":               {"\"alice\" veth br0 5", "quotation marks", "N01 message"},
		"uid":                  {"1001 veth br0 5", "user id", "N01 message"},
		"at":                   {"@alice2 veth br0 5\nalice veth br0 5x", "membership in a group would do: @alice2 .line 2.*", "N14 exit"},
		"long":                 {"alice veth br0 " + strings.Repeat("0", 1100) + "5", "more than 1024 bytes", "N14 exit"},
		"very-long":            {"alice veth br0 5" + strings.Repeat(" ", 70_000), "more than 1024 bytes", "N14 exit"},
		"nul":                  {"alice veth br0 5\x00", "NUL", "N14 exit"},
	}) {
		pattern := `line 2 .*` + slip[1] + `.*alice veth br0 \d`
		if id == "at" {
			pattern = slip[1] + `alice veth br0 \d`
		}
		out = append(out, testCase{id: "slip/" + id, differs: slip[2], from: from, usernet: "# alice veth br0 x\n" + slip[0] + "\nbob veth br0 5x\n", args: firstNic, refuse: pattern})
	}
	return append(append(out, slipGroupCases(from)...), nearbyCases()...)
}

// slipGroupCases are about groups, and about lines that work.
func slipGroupCases(from string) []testCase {
	return []testCase{
		{id: "slip/group-without-at", differs: "N01 message", from: from, usernet: "lan veth br0 5\n", as: alice.in(lan), args: firstNic, refuse: `line 1 .*for your group of that name there would be an @ in front`},
		{id: "slip/group-case", differs: "N36 exit, N37 message", from: from, usernet: "@LAN veth br0 5\n", as: alice.in(lan), args: firstNic, refuse: `line 1 .*another case`},
		{id: "slip/group-number", differs: "N36 exit, N37 message", from: from, usernet: "@2100 veth br0 5\n", as: alice.in(lan), args: firstNic, refuse: `line 1 .*group's number`},
		{id: "slip/other-people's", differs: "N01 message", from: from, usernet: "bob veth br0 5x\nalice2 veth br0\n@labs veth br0 x\n", args: firstNic, refuse: `allows it; an administrator can add the line: alice veth br0 1\n$`},
		{id: "slip/other-bridge's", differs: "N01 message", from: from, usernet: "alice veth br7 5x\n", args: firstNic, refuse: `allows it; an administrator can add the line: alice veth br0 1\n$`},
		{
			id: "slip/file-that-the-caller-may-not-read", differs: "N14 exit", from: "what a caller may not read is not told", file: harness.File{Text: "alice veth br0 5x\n@lab veth br0 1\nalice veth br1 1\n", Mode: 0o600},
			args: firstNic, refuse: `allows it; an administrator can add the line: alice veth br0 1\n$`,
		},
		{id: "usernet/carriage-return", from: "a final CR is white space in every file", usernet: "# x\r\nbob veth br0 1\r\nalice veth br0 1\r\n", args: firstNic, grant: &nic{}},
		{id: "usernet/carriage-return-before-the-end", from: "a final CR is white space in every file", usernet: "alice veth br0 1\r", args: firstNic, grant: &nic{}},
		{id: "usernet/comment-at-the-number", from: "the original reads the number and no further", usernet: "alice veth br0 1#one\n", args: firstNic, grant: &nic{}},
	}
}

// nearbyCases: what the file has instead, and what no line would help against.
func nearbyCases() []testCase {
	asks := "the refusal of a nic says what would do"
	return []testCase{
		{id: "nearby/bridges", differs: "N01 message", from: asks, usernet: "alice veth br1 1\n@lan veth br2 1\nbob veth br3 1\nalice veth none 1\n", as: alice.in(lan), args: firstNic, refuse: `alice has lines for br1, br2, none; .*alice veth br0 1`},
		{id: "nearby/group", differs: "N01 message", from: asks, usernet: "@lab veth br1 1\n@lab veth br0 1\n", args: firstNic, refuse: `membership in a group would do: @lab .line 2.; .*alice veth br0 1`},
		{id: "nearby/no-such-bridge", differs: "N01 message", from: asks, usernet: "bob veth br7 1\n", args: "create /dev/null c1 {pid} veth br7 eth0", refuse: `may not create interfaces on "br7"\n.*a line would not help: there is no interface "br7"`},
		{id: "nearby/no-bridge", differs: "N01 message", from: asks, usernet: "bob veth lo 1\n", args: "create /dev/null c1 {pid} veth lo eth0", refuse: `may not create interfaces on "lo"\n.*a line would not help: "lo" is not a bridge`},
		{id: "nearby/no-file-no-such-bridge", differs: "N01 message", from: asks, file: harness.File{Absent: true}, args: "create /dev/null c1 {pid} veth br7 eth0", refuse: `No /etc/lxc/lxc-usernet\n.*a line would not help: there is no interface "br7"`},
		{id: "nearby/full", differs: "N01 message", from: "which interface holds a full quota when no process does", usernet: "alice veth br0 2\n", before: twoNics, args: firstNic, refuse: `2 of 2.*line 1.: veth1001_LIV., veth1001_LIV.;.*ip link delete`},
		{id: "nearby/container-nic-all", differs: "N01 message, N05 left", from: "names all and default", args: "create /dev/null c1 {pid} veth br0 all", refuse: `Invalid interface name "all"\n.*keeps all and default for itself`},
		{id: "nearby/container-nic-default", differs: "N01 message, N05 left", from: "names all and default", args: "create /dev/null c1 {pid} veth br0 default", refuse: `Invalid interface name "default"\n.*keeps all and default for itself`},
		{id: "nearby/bridge-all", differs: "N01 message", from: "names all and default", usernet: "alice veth all 1\n", args: "create /dev/null c1 {pid} veth all eth0", refuse: `Invalid bridge name "all"\n.*keeps all and default for itself`, why: "bad-bridge-name"},
		{id: "nearby/bridge-no-break-space", differs: "N01 message", from: "the kernel takes the byte a0 for white space", usernet: "alice veth br\u00a0 1\n", args: "create /dev/null c1 {pid} veth br\u00a0 eth0", refuse: `Invalid bridge name "br.u00a0"\n`},
		{id: "cause/secure-bits", differs: "N01 message", from: "a cause that is looked at after we changed it", start: harness.Start{SecureBits: 1}, args: firstNic, refuse: `Not privileged\n.*SECBIT_NOROOT`},
	}
}
