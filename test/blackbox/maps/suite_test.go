//go:build system

// Package maps is the black-box suite of newuidmap, newgidmap and getsubids. It knows the programs only by their
// command lines, and runs every case with ours and with Debian's. The cases are in cases_*_test.go; the script run
// starts the suite.
package maps

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"userns-helpers/test/blackbox/harness"
)

var (
	oursFlag        = flag.String("ours", "", "the folder with our programs")
	peerVersionFlag = flag.String("peer-version", "", "the version of Debian's package uidmap")
	differencesFlag = flag.String("differences", "", "docs/compatibility.md")
	observedFlag    = flag.String("observed", "", "the folder with the records of what Debian's releases do")
	tableFlag       = flag.Bool("table", false, "print every case with both outcomes")
	caseFlag        = flag.String("case", ".", "the cases to run, a regular expression")
	recordFlag      = flag.String("record", "", "put what Debian's programs do into this record, beside what it has of other cases")
)

// base is where the programs are installed in the private copy of the machine, one directory per peer and kind of install.
const base = "/opt/blackbox"

// releases are those of shadow that the suite knows, the oldest first: each has its record, and rows in
// docs/compatibility.md. With another one only ours is checked.
var releases = []string{"4.13", "4.17", "4.20"}

// suiteBinary is a copy of this binary that every user may execute.
const suiteBinary = base + "/suite/maps.test"

func TestMain(m *testing.M) {
	harness.Suite(m, "test/run maps", prepare, oursFlag)
}

// journal is the system's log.
var journal *harness.Log

// prepare installs what the cases run.
func prepare() (err error) {
	if journal, err = harness.Listen(); err != nil {
		return err
	}
	// High process ids cannot be mistaken for other numbers in a message.
	if err := os.WriteFile("/proc/sys/kernel/ns_last_pid", []byte("20000"), 0); err != nil {
		return err
	}
	if err := harness.Install("/proc/self/exe", filepath.Dir(suiteBinary), filepath.Base(suiteBinary), 0o755); err != nil {
		return err
	}
	for peer, source := range map[string]string{"debian": "/usr/bin", "ours": *oursFlag} {
		if err := installAll(source, filepath.Join(base, peer)); err != nil {
			return err
		}
	}
	return nil
}

func installAll(source, target string) error {
	for name, capability := range map[string]int{"newuidmap": unix.CAP_SETUID, "newgidmap": unix.CAP_SETGID, "getsubids": 0} {
		setuid := os.FileMode(0o4755)
		if name == "getsubids" {
			setuid = 0o755
		}
		from := filepath.Join(source, name)
		for _, err := range []error{
			harness.Install(from, target+"/setuid", name, setuid),
			harness.Install(from, target+"/plain", name, 0o755),
			harness.Install(from, target+"/filecap", name, 0o755, capability),
			harness.Install(from, target+"/filecap0", name, 0o755, capability, unix.CAP_SETFCAP),
		} {
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// outcome is what is compared: between a case and ours, and between a case and Debian's.
type outcome struct {
	status int
	stdout string
	first  string // first line on stderr
	uid    string // uid_map of the target afterwards
	gid    string // gid_map
	groups string // setgroups
}

func (o outcome) String() string {
	text := fmt.Sprintf("exit %d", o.status)
	for _, field := range [][2]string{
		{"stdout", o.stdout}, {"stderr", o.first}, {"uid_map", o.uid}, {"gid_map", o.gid}, {"setgroups", o.groups},
	} {
		if field[1] != "" {
			text += fmt.Sprintf("; %s %q", field[0], field[1])
		}
	}
	return text
}

func TestCases(t *testing.T) {
	differences, err := harness.ReadDifferences(*differencesFlag, 'M', harness.Release(*peerVersionFlag))
	if err != nil {
		t.Fatal(err)
	}
	var observed *record // of a release that is known
	if unknown := harness.Unknown("uidmap", *peerVersionFlag, releases); unknown != "" {
		fmt.Println(unknown)
	} else if observed, err = readObserved(*observedFlag, until(harness.Release(*peerVersionFlag))); err != nil {
		t.Fatal(err)
	}
	wanted, err := regexp.Compile(*caseFlag)
	if err != nil {
		t.Fatal(err)
	}
	cases, names := expand(allCases()), map[string]bool{}
	var rows strings.Builder
	count := 0
	for _, c := range cases {
		if names[c.name] {
			t.Errorf("two cases are called %q", c.name)
		}
		names[c.name] = true
		if !wanted.MatchString(c.name) {
			continue
		}
		count++
		t.Run(c.name, func(t *testing.T) { compare(t, c, differences, observed, &rows) })
	}
	if count == 0 {
		t.Fatalf("no case matches %q", *caseFlag)
	}
	if *tableFlag {
		fmt.Print(rows.String())
	}
	if observed == nil {
		fmt.Printf("%d cases with ours\n", count)
		return
	}
	fmt.Printf("%d cases, each with Debian's uidmap %s and with ours\n", count, *peerVersionFlag)
	if *recordFlag != "" {
		if err := observed.write(*recordFlag); err != nil {
			t.Fatal(err)
		}
	}
	if count == len(cases) {
		for _, id := range differences.Stale() {
			t.Errorf("docs/compatibility.md lists %s, but no case shows it", id)
		}
		for _, name := range observed.unused(names) {
			t.Errorf("the record of %s: no case is called %q any more", observed.release, name)
		}
	}
}

// until are the releases up to that one.
func until(release string) []string { return releases[:slices.Index(releases, release)+1] }

// compare runs one case with both peers and judges the outcomes; without a record, with ours alone.
func compare(t *testing.T, c check, differences *harness.Differences, observed *record, rows *strings.Builder) {
	t.Helper()
	ours, oursRest, why := c.run(t, "ours")
	verdict, oursText, debianText := "ok", "as wanted: "+ours.String(), "not compared"
	for _, complaint := range c.complaints(ours, oursRest, why) {
		verdict, oursText = "FAIL", ours.String()
		t.Errorf("ours: %s", complaint)
	}
	if observed != nil && !c.alone {
		debian, _, _ := c.run(t, "debian")
		debianText = debian.String()
		judgeDebian(t, c, debian, differences, observed)
		if debian == c.want() {
			debianText = "as wanted"
		}
	}
	fmt.Fprintf(rows, "%s\n  Debian %-4s %s\n  ours   %-4s %s\n", c.name, c.differs, debianText, verdict, oursText)
	for _, line := range strings.Split(strings.TrimSuffix(abridged(oursRest), "\n"), "\n") {
		fmt.Fprintf(rows, "              %s\n", line)
	}
}

// judgeDebian compares what Debian's program did with what the case wants, with the list and with the record.
func judgeDebian(t *testing.T, c check, debian outcome, differences *harness.Differences, observed *record) {
	t.Helper()
	if err := differences.Judge(c.differs, debian != c.want()); err != nil {
		t.Errorf("Debian: %v\n  wanted %v\n  got    %v", err, c.want(), debian)
	}
	if err := observed.judge(c, debian); err != nil {
		t.Errorf("Debian's program %v", err)
	}
}

// abridged returns the first thousand bytes of text, more than any message has.
func abridged(text string) string {
	const enough = 1000
	if len(text) > enough {
		return text[:enough] + "..."
	}
	return text
}
