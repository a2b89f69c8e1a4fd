//go:build system

package maps

import (
	"slices"
	"strconv"
	"strings"
)

// The kernel takes at most 340 lines and fewer than 4096 bytes in one write, user_namespaces(7).
const kernelLines, kernelBytes = 340, 4096

// invalid is the line that Debian's programs print when the kernel refuses a map.
const invalid = "{tool}: write to {kind}_map failed: Invalid argument"

func limitCases() []check {
	const ids = "alice:100000:65536\n"
	return []check{
		manyLines("340 lines", kernelLines, 0, 0),
		manyLines("341 lines", kernelLines+1, 0, 1),
		manyLines("340 lines of 4095 bytes", kernelLines, kernelBytes-1, 0),
		manyLines("340 lines of 4096 bytes", kernelLines, kernelBytes, 1),
		manyLines("340 lines of 4420 bytes", kernelLines, 4420, 1),
		manyLines("300 lines of 4095 bytes", 300, kernelBytes-1, 0),
		clash("the inside ranges overlap", ids, "0-10|5-15", "0", "100000", "10", "5", "100020", "10"),
		clash("the outside ranges overlap", ids, "100000-100010|100005-100015", "0", "100000", "10", "20", "100005", "10"),
		clash("the same triple twice", ids, "0-10", "0", "100000", "10", "0", "100000", "10"),
		clash("one inside the other", ids, "5-6|0-10", "0", "100000", "10", "5", "100100", "1"),
		clash("the last of four with the first", ids, "9-10|0-10", "0", "100000", "10", "10", "100010", "10", "20", "100020", "10", "9", "100030", "1"),
		clash("one's own id inside the grant", "alice:1000:65536\n", "{own}", "0", "{own}", "1", "1", "1000", "65535"),
		other(clash("one's own id twice", ids, "{own}", "0", "{own}", "1", "1", "{own}", "1"), "newgidmap M10"),
		{
			name: "limits: adjacent ranges do not overlap", args: []string{"{pid}", "10", "100000", "10", "0", "100010", "10"},
			mapped: "10 100000 10, 0 100010 10",
		},
		{
			name: "limits: own id around the grant", args: []string{"{pid}", "0", "100000", "5", "5", "{own}", "1", "6", "100005", "5"},
			mapped: "0 100000 5, 5 {own} 1, 6 100005 5",
		},
		{
			name: "limits: seven ranges in no order",
			args: []string{
				"{pid}", "60", "100060", "5", "50", "100050", "5", "40", "100040", "5", "30", "100030", "5", "20", "100020", "5", "10", "100010", "5",
				"0", "100000", "5",
			},
			mapped: "0 100000 5, 10 100010 5, 20 100020 5, 30 100030 5, 40 100040 5, 50 100050 5, 60 100060 5",
		},
	}
}

// clash is a request that is granted, but that the kernel refuses. Debian's programs learn that from the kernel, and
// newgidmap forbids setgroups before, where no range of subgid is used (difference M10).
func clash(name, grants, second string, numbers ...string) check {
	return check{
		name: "limits: " + name, why: "overlap", grants: grants, args: append([]string{"{pid}"}, numbers...), status: 1, first: invalid, second: second,
	}
}

// manyLines is a request of so many ranges; where bytes is not 0, their text has that length.
func manyLines(name string, lines, bytes, status int) check {
	c := check{name: "limits: " + name, grants: "alice:1000:9000\n", args: []string{"{pid}"}, status: status}
	switch {
	case status == 1 && lines > kernelLines:
		c.why = "too-many-ranges"
	case status == 1:
		c.why = "map-too-long"
	}
	var uppers []int
	length := 0
	for i := range lines {
		uppers = append(uppers, 1000+2*i)
		length += len("1000 1000 1\n")
	}
	for i := 0; length < bytes; i = (i + 1) % lines { // make upper ids longer, one digit at a time
		uppers[i] = 2*i + 10*(uppers[i]-2*i)
		length++
	}
	for i, upper := range uppers {
		text := []string{strconv.Itoa(upper), strconv.Itoa(1000 + 2*i), "1"}
		c.args = append(c.args, text...)
	}
	c.mapped = ascending(c.args[1:])
	if status != 0 {
		c.mapped, c.first, c.second = "", invalid, "340|4096|4095"
	}
	return c
}

// ascending returns the triples as the kernel shows them where there are more than five: by upper id.
func ascending(numbers []string) string {
	var lines []string
	for triple := range slices.Chunk(numbers, 3) {
		lines = append(lines, strings.Join(triple, " "))
	}
	slices.SortFunc(lines, func(a, b string) int { return upperOf(a) - upperOf(b) })
	return strings.Join(lines, ", ")
}

func upperOf(line string) int {
	upper, _, _ := strings.Cut(line, " ")
	number, err := strconv.Atoi(upper)
	if err != nil {
		panic(err) // the suite's own numbers
	}
	return number
}
