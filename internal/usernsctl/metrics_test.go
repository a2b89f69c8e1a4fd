package usernsctl

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/nicview"
	"userns-helpers/internal/usernsctl/records"
)

func sampleNumbers(t *testing.T) numbers {
	report := &finding.Report{}
	report.Add(finding.Finding{ID: "subid-zero", Level: finding.Error})
	report.Add(finding.Finding{ID: "subid-line", Level: finding.Warning})
	report.Add(finding.Finding{ID: "subid-line", Level: finding.Warning, Accepted: "so"})
	uid := int64(1000)
	return numbers{
		now: 1_764_000_000, report: report, unseen: 2,
		grants: [2]hostcheck.Grants{{Space: space(t, "alice 100000 65536", "bob 150000 65536", "carol 5 10")}, {Space: space(t)}},
		nics: []nicview.NIC{
			{Name: "a", User: "alice", UID: 1000, Charged: "alice", Bridge: "lxcbr0"},
			{Name: "b", User: "alice", UID: 1000, Charged: "alice", Bridge: "lxcbr0"},
			{Name: "c", User: "LAB\\bob \"x\"\n\x1b", UID: 1001, Charged: "@lan", Bridge: "none"},
			{Name: "d", UID: -1, Bridge: "lxcbr0"},
		},
		quotas: []hostcheck.Quota{{Owner: "alice", Bridge: "lxcbr0", Number: 10}, {Owner: "@lan", Bridge: "none", Number: 2}},
		logged: []records.Group{
			{Program: "newuidmap", Result: "refused", ID: "not-granted", UID: &uid, Count: 3},
			{Program: "newuidmap", Result: "refused", ID: "not-granted", Count: 4},
			{Program: "newuidmap", Result: "granted", Count: 40},
		},
	}
}

func TestMetrics(t *testing.T) {
	text := sampleNumbers(t).text()
	same(t, "metrics.prom", text)
	validMetrics(t, text)
	n := sampleNumbers(t)
	n.logged = nil
	for i := range 1000 {
		n.logged = append(n.logged, records.Group{Program: "newuidmap", Result: "refused", ID: fmt.Sprint("made-up-", i), Count: 1})
	}
	if got := strings.Count(n.text(), "\nusernsctl_records{"); got != mostReasons+1 {
		t.Errorf("%d series of records", got)
	}
	validMetrics(t, n.text())
	status, out, errs := run("metrics")
	if status != 0 || errs != "" {
		t.Errorf("status %d, %q", status, errs)
	}
	validMetrics(t, out)
}

var (
	metricName = regexp.MustCompile(`^[a-zA-Z_:][a-zA-Z0-9_:]*$`)
	labelPair  = regexp.MustCompile(`^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)`)
)

// validMetrics checks what promtool check metrics does: the text is of the format, each metric has help and type in front of its
// samples, these stand together, and no series is there twice.
func validMetrics(t *testing.T, text string) {
	t.Helper()
	current, typed := "", ""
	done, series := make(map[string]bool), make(map[string]bool)
	if !strings.HasSuffix(text, "\n") {
		t.Error("no newline at the end")
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if rest, is := strings.CutPrefix(line, "# HELP "); is {
			name, help, _ := strings.Cut(rest, " ")
			if !metricName.MatchString(name) || done[name] || help == "" || strings.Contains(help, `\`) {
				t.Errorf("%q", line)
			}
			current, done[name] = name, true
			continue
		}
		if rest, is := strings.CutPrefix(line, "# TYPE "); is {
			if rest != current+" gauge" {
				t.Errorf("%q", line)
			}
			typed = current
			continue
		}
		end := strings.LastIndexByte(line, ' ')
		name, labels, _ := strings.Cut(line[:max(end, 0)], "{")
		if name != current || typed != current || series[line[:end]] {
			t.Errorf("%q is not in its place", line)
		}
		series[line[:end]] = true
		if _, err := strconv.ParseUint(line[end+1:], 10, 64); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if labels == "" {
			continue
		}
		for labels = strings.TrimSuffix(labels, "}"); labels != ""; {
			found := labelPair.FindString(labels)
			if found == "" {
				t.Fatalf("%q: %q is no label", line, labels)
			}
			labels = labels[len(found):]
		}
	}
}
