//go:build system

package maps

import (
	"strings"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

// forbiddenPath is the list of ids that are never mapped. The original has none (difference M42).
const forbiddenPath = "/etc/userns-helpers/forbidden-host-ids"

// policyPath is a file that these programs do not read.
const policyPath = "/etc/userns-helpers/policy.toml"

// forbiddenCases are about that list. What it does not forbid is granted as without it.
func forbiddenCases() []check {
	return append(forbidden(), notForbidden()...)
}

// listed is the list with a text, like any file of root's.
func listed(text string) map[string]harness.File {
	return map[string]harness.File{forbiddenPath: {Text: text}}
}

const deniedFirst = "{tool}: {kind} range [0-10) -> [100000-100010) not allowed"

func forbidden() []check {
	const mistake = forbiddenPath + " says which IDs are never mapped, and has a mistake: "
	const untrusted = forbiddenPath + ` is .*: it says which IDs are never mapped, so root must own it`
	var out []check
	for _, c := range []struct {
		name   string
		files  map[string]harness.File
		second string
	}{
		{"an id", listed("100003\n"), forbiddenPath + ` line 1 forbids \[100003-100004\) to everybody`},
		{"a range", listed("# ids\n\n0-100000 # all of these\n"), forbiddenPath + ` line 3 forbids \[0-100001\) to everybody`},
		{"without newline", listed("0-999\n100009"), ` line 2 forbids \[100009-100010\)`},
		{"carriage returns", listed("0-999\r\n \t100009\t \r\n"), ` line 2 forbids \[100009-100010\)`},
		{"a link", map[string]harness.File{forbiddenPath: {Link: "/etc/list"}, "/etc/list": {Text: "100000\n"}}, "line 1 forbids"},
		{"a word", listed("0-9\nroot\n"), mistake + `line 2: "root" is not an ID`},
		{"a blank inside", listed("0 - 9\n"), mistake + "line 1: "},
		{"a zero in front", listed("05\n"), mistake + "line 1: "},
		{"descending", listed("9-0\n"), mistake + "line 1: "},
		{"beyond 2^32", listed("0-4294967296\n"), mistake + "line 1: "},
		{"TOML", listed("[idmap]\nforbidden_host_ids = [\"0-9\"]\n"), mistake + "line 1: "},
		{"a NUL", listed("#\x00\n"), mistake + "line 1: .* control character"},
		{"old newlines", listed("# x\r100000\r"), mistake + "line 1: .* control character"},
		{"a user's", map[string]harness.File{forbiddenPath: {Text: "0-9\n", UID: 1001}}, untrusted},
		{"writable", map[string]harness.File{forbiddenPath: {Text: "0-9\n", Mode: 0o666}}, untrusted},
		{"a FIFO", map[string]harness.File{forbiddenPath: {Kind: unix.S_IFIFO}}, untrusted},
	} {
		why := "forbidden"
		if strings.Contains(c.second, "never mapped") {
			why = "forbidden-unknown"
		}
		out = append(out, check{name: "forbidden: " + c.name, why: why, files: c.files, args: granted, status: 1, first: deniedFirst, second: c.second, differs: "M42"})
	}
	return append(out, check{
		name: "forbidden: a link to nothing", why: "forbidden-unknown", files: map[string]harness.File{forbiddenPath: {Link: "/etc/missing"}}, args: granted, status: 1,
		first: "{tool}: cannot open " + forbiddenPath + ": No such file or directory", second: "never mapped", differs: "M42",
	})
}

func notForbidden() []check {
	policy := map[string]harness.File{policyPath: {Text: "[idmap]\nforbidden_host_ids = [\"100000\"]\n"}}
	out := []check{
		{name: "forbidden: others", files: listed("0-99999\n100010-4294967295\n"), args: granted, mapped: oneMapped},
		{name: "forbidden: none", files: listed("# nothing\n\n"), args: granted, mapped: oneMapped},
		{name: "forbidden: in policy.toml", files: policy, args: granted, mapped: oneMapped},
		{
			name: "forbidden: an own group that is granted", tool: "newgidmap", grants: "alice:{own}:1\n", files: listed("{own}\n"),
			args: []string{"{pid}", "0", "{own}", "1"}, mapped: "0 {own} 1", groups: "deny", differs: "M42",
		},
	}
	for _, own := range []check{{tool: "newuidmap"}, {tool: "newgidmap", groups: "deny"}} {
		own.args, own.mapped = []string{"{pid}", "0", "{own}", "1"}, "0 {own} 1"
		own.name, own.files = "forbidden: an own id", listed("0-99999\n")
		out = append(out, own)
		own.name, own.files = "forbidden: an own id, and a mistake", listed("x\n")
		out = append(out, own)
	}
	return out
}
