//go:build system

package nics

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"userns-helpers/test/blackbox/harness"
)

var (
	peer  = flag.String("peer", "", "path of the original lxc-user-nic, setuid root")
	ours  = flag.String("ours", "", "path of our lxc-user-nic, setuid root")
	list  = flag.String("list", "", "path of docs/compatibility.md")
	table = flag.Bool("table", false, "print the outcome of every case")

	peerVersion = flag.String("peer-version", "", "the version of Debian's package lxc")
)

// journal has the records of all runs.
var journal *harness.Log

// releases are those of LXC that the suite knows: docs/compatibility.md lists their differences. With another one only
// ours is checked.
var releases = []string{"5.0", "6.0", "7.0"}

func TestMain(m *testing.M) {
	harness.Suite(m, "test/run nics", furnish)
}

// TestTable runs every case against both programs. Ours must pass every check. The original must pass every check too,
// but for the aspects whose difference the case declares, and those it must fail.
func TestTable(t *testing.T) {
	differences, err := harness.ReadDifferences(*list, 'N', harness.Release(*peerVersion))
	if err != nil {
		t.Fatal(err)
	}
	cases := allCases()
	refuseTwins(t, cases)
	report := newReport()
	if unknown := harness.Unknown("lxc", *peerVersion, releases); unknown != "" {
		fmt.Println(unknown)
	} else {
		t.Run("peer", func(t *testing.T) {
			for _, c := range cases {
				t.Run(c.id, func(t *testing.T) { judgePeer(t, differences, c, report) })
			}
		})
	}
	t.Run("ours", func(t *testing.T) {
		for _, c := range cases {
			t.Run(c.id, func(t *testing.T) { judgeOurs(t, c, report) })
		}
	})
	if *table {
		report.print(cases)
	}
}

// TestList: what docs/compatibility.md lists and what the cases declare are the same ids. That each declared
// difference is real is TestTable's part.
func TestList(t *testing.T) {
	differences, err := harness.ReadDifferences(*list, 'N', harness.Release(*peerVersion))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range allCases() {
		if !c.wellFormed() {
			t.Errorf("%s: differs is not a list of ids and aspects: %q", c.id, c.differs)
		}
		for aspect, id := range c.differences() {
			if err := differences.Judge(id, differences.Here(id)); err != nil {
				t.Errorf("%s: %s: %v", c.id, aspect, err)
			}
		}
	}
	for _, id := range differences.Stale() {
		t.Errorf("docs/compatibility.md lists %s, and no case shows it", id)
	}
}

func judgePeer(t *testing.T, differences *harness.Differences, c testCase, report *report) {
	faults := play(t, c, *peer, *ours)
	report.set("peer", c.id, faults)
	declared := c.differences()
	for _, aspect := range union(declared, faults) {
		if c.byChance() && faults[aspect] == nil {
			continue
		}
		if err := differences.Judge(declared[aspect], faults[aspect] != nil); err != nil {
			t.Errorf("%s: %v%s", aspect, err, indent(faults[aspect]))
		}
	}
}

func judgeOurs(t *testing.T, c testCase, report *report) {
	faults := play(t, c, *ours, *peer)
	report.set("ours", c.id, faults)
	for _, aspect := range union(nil, faults) {
		t.Errorf("%s:%s\n    the demand: %s", aspect, indent(faults[aspect]), c.from)
	}
}

func union(declared differs, faults map[string][]string) []string {
	var out []string
	for aspect := range declared {
		out = append(out, aspect)
	}
	for aspect := range faults {
		if _, there := declared[aspect]; !there {
			out = append(out, aspect)
		}
	}
	slices.Sort(out)
	return out
}

func indent(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	return "\n    " + strings.Join(lines, "\n    ")
}

func refuseTwins(t *testing.T, cases []testCase) {
	t.Helper()
	seen := map[string]bool{}
	for _, c := range cases {
		if seen[c.id] {
			t.Errorf("two cases are named %s", c.id)
		}
		seen[c.id] = true
	}
}
