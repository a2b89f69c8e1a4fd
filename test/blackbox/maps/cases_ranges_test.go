//go:build system

package maps

import (
	"fmt"
	"strings"
)

// rangeCases are about what /etc/subuid and /etc/subgid grant.
func rangeCases() []check {
	return append(append(lineCases(), togetherCases()...), scaleCases()...)
}

// lineCases ask for [100000-100010) with one odd line, and again with a good line before and after it.
func lineCases() []check {
	var out []check
	for what, line := range pairs(map[string]string{
		"octal": "alice:0303240:012", "hexadecimal": "alice:0x186a0:0xa", "blanks before the numbers": "alice: 100000: 10", "a tab before a number": "alice:\t100000:10",
		"plus before the numbers": "alice:+100000:+10", "blank and plus": "alice: +100000:10", "zeros": "alice:0000000303240:10",
		"1023 bytes": padded(1023), "1022 bytes": padded(1022), "up to 2^32": "alice:100000:4294867296",
	}) {
		out = append(out, check{name: "line: " + what, grants: line + "\n", args: granted, mapped: oneMapped})
	}
	out = append(out,
		check{name: "line: a carriage return at the end", grants: "alice:100000:10\r\n", args: granted, mapped: oneMapped, differs: "M39"},
		check{name: "line: a carriage return at the end of a comment, an empty and another line", grants: "# x\r\n\r\nbob:1:1\r\nalice:100000:10\n", args: granted, mapped: oneMapped},
		check{name: "line: a carriage return instead of the last newline", grants: "alice:100000:5\r\nalice:100005:5\r", args: granted, mapped: oneMapped, differs: "M39"},
	)
	ignored := pairs(map[string]string{
		"a comment": "#alice:100000:10", "a comment with a blank": "# alice:100000:10", "NIS plus": "+alice:100000:10", "NIS minus": "-alice:100000:10",
		"two fields": "alice:100000", "one field": "alice", "four fields": "alice:100000:10:", "five fields": "alice:100000:10:x:y", "no start": "alice::10",
		"no count": "alice:100000:", "a blank behind": "alice:100000:10 ", "a tab behind": "alice:100000:10\t",
		"a comment behind": "alice:100000:10 # mine", "two carriage returns": "alice:100000:10\r\r", "a carriage return before": "\ralice:100000:10", "a comment at once behind": "alice:100000:10#mine", "a blank behind the start": "alice:100000 :10",
		"a letter in the start": "alice:1o0000:10", "a letter in the count": "alice:100000:10k", "a dash": "alice:100000-100010", "a negative count": "alice:100000:-10",
		"a negative start": "alice:-100000:200010", "not octal": "alice:100000:08", "Go's 1_00_000": "alice:1_00_000:10", "Go's 0o303240": "alice:0o303240:10", "Go's 0b1010": "alice:100000:0b1010",
		"1024 bytes": padded(1024), "1025 bytes": padded(1025), "5000 bytes": padded(5000), "70000 bytes": padded(70000),
		"start 2^32": "alice:4294967296:10", "start 2^32+100000": "alice:4295067296:10", "start 2^64+100000": "alice:18446744073709651616:10",
		"end beyond 2^32": "alice:100000:4294867297", "count 2^32+10": "alice:100000:4294967306", "count 2^64-1": "alice:100000:18446744073709551615",
		"NUL in the name": "alice\x00:100000:10", "NUL in the start": "alice:1000\x0000:10", "NUL behind": "alice:100000:10\x00", "NUL before": "\x00alice:100000:10",
		"NUL as the count": "alice:100000:\x00", "count 0": "alice:100000:0", "count 0 at 0 (shadow#1689)": "alice:0:0", "count 00": "alice:0:00", "count 0x0": "alice:0:0x0",
		"count -0": "alice:100000:-0", "a dot": "alice:100000.0:10", "semicolons": "alice;100000;10", "a colon before": ":alice:100000:10",
		"full-width digits": "alice:\uff11\uff10\uff10\uff10\uff10\uff10:10", "an empty line": "", "a quoted name": "\"alice\":100000:10",
		"a byte order mark": "\ufeffalice:100000:10",
	})
	for what, line := range ignored {
		alone := check{
			name: "ignored line: " + what, grants: line + "\n", args: granted, status: 1, differs: lineDifference(what),
			first: "{tool}: {kind} range [0-10) -> [100000-100010) not allowed",
		}
		between := check{
			name: "ignored line between good ones: " + what, grants: "alice:100000:5\n" + line + "\nalice:100005:5\n", args: granted, mapped: oneMapped,
		}
		switch {
		case what == "NUL before":
			between.differs = "M45"
		case strings.HasPrefix(what, "NUL"):
			between.differs = alone.differs
		}
		out = append(out, alone, between)
	}
	return out
}

// lineDifference returns the id of what Debian's programs make of an ignored line.
func lineDifference(what string) string {
	switch what {
	case "four fields", "five fields":
		return "M18"
	case "end beyond 2^32", "count 2^32+10":
		return "M20"
	case "count 0 at 0 (shadow#1689)", "count 00", "count 0x0":
		return "M21"
	case "Go's 0b1010":
		return "M36"
	case "NUL in the name", "NUL in the start", "NUL behind", "NUL before", "NUL as the count":
		return "M22"
	}
	return ""
}

// padded returns a line of length bytes, without the newline, that grants the ten ids if it is read.
func padded(length int) string {
	const head, tail = "alice:", "100000:10"
	return head + strings.Repeat(" ", length-len(head)-len(tail)) + tail
}

// togetherCases are about several lines.
func togetherCases() []check {
	ten := func(name, grants string) check {
		return check{name: "lines: " + name, grants: grants, args: granted, mapped: oneMapped}
	}
	gap := func(name, grants string) check {
		return check{
			name: "lines: " + name, grants: grants, args: granted, status: 1,
			first: "{tool}: {kind} range [0-10) -> [100000-100010) not allowed",
		}
	}
	var scattered strings.Builder
	for i := range 100 {
		fmt.Fprintf(&scattered, "alice:%d:10\nbob:%d:10\n", 100000+(i*37%100)*10, 100000+i*10)
	}
	hundred := ten("a hundred pieces in no order", scattered.String())
	hundred.args, hundred.mapped = []string{"{pid}", "0", "100000", "1000"}, "0 100000 1000"
	top := ten("the end of all ids", "alice:4294967290:3\nalice:4294967293:3\n")
	top.args, top.mapped = []string{"{pid}", "0", "4294967290", "5"}, "0 4294967290 5"
	bottom := ten("id 1 on", "alice:1:5\nalice:6:4\n")
	bottom.args, bottom.mapped = []string{"{pid}", "0", "1", "9"}, "0 1 9"
	wrap := gap("CVE-2016-6252: a range below the grant that would wrap into it", "alice:100000:10\n")
	wrap.args, wrap.first = []string{"{pid}", "0", "99999", "11"}, "{tool}: {kind} range [0-11) -> [99999-100010) not allowed"
	zero := gap("CVE-2016-6252: start and count wrap", "alice:4294967295:100011\n")
	everything := gap("count 0 does not grant the host's ids (shadow#399, #1689)", "alice:0:0\n")
	everything.args, everything.first = []string{"{pid}", "0", "0", "1"}, "{tool}: {kind} range [0-1) -> [0-1) not allowed"
	rest := gap("count 0 does not grant all behind it", "alice:500:0\n")
	joined := gap("count 0 does not join two ranges", "alice:100000:4\nalice:100004:0\nalice:100005:5\n")
	return []check{
		ten("adjacent", "alice:100000:5\nalice:100005:5\n"),
		ten("adjacent, descending", "alice:100005:5\nalice:100000:5\n"),
		ten("overlapping", "alice:100000:7\nalice:100004:6\n"),
		ten("overlapping, descending", "alice:100004:6\nalice:100000:7\n"),
		ten("one inside the other", "alice:100003:2\nalice:100000:10\n"),
		ten("three pieces, the middle last", "alice:100000:3\nalice:100007:3\nalice:100003:4\n"),
		ten("three pieces, backwards, far apart", "alice:100007:3\nbob:1:1\n\n#\nalice:100003:4\nroot:1:1\nalice:100000:3\n"),
		ten("by name and by uid", "alice:100000:5\n1001:100005:5\n"),
		ten("by uid and by name", "1001:100005:5\nalice:100000:5\n"),
		ten("the same twice", "alice:100000:10\nalice:100000:10\n"),
		ten("one id each", "alice:100009:1\nalice:100008:1\nalice:100007:1\nalice:100006:1\nalice:100005:1\nalice:100004:1\nalice:100003:1\nalice:100002:1\nalice:100001:1\nalice:100000:1\n"),
		other(ten("no newline at the end", "alice:100000:10"), "M45"),
		other(ten("no newline at the end of the second", "alice:100000:5\nalice:100005:5"), "M45"),
		ten("empty lines around", "\n\n\nalice:100000:10\n\n\n"),
		ten("a count of 0 before", "alice:100000:0\nalice:100000:10\n"),
		hundred, top, bottom, wrap, zero, other(everything, "M21"), rest, joined,
		gap("a gap of one", "alice:100000:4\nalice:100005:5\n"),
		gap("a gap that another user has", "alice:100000:4\nbob:100004:1\nalice:100005:5\n"),
		gap("the first id is missing", "alice:100001:9\n"),
		gap("the last id is missing", "alice:100000:9\n"),
		gap("an empty file", "\n"),
		gap("the two kinds are not mixed up", "# the other file grants\n"),
		gap("a directory user's range that collides (CVE-2024-56433)", "bob:100000:65536\n"),
	}
}

// scaleCases have large files with the caller on the last line.
func scaleCases() []check {
	large := func(lines int, owner string) string {
		var out strings.Builder
		for i := range lines {
			fmt.Fprintf(&out, owner+":%d:10\n", i, 200000+i*10)
		}
		return out.String() + "alice:100000:10\n"
	}
	return []check{
		{name: "scale: 100,000 lines of names", grants: large(100_000, "user%d"), args: granted, mapped: oneMapped, tool: "newuidmap"},
		{name: "scale: 1,000,000 lines", grants: large(1_000_000, "1%d"), args: granted, mapped: oneMapped, tool: "newuidmap"},
		{name: "scale: 100,000 lines of uids", grants: large(100_000, "1%d"), args: granted, mapped: oneMapped, tool: "newgidmap"},
	}
}
