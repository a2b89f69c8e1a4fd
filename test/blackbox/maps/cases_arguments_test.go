//go:build system

package maps

import (
	"slices"
	"strings"
)

// one is a granted triple, for cases that are about something else.
var one = []string{"0", "100000", "10"}

const oneMapped = "0 100000 10"

// argumentCases are about the arguments: the process id and the numbers.
func argumentCases() []check {
	out := []check{
		{
			name: "the text of the usage line", why: "no-process", wording: true, status: 1, differs: "M01, newgidmap M34",
			first:  "usage: {tool} [<pid>|fd:<pidfd>] <{kind}> <lower{kind}> <count> [ <{kind}> <lower{kind}> <count> ] ...",
			second: "{tool}: .",
		},
		{name: "one granted triple", args: []string{"{pid}", "0", "100000", "65536"}, mapped: "0 100000 65536"},
		{
			name: "two granted triples", args: []string{"{pid}", "0", "100000", "1", "1", "100001", "65535"},
			mapped: "0 100000 1, 1 100001 65535",
		},
		{name: "the last id of the grant", args: []string{"{pid}", "0", "165535", "1"}, mapped: "0 165535 1"},
		{name: "one id too many", why: "not-granted", args: []string{"{pid}", "0", "100000", "65537"}, status: 1, first: "{tool}: {kind} range [0-65537) -> [100000-165537) not allowed"},
		{name: "one id before the grant", args: []string{"{pid}", "0", "99999", "1"}, status: 1, first: "{tool}: {kind} range [0-1) -> [99999-100000) not allowed"},
		{name: "one id after the grant", args: []string{"{pid}", "0", "165536", "1"}, status: 1, first: "{tool}: {kind} range [0-1) -> [165536-165537) not allowed"},
		{
			name: "the second triple is not granted", args: []string{"{pid}", "0", "100000", "1", "1", "5", "10"}, status: 1,
			first: "{tool}: {kind} range [1-11) -> [5-15) not allowed",
		},
		{
			name: "two triples are not granted: the first is named", args: []string{"{pid}", "7", "5", "1", "1", "6", "10"}, status: 1,
			first: "{tool}: {kind} range [7-8) -> [5-6) not allowed",
		},
	}
	return append(append(append(out, pidCases()...), numberCases()...), arityCases()...)
}

func pidCases() []check {
	var out []check
	for what, pid := range pairs(map[string]string{
		"after a blank": " {pid}", "after a tab": "\t{pid}", "after a newline": "\n{pid}", "after \\v\\f\\r": "\v\f\r{pid}",
		"with a plus": "+{pid}", "after a blank and a plus": " +{pid}", "with a zero": "0{pid}",
		"with 300 zeros": strings.Repeat("0", 300) + "{pid}",
	}) {
		out = append(out, check{name: "pid " + what, args: append([]string{pid}, one...), mapped: oneMapped})
	}
	for what, pid := range pairs(map[string]string{
		"0": "0", "-0": "-0", "+0": "+0", "00": "00", "-1": "-1", "negative": "-{pid}", "hexadecimal": "0x1", "empty": "", "blank": " ",
		"a lone plus": "+", "two signs": "++{pid}", "plus and minus": "+-{pid}", "a blank after the plus": "+ {pid}",
		"a blank behind": "{pid} ", "a newline behind": "{pid}\n", "a letter behind": "{pid}x", "a dot behind": "{pid}.", "a slash behind": "{pid}/",
		"two dots": "..", "self": "self", "a path": "../proc/{pid}", "a thread": "{pid}/task/{pid}", "underscores": "2_0", "exponent": "1e3",
		"INT_MAX+1": "2147483648", "2^32 (0 in 32 bits, shadow#728)": "4294967296", "2^32+1 (1 in 32 bits)": "4294967297",
		"2^63": "9223372036854775808", "2^64+1": "18446744073709551617", "of 30 digits": "999999999999999999999999999999",
		"a full-width digit": "\uff11", "-h": "-h", "--": "--", "-": "-", "an unknown option": "--frobnicate",
		"an invalid byte": "\xff",
	}) {
		c := check{name: "no pid: " + what, why: "bad-process", args: append([]string{pid}, one...), status: 1, usage: true, second: "{tool}: ."}
		if slices.Contains([]string{"0", "-0", "+0", "00", "-1", "negative"}, what) {
			c.differs = "M04"
		}
		out = append(out, c)
	}
	for _, option := range []string{"-h", "--", "-", "-V"} {
		out = append(out, check{name: "alone: " + option, args: []string{option}, status: 1, usage: true, second: "{tool}: ."})
	}
	return append(
		out,
		check{name: "alone: --help", args: []string{"--help"}, help: "(?s)^usage: {tool} .*fd:", stdout: "(help)", differs: "M29"},
		check{name: "alone: --version", args: []string{"--version"}, help: `^{tool} \(userns-helpers\) \S+\n$`, stdout: "(help)", differs: "M29"},
		check{name: "no pid: --help with a triple", args: append([]string{"--help"}, one...), status: 1, usage: true, second: "{tool}: ."},
		check{
			name: "pid INT_MAX, which nobody has", why: "process-gone", args: append([]string{"2147483647"}, one...), status: 1,
			first: "{tool}: Could not open proc directory for target 2147483647: No such file or directory", second: "(?i)no (such )?process|gone|ended|exist", differs: "M02",
		},
		check{
			name: "pid 1 of root", args: append([]string{"1"}, one...), status: 1,
			first: "{tool}: Target process is owned by a different user: uid:1001 pw_uid:1001 st_uid:0, gid:2001 pw_gid:2001 st_gid:0", differs: "M03",
		},
	)
}

// numberCases are about the numbers of a triple.
func numberCases() []check {
	var out []check
	for what, number := range pairs(map[string]string{
		"hexadecimal": "0x186a0", "hexadecimal in capitals": "0X186A0", "octal": "0303240", "with a plus": "+100000", "after a blank": " 100000",
		"after a tab": "\t100000", "after a newline": "\n100000", "after a blank and a plus": " +0x186a0",
		"with many zeros": "0x" + strings.Repeat("0", 200) + "186a0",
	}) {
		out = append(out, check{name: "number " + what, args: []string{"{pid}", "0", number, "10"}, mapped: oneMapped})
	}
	for what, zero := range pairs(map[string]string{"-0": "-0", "+0": "+0", "00": "00", "0x0": "0x0", "blank and 0": " 0", "000000000000000000000": "000000000000000000000"}) {
		out = append(out, check{name: "upper id " + what, args: []string{"{pid}", zero, "100000", "10"}, mapped: oneMapped})
	}
	for what, count := range pairs(map[string]string{"hexadecimal": "0xa", "octal": "012", "after a blank with a plus": " +10"}) {
		out = append(out, check{name: "count " + what, args: []string{"{pid}", "0", "100000", count}, mapped: oneMapped})
	}
	for what, number := range pairs(map[string]string{
		"empty": "", "blank": " ", "a plus": "+", "a blank behind": "10 ", "a newline behind": "10\n", "a letter behind": "10a", "0x alone": "0x", "not octal": "08",
		"Go's 0b1": "0b1", "Go's 0o7": "0o7", "Go's 1_0": "1_0", "Go's 0x_1": "0x_1", "two signs": "+-1", "exponent": "1e1", "a dot": "1.", "inf": "inf", "nan": "nan",
		"a word": "root", "a full-width digit": "\uff11", "2^64": "18446744073709551616", "of 40 digits": strings.Repeat("9", 40),
		"invalid byte": "1\xff",
	}) {
		for position, field := range []string{"upper", "lower", "count"} {
			if position > 0 && len(what) > 8 {
				continue // one position is enough for most
			}
			args := []string{"{pid}", "0", "100000", "10"}
			args[position+1] = number
			c := check{name: "no " + field + ": " + what, why: "not-a-number", args: args, status: 1, usage: true, second: "{tool}: ."}
			switch {
			case what == "2^64" || what == "of 40 digits":
				c.why = "out-of-bounds"
				c.usage, c.first, c.second, c.differs = false, "{tool}: subuid overflow detected.", "usage: {tool} ", "M26"
			case what == "Go's 0b1":
				c.differs = "M36"
			case field == "count" && (what == "0x alone" || what == "Go's 0o7"):
				c.differs = "M37"
			}
			out = append(out, c)
		}
	}
	return append(out, boundCases()...)
}

func boundCases() []check {
	overflow := func(name, upper, lower, count string) check {
		return check{
			name: "bounds: " + name, why: "out-of-bounds", args: []string{"{pid}", upper, lower, count}, status: 1,
			first: "{tool}: subuid overflow detected.", second: "usage: {tool} ",
		}
	}
	return []check{
		{name: "bounds: the greatest upper id", args: []string{"{pid}", "4294967294", "100000", "1"}, mapped: "4294967294 100000 1"},
		{
			name: "bounds: the greatest lower id", grants: "alice:4294967294:1\n", args: []string{"{pid}", "0", "4294967294", "1"},
			mapped: "0 4294967294 1",
		},
		{
			name: "bounds: the greatest count", args: []string{"{pid}", "0", "0", "4294967295"}, status: 1,
			first: "{tool}: {kind} range [0-4294967295) -> [0-4294967295) not allowed",
		},
		{
			name: "bounds: everything, granted to root", as: &root, grants: "root:0:4294967295\n", args: []string{"{pid}", "0", "0", "4294967295"},
			mapped: "0 0 4294967295",
		},
		overflow("upper 4294967295", "4294967295", "100000", "1"),
		overflow("lower 4294967295", "0", "4294967295", "1"),
		overflow("count 4294967296", "0", "100000", "4294967296"),
		overflow("upper 2^32", "4294967296", "100000", "1"),
		overflow("lower 2^32 is not 0", "0", "4294967296", "1"),
		overflow("lower 2^32+100000 is not 100000", "0", "4295067296", "1"),
		overflow("upper and count pass the end", "4294967290", "100000", "6"),
		overflow("lower and count pass the end", "0", "4294967290", "6"),
		overflow("count 2^32-1 at 1", "1", "100000", "4294967295"),
		overflow("2^64-1", "18446744073709551615", "100000", "1"),
		overflow("count 2^64-1", "0", "100000", "18446744073709551615"),
		overflow("CVE-2016-6252: lower and count wrap in 64 bits", "0", "18446744073709551615", "100011"),
		overflow("shadow#1117", "4294967295", "4294967295", "10"),
		other(overflow("count 0", "0", "100000", "0"), "M07"),
		other(overflow("count -0", "0", "100000", "-0"), "M07"),
		overflow("upper -1", "-1", "100000", "1"),
		overflow("lower -1", "0", "-1", "1"),
		overflow("count -1", "0", "100000", "-1"),
		other(overflow("lower wraps to 100000", "0", "-18446744073709451616", "1"), "M08"),
		overflow("hexadecimal upper", "0xffffffff", "100000", "1"),
	}
}

func arityCases() []check {
	var out []check
	for count, args := range [][]string{{}, {"0"}, {"0", "100000"}, nil, {"0", "100000", "1", "1"}, {"0", "100000", "1", "1", "100001"}} {
		if args == nil {
			continue
		}
		name := string(rune('0'+count)) + " numbers"
		c := check{name: "arity: " + name, why: "not-triples", args: append([]string{"{pid}"}, args...), status: 1, usage: true, second: "{tool}: .", differs: "M05"}
		if count == 0 {
			c.why, c.differs = "no-range", "M06"
		}
		out = append(out, c)
		if count > 0 {
			c.name, c.why, c.usage, c.second = c.name+", target of another user", "other-user", false, ""
			c.target, c.differs = bobs, "M03"
			c.first = "{tool}: Target process is owned by a different user: uid:1001 pw_uid:1001 st_uid:1002, gid:2001 pw_gid:2001 st_gid:2002"
			out = append(out, c)
		}
	}
	return append(out, check{
		name: "arity: an empty argument behind", args: append(append([]string{"{pid}"}, one...), ""), status: 1, usage: true,
		second: "{tool}: .", differs: "M05",
	})
}
