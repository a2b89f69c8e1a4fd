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
	for id, slip := range sorted(map[string][2]string{
		"mark":                 {"\ufeffalice veth br0 5", "byte order mark"},
		"case":                 {"Alice veth br0 5", "another case"},
		"three-fields":         {"alice veth br0", "does not have four fields"},
		"no-type":              {"alice br0 5", "does not have four fields"},
		"no-bridge":            {"alice veth 5", "does not have four fields"},
		"name-alone":           {"alice", "does not have four fields"},
		"type":                 {"alice macvlan br0 5", "type is not veth"},
		"type-case":            {"alice Veth br0 5", "type is not veth"},
		"bridge-case":          {"alice veth BR0 5", "bridge is written in another case"},
		"zero":                 {"alice veth br0 0", "number is 0"},
		"negative":             {"alice veth br0 -5", "negative"},
		"too-large":            {"alice veth br0 99999999999", "4294967295, but above"},
		"text":                 {"alice veth br0 ten", "not a number"},
		"tail":                 {"alice veth br0 5x", "not a number"},
		"full-width":           {"alice veth br0 \uff15", "not a number"},
		"words-behind":         {"alice veth br0 5 five", "something follows the number"},
		"colons":               {"alice:veth:br0:5", "blanks or tabs separate"},
		"no-break-spaces":      {"alice\u00a0veth\u00a0br0\u00a05", "blanks or tabs separate"},
		"no-break-space":       {"alice\u00a0veth br0 5", "blanks or tabs separate"},
		"no-break-space-after": {"alice veth br0 5\u00a0", "not a number"},
		"quoted":               {"\"alice\" veth br0 5", "quotation marks"},
		"uid":                  {"1001 veth br0 5", "user id"},
		"at":                   {"@alice2 veth br0 5\nalice veth br0 5x", "membership in a group would do: @alice2 .line 2.*"},
		"long":                 {"alice veth br0 " + strings.Repeat("0", 1100) + "5", "more than 1024 bytes"},
		"very-long":            {"alice veth br0 5" + strings.Repeat(" ", 70_000), "more than 1024 bytes"},
		"nul":                  {"alice veth br0 5\x00", "NUL"},
	}) {
		pattern := `line 2 .*` + slip[1] + `.*alice veth br0 \d`
		if id == "at" {
			pattern = slip[1] + `alice veth br0 \d`
		}
		out = append(out, testCase{id: "slip/" + id, from: from, usernet: "# alice veth br0 x\n" + slip[0] + "\nbob veth br0 5x\n", args: firstNic, refuse: pattern})
	}
	return append(append(out, slipGroupCases(from)...), nearbyCases()...)
}

// slipGroupCases are about groups, and about lines that work.
func slipGroupCases(from string) []testCase {
	return []testCase{
		{id: "slip/group-without-at", from: from, usernet: "lan veth br0 5\n", as: alice.in(lan), args: firstNic, refuse: `line 1 .*for your group of that name there would be an @ in front`},
		{id: "slip/group-case", from: from, usernet: "@LAN veth br0 5\n", as: alice.in(lan), args: firstNic, refuse: `line 1 .*another case`},
		{id: "slip/group-number", from: from, usernet: "@2100 veth br0 5\n", as: alice.in(lan), args: firstNic, refuse: `line 1 .*group's number`},
		{id: "slip/other-people's", from: from, usernet: "bob veth br0 5x\nalice2 veth br0\n@labs veth br0 x\n", args: firstNic, refuse: `allows it; an administrator can add the line: alice veth br0 1\n$`},
		{id: "slip/other-bridge's", from: from, usernet: "alice veth br7 5x\n", args: firstNic, refuse: `allows it; an administrator can add the line: alice veth br0 1\n$`},
		{
			id: "slip/file-that-the-caller-may-not-read", from: "what a caller may not read is not told", file: harness.File{Text: "alice veth br0 5x\n@lab veth br0 1\nalice veth br1 1\n", Mode: 0o600},
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
		{id: "nearby/bridges", from: asks, usernet: "alice veth br1 1\n@lan veth br2 1\nbob veth br3 1\nalice veth none 1\n", as: alice.in(lan), args: firstNic, refuse: `alice has lines for br1, br2, none; .*alice veth br0 1`},
		{id: "nearby/group", from: asks, usernet: "@lab veth br1 1\n@lab veth br0 1\n", args: firstNic, refuse: `membership in a group would do: @lab .line 2.; .*alice veth br0 1`},
		{id: "nearby/no-such-bridge", from: asks, usernet: "bob veth br7 1\n", args: "create /dev/null c1 {pid} veth br7 eth0", refuse: `may not create interfaces on "br7"\n.*a line would not help: there is no interface "br7"`},
		{id: "nearby/no-bridge", from: asks, usernet: "bob veth lo 1\n", args: "create /dev/null c1 {pid} veth lo eth0", refuse: `may not create interfaces on "lo"\n.*a line would not help: "lo" is not a bridge`},
		{id: "nearby/no-file-no-such-bridge", from: asks, file: harness.File{Absent: true}, args: "create /dev/null c1 {pid} veth br7 eth0", refuse: `No /etc/lxc/lxc-usernet\n.*a line would not help: there is no interface "br7"`},
		{id: "nearby/full", from: "which interface holds a full quota when no process does", usernet: "alice veth br0 2\n", before: twoNics, args: firstNic, refuse: `2 of 2.*line 1.: veth1001_LIV., veth1001_LIV.;.*ip link delete`},
		{id: "nearby/container-nic-all", from: "names all and default", args: "create /dev/null c1 {pid} veth br0 all", refuse: `Invalid interface name "all"\n.*keeps all and default for itself`},
		{id: "nearby/container-nic-default", from: "names all and default", args: "create /dev/null c1 {pid} veth br0 default", refuse: `Invalid interface name "default"\n.*keeps all and default for itself`},
		{id: "nearby/bridge-all", from: "names all and default", usernet: "alice veth all 1\n", args: "create /dev/null c1 {pid} veth all eth0", refuse: `Invalid bridge name "all"\n.*keeps all and default for itself`, why: "bad-bridge-name"},
		{id: "nearby/bridge-no-break-space", from: "the kernel takes the byte a0 for white space", usernet: "alice veth br\u00a0 1\n", args: "create /dev/null c1 {pid} veth br\u00a0 eth0", refuse: `Invalid bridge name "br.u00a0"\n`},
		{id: "cause/secure-bits", from: "a cause that is looked at after we changed it", start: harness.Start{SecureBits: 1}, args: firstNic, refuse: `Not privileged\n.*SECBIT_NOROOT`},
	}
}
