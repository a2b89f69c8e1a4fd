//go:build system

package maps

import (
	"strings"

	"userns-helpers/test/blackbox/harness"
)

// slips are lines that mean alice (uid 1001) and grant her nothing, each with what is said of it.
func slips() map[string][2]string {
	return map[string][2]string{
		"a blank behind":              {"alice:100000:65536 ", "a blank follows the count"},
		"a tab behind":                {"alice:100000:65536\t", "a blank follows the count"},
		"a blank behind the start":    {"alice:100000 :65536", "a blank follows the start"},
		"two colons":                  {"alice::100000:65536", "two colons"},
		"two colons further on":       {"alice:100000::65536", "two colons"},
		"a comment behind":            {"alice:100000:65536 # hers", "a comment follows the count"},
		"a comment at once behind":    {"alice:100000:65536#hers", "a comment follows the count"},
		"a byte order mark":           {"\ufeffalice:100000:65536", "byte order mark"},
		"blanks for colons":           {"alice 100000 65536", "colons separate"},
		"tabs for colons":             {"alice\t100000\t65536", "colons separate"},
		"a blank for the last colon":  {"alice:100000 65536", "colons separate"},
		"a blank for the first colon": {"alice 100000:65536", "colons separate"},
		"semicolons":                  {"alice;100000;65536", "colons separate"},
		"full-width colons":           {"alice\uff1a100000\uff1a65536", "colons separate"},
		"first-last":                  {"alice:100000-165535", "a first and a last id"},
		"first-last and a count":      {"alice:100000-165535:65536", "a first and a last id"},
		"negative start":              {"alice:-100000:65536", "the start is negative"},
		"negative count":              {"alice:100000:-65536", "the count is negative"},
		"count 0":                     {"alice:100000:0", "the count is 0"},
		"too large (in an image)":     {"alice:1001:4294967294", "beyond 4294967295"},
		"start too large":             {"alice:4294967296:10", "beyond 4294967295"},
		"count of 2^64":               {"alice:100000:18446744073709551616", "beyond 4294967295"},
		"another case":                {"Alice:100000:65536", "another case"},
		"another case and a blank":    {"ALICE:100000:65536 ", "a blank follows the count"},
		"the name alone":              {"alice", "three fields"},
		"two fields":                  {"alice:100000", "three fields"},
		"four fields":                 {"alice:100000:10:", "three fields"},
		"no count":                    {"alice:100000:", "the count is not a number"},
		"no start":                    {"alice::65536", "the start is not a number"},
		"letters":                     {"alice:all:65536", "the start is not a number"},
		"no-break space behind":       {"alice:100000:65536\u00a0", "not ASCII"},
		"no-break space in front":     {"\u00a0alice:100000:65536", "a blank stands beside the owner"},
		"no-break spaces for colons":  {"alice\u00a0100000\u00a065536", "colons separate"},
		"a blank in front":            {" alice:100000:65536", "a blank stands beside the owner"},
		"a tab in front":              {"\talice:100000:65536", "a blank stands beside the owner"},
		"a blank behind the name":     {"alice :100000:65536", "a blank stands beside the owner"},
		"full-width digits":           {"alice:\uff11\uff10\uff10\uff10:65536", "not ASCII"},
		"thousands":                   {"alice:100,000:65,536", "separators between its digits"},
		"no octal":                    {"alice:0100009:65536", "begins with 0"},
		"octal":                       {"alice:0010000:16", `octal: the line grants \[4096-4112\)`},
		"1024 bytes":                  {padded(1024), "1024 bytes or more"},
		"70000 bytes":                 {padded(70000), "1024 bytes or more"},
		"NUL in the name":             {"alice\x00:100000:10", "NUL"},
		"NUL behind":                  {"alice:100000:10\x00", "NUL"},
		"NIS":                         {"+alice:100000:10", "NIS"},
		"quotation marks":             {"\"alice\":100000:10", "quotation marks"},
		"an at":                       {"@alice:100000:10", "@ in front"},
		"uid, a blank behind":         {"1001:100000:10 ", "a blank follows the count"},
		"uid with zeros":              {"01001:100000:10", "leading zeros"},
		"two carriage returns":        {"alice:100000:65536\r\r", "a blank follows the count"},
	}
}

// slipCases: a line that means the caller and grants nothing is named, with its number and what is wrong with it, by the
// refusal and by getsubids. What Debian's programs make of the lines is for lineCases to compare, so the request is for ids
// that no line can mean.
func slipCases() []check {
	var out []check
	for what, slip := range slips() {
		file := "bob:1:1\n# alice:1:1 \n" + slip[0] + "\n"
		out = append(out, check{
			name: "slip: " + what, grants: file, args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange, second: `(?s){file}.*\bline 3 \(.*` + slip[1],
			differs: mapsDifference(what),
		})
		if what == "octal" {
			continue // it is listed
		}
		out = append(out, check{
			name: "slip: " + what, tool: "getsubids", args: []string{"alice"}, status: 1, first: "Error fetching ranges", second: `/etc/subuid.*\bline 3 \(.*` + slip[1],
			files: map[string]harness.File{"/etc/subuid": {Text: file}}, differs: getsubidsDifference(what),
		})
	}
	large := strings.Repeat("somebody:100000:65536\n", 100_000)
	return append(out,
		check{
			name: "slip: a login name of digits", users: "4711:x:1009:2009::/:/bin/sh\n", as: &harness.Owner{UID: 1009, GID: 2009}, grants: "4711:100000:65536\n",
			args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange, second: `line 1 .*user id, never a login name`,
		},
		check{
			name: "slip: the group id as owner", tool: "newgidmap", grants: "2001:100000:65536\n", args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange,
			second: `line 1 .*user id, never a group id`,
		},
		check{
			name: "slip: beside a line that grants", grants: "alice:16:10\nalice:100000:65536 \n", args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange,
			second: `(?s)\[16-26\) \(line 1\).*line 2 .*a blank follows`,
		},
		check{
			name: "slip: more than a message has", grants: strings.Repeat("alice:5:10 \n", 1000), args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange,
			second: `line 1 .*line 4 .*and 996 lines more`,
		},
		check{
			name: "slip: behind 100,000 lines", tool: "newuidmap", grants: large + "alice:100000:65536 \n", args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange,
			second: `line 100001 .*a blank follows`,
		},
		check{
			name: "slip: a file that the caller may not read", tool: "newuidmap", files: map[string]harness.File{"/etc/subuid": {Text: "alice:100000:65536 \n", Mode: 0o600}},
			args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange, second: `^newuidmap: /etc/subuid has no range for alice \(uid 1001\): an administrator can add one, see subuid\(5\)\n$`,
		},
		check{
			name: "slip: other people's are not told", grants: "bob:100000:65536 \nalice2:1:0\nalice smith:1:0\n", args: []string{"{pid}", "0", "5", "10"}, status: 1, first: noRange,
			second: `^{tool}: {file} has no range for alice \(uid 1001\): an administrator can add one, see subuid\(5\)\n$`,
		},
	)
}

// getsubidsDifference is what Debian's getsubids makes of a slip.
func getsubidsDifference(what string) string {
	switch what {
	case "four fields":
		return "M18"
	case "count 0":
		return "M25"
	case "negative start", "negative count":
		return "M43"
	case "start too large":
		return "M44"
	case "NUL behind", "NUL in the name":
		return "M45"
	case "uid with zeros":
		return "M46"
	case "too large (in an image)":
		return "M20"
	}
	return ""
}

// mapsDifference is what Debian's map programs make of a slip.
func mapsDifference(what string) string {
	if strings.HasPrefix(what, "NUL") {
		return "M22"
	}
	return ""
}
