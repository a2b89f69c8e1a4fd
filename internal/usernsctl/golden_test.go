package usernsctl

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/idspace"
	"userns-helpers/internal/usernsctl/nicview"
)

var update = flag.Bool("update", false, "write testdata/*.golden")

// golden compares text with a file, and sees to it that it fits a terminal of 80 columns.
func golden(t *testing.T, name, text string) {
	t.Helper()
	same(t, name+".golden", text)
	for line := range strings.Lines(text) {
		if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > lineWide {
			t.Errorf("%s: a line of %d columns: %s", name, n, line)
		}
	}
}

// same compares text with a file of testdata.
func same(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if text != string(want) {
		t.Errorf("%s is\n%s\nwant\n%s", name, text, want)
	}
}

// space is the space of lines "owner start count".
func space(t *testing.T, lines ...string) idspace.Space {
	t.Helper()
	var claims []idspace.Claim
	for i, line := range lines {
		var owner string
		var start, count uint64
		if _, err := fmt.Sscan(line, &owner, &start, &count); err != nil {
			t.Fatal(err)
		}
		ids, ok := idmap.NewRange(start, count)
		if !ok {
			t.Fatal(line)
		}
		claims = append(claims, idspace.Claim{Range: ids, Owner: owner, Line: i + 1})
	}
	return idspace.Of(claims)
}

func TestRangesText(t *testing.T) {
	golden(t, "ranges-none", mapText(hostcheck.Grants{Path: "/etc/subuid", Space: space(t)}, false, lineWide))
	golden(t, "ranges-absent", mapText(hostcheck.Grants{Path: "/etc/subuid", Absent: true}, false, lineWide))
	golden(t, "ranges-few", mapText(hostcheck.Grants{Path: "/etc/subuid", Idle: 2, Space: space(t,
		"alice 100000 65536", "bob 165536 65536", "carol 198304 65536", "dave 1000000 65536",
		"an-unusually-long-name-of-a-user 2000000000 200000", "al\x1b[31mice 4294967000 200")}, false, lineWide))
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("user%d %d 65536", i, 100_000+i*65_536))
	}
	many = append(many, "zed 200000 5", "q 999999999 100")
	golden(t, "ranges-many", mapText(hostcheck.Grants{Path: "/etc/subgid", Space: space(t, many...)}, false, lineWide))
	var scattered []string
	for i := range 200 {
		scattered = append(scattered, fmt.Sprintf("u%d %d 1000", i, 100_000+i*3000))
	}
	golden(t, "ranges-scattered", mapText(hostcheck.Grants{Path: "/etc/subuid", Space: space(t, scattered...)}, false, lineWide))
	if all := mapText(hostcheck.Grants{Path: "/etc/subuid", Space: space(t, scattered...)}, true, lineWide); strings.Count(all, "\n") < 400 {
		t.Errorf("--all leaves something out:\n%s", all)
	}
}

// TestRangesPicture: the picture has the ranges and what else has IDs, and is bounded.
func TestRangesPicture(t *testing.T) {
	var many []string
	for i := range 1000 {
		many = append(many, fmt.Sprintf("user%d %d 1000", i, 100_000+i*3000))
	}
	ids, _ := idmap.NewRange(0, 1000)
	others := []hostcheck.Others{{IDs: ids, Rule: choice.Account, Who: "users of this host"}, {IDs: ids, Rule: choice.Service, Who: "x"}, {IDs: ids, Rule: choice.Reserved, Who: "y"}}
	c := chartOf(hostcheck.Grants{Path: "/etc/subuid", Space: space(t, many...)}, others, false)
	if len(c.Rows) != mostBars || c.Left != 1000-mostBars || len(c.Bands) != 3 || c.Bands[0].Kind != "accounts" || c.Bands[1].Kind != "service" || c.Bands[2].Kind != "systemd" {
		t.Errorf("%d rows, %d left, %v", len(c.Rows), c.Left, c.Bands)
	}
	if c := chartOf(hostcheck.Grants{Path: "/etc/subuid", Space: space(t, many...)}, nil, true); len(c.Rows) != 1000 || c.Left != 0 {
		t.Errorf("--all has %d rows", len(c.Rows))
	}
	if status, out, errs := run("ranges", "--svg"); status > 2 || !strings.HasPrefix(out, "<svg ") || !strings.HasSuffix(out, "</svg>\n") {
		t.Errorf("status %d, %.60q, %q", status, out, errs)
	}
}

// TestRangesOfLargeFiles: 100,000 lines are drawn on two screens, in less time than a person waits.
func TestRangesOfLargeFiles(t *testing.T) {
	var claims []idspace.Claim
	for i := range uint64(100_000) {
		ids, _ := idmap.NewRange(100_000+i*40_000, 40_000)
		claims = append(claims, idspace.Claim{Range: ids, Owner: fmt.Sprint("u", i), Line: int(i) + 1})
	}
	text := mapText(hostcheck.Grants{Path: "/etc/subuid", Space: idspace.Of(claims)}, false, lineWide)
	if n := strings.Count(text, "\n"); n > 60 || !strings.Contains(text, "100000 lines: u0 to") {
		t.Errorf("%d lines:\n%s", n, text)
	}
}

func TestReportText(t *testing.T) {
	report := &finding.Report{}
	report.Add(finding.Finding{
		ID: "policy", Level: finding.Error, File: "/etc/userns-helpers/policy.toml", Line: 3, Problem: "not of the form key = value", Advice: "Write it as",
		Write: "[defaults]\nmac_lock = true\n",
	})
	report.Add(finding.Finding{ID: "kernel-x", Level: finding.Note, Problem: "a note", Advice: "Nothing to do."})
	report.Add(finding.Finding{
		ID: "subid-zero", Level: finding.Error, File: "/etc/subuid", Line: 4, Problem: `"alice:0:0" grants nothing: the count is 0`,
		Advice: "shadow's programs before 4.20 take it for all ids there are, the host's root included. Remove the line.",
	})
	for i := range 30 {
		report.Add(finding.Finding{ID: "subid-line", Level: finding.Warning, File: "/etc/subgid", Line: i + 1, Problem: "a bad line", Advice: "Write it anew."})
	}
	report.Miss("/etc/sssd/sssd.conf", "permission denied: run as root")
	report.Add(finding.Finding{ID: "limits-memory", Level: finding.Note, Problem: "nothing limits alice", Advice: "Set MemoryMax=.", Accepted: "one tenant\x1b"})
	for _, path := range []string{"/etc/subuid", "/etc/subgid", "/etc/login.defs"} {
		report.Read(path)
	}
	report.Finish()
	terminal, pipe := screen{columns: 80}, screen{}
	text := func(s screen, o options) string { return asker{options: o, screen: s}.reportText(report) }
	golden(t, "check", text(terminal, options{}))
	golden(t, "check-pipe", text(pipe, options{}))
	golden(t, "check-quiet", text(pipe, options{quiet: true, level: finding.Error}))
	golden(t, "check-accepted", text(pipe, options{all: true, level: finding.Error}))
	colored := text(screen{columns: 70, color: true}, options{})
	golden(t, "check-color", strings.NewReplacer("\x1b[31;1m", "R<", "\x1b[33m", "Y<", "\x1b[32m", "G<", "\x1b[36m", "C<", "\x1b[0m", ">").Replace(colored))
	if plain := regexp.MustCompile(`\x1b\[[0-9;]*m`).ReplaceAllString(colored, ""); plain != text(screen{columns: 70}, options{}) {
		t.Errorf("colors change the text:\n%s", plain)
	}
	if all := text(terminal, options{all: true}); strings.Count(all, "a bad line") != 30 || strings.Contains(all, "more of the kind") {
		t.Errorf("--all leaves something out:\n%s", all)
	}
	for line := range strings.Lines(text(screen{columns: 50}, options{})) {
		if n := utf8.RuneCountInString(line); n > 51 && strings.Contains(strings.TrimSpace(line), " ") && !strings.HasPrefix(line, "not looked at") && !strings.HasPrefix(line, "...") {
			t.Errorf("%d columns: %s", n, line)
		}
	}
	golden(t, "check-clean", asker{}.reportText(&finding.Report{}))
}

func TestNicsText(t *testing.T) {
	const now = 1_764_000_000
	view := nicview.View{NICs: []nicview.NIC{
		{
			Name: "veth1000_AbCd", UID: 1000, User: "alice", Charged: "alice", Bridge: "lxcbr0", Container: "web", Address: "10.0.3.50", PID: 4711, Since: now - 90_000,
			FromInside: 1_234_567_890, ToInside: 999, Protections: []string{"mac_lock", "isolated", "no ipv6_on_host"},
		},
		{Name: "veth1001_AAAA", UID: 1001, User: "bob", Charged: "@students", Bridge: "none", Namespace: 3, Since: now - 61, FromInside: 1000},
		{Name: "vethBIARUA-AAAA", UID: 1_000_000, Bridge: "lxcbr0", Container: "a\x1b", Leaving: true, Namespace: -1},
		{Name: "vethAbCdEf", UID: -1, Charged: "carol", Bridge: "lxcbr0", Namespace: -1, Since: now - 5},
	}}
	golden(t, "nics", nicsText(view, now))
	golden(t, "nics-none", nicsText(nicview.View{Limited: true}, now))
}

func TestReplyText(t *testing.T) {
	golden(t, "explain-yes", reply{
		Answer: yes, Question: "alice: make an interface on lxcbr0 with lxc-user-nic",
		By:       []by{{File: "/etc/lxc/lxc-usernet", Line: 3, Rule: "grants 10 to alice: 2 live, 8 are left", Left: 8}},
		Settings: []setting{{"mac_lock", "true", "/etc/userns-helpers/policy.toml:9 [bridge.lxcbr0]"}, {"vlan", "none", "built in"}},
	}.text())
	golden(t, "explain-no", reply{
		Answer: no, Question: "alice (uid 1000): map the uids 0-9 with newuidmap", Reason: "uid range [0-10) -> [0-10) not allowed",
		Advice: "/etc/subuid has for alice (uid 1000) [100000-165536) (line 1)", Remarks: []string{"A remark\x1b[2J."},
		Others: []obstructed{
			{"not-granted", "uid range [0-10) -> [0-10) not allowed", "as above"},
			{"forbidden", "uid range [0-10) -> [0-10) not allowed", "line 3 of /etc/userns-helpers/forbidden-host-ids forbids 0-999"},
			{"overlap", "the ranges overlap", ""},
		},
	}.text())
}

func TestBytesText(t *testing.T) {
	for n, want := range map[uint64]string{
		0: "0B", 999: "999B", 1000: "1.0k", 9949: "9.9k", 9950: "10k", 999_499: "999k", 999_500: "1.0M", 1<<64 - 1: "18E",
	} {
		if got := bytesText(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestAgeText(t *testing.T) {
	for age, want := range map[int64]string{-1: "-", 0: "0s", 59: "59s", 60: "1m", 3599: "59m", 3600: "1h0m", 86_399: "23h59m", 86_400: "1d0h", 900_000: "10d10h"} {
		if got := ageText(1_000_000_000-age, 1_000_000_000); got != want {
			t.Errorf("%d: %s, want %s", age, got, want)
		}
	}
	if got := ageText(0, 5); got != "-" {
		t.Errorf("unknown: %s", got)
	}
}
