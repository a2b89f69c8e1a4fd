package usernsctl

import (
	"slices"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/hostcheck"
	"userns-helpers/internal/usernsctl/nicview"
	"userns-helpers/internal/usernsctl/records"
)

// numbers are what metrics are made of.
type numbers struct {
	now    int64 // seconds since 1970
	report *finding.Report
	grants [2]hostcheck.Grants
	nics   []nicview.NIC
	quotas []hostcheck.Quota
	logged []records.Group
	unseen int // what could not be looked at
}

// recently is how far back records are counted, in seconds: a log is cut off at some time, so that no count of all could only
// grow.
const recently = 86_400

// metrics is the command metrics. What could not be looked at is a number among the others.
func (a asker) metrics() int {
	host := hostcheck.Here()
	n := numbers{now: clock(), report: hostcheck.Check(host)}
	n.unseen = len(n.report.Unseen)
	for i := range n.grants {
		n.grants[i] = hostcheck.GrantsOf(host, i == 1)
	}
	n.quotas, _ = hostcheck.QuotasOf(host)
	view, err := nicview.Look(hostcheck.Names(host))
	if err != nil || view.Limited {
		n.unseen++
	}
	n.nics = view.NICs
	log := records.Read(records.Question{Clock: records.Clock{Now: n.now, Zone: zone()}, Since: n.now - recently})
	n.unseen += len(log.Unseen)
	n.logged = log.Sorted()
	return a.say([]byte(n.text()), fine)
}

// sample is a value of a metric: its labels, as name, value, name, value.
type sample struct {
	labels []string
	value  uint64
}

// metric is one in the text format of Prometheus, version 0.0.4. All of them are gauges: each look is a new one.
type metric struct {
	name, help string
	samples    []sample
}

// text are all metrics.
func (n numbers) text() string {
	var out strings.Builder
	for _, m := range n.all() {
		if len(m.samples) == 0 {
			continue
		}
		out.WriteString("# HELP " + m.name + " " + m.help + "\n# TYPE " + m.name + " gauge\n")
		for _, s := range m.samples {
			out.WriteString(m.name + labelsText(s.labels) + " " + decimal(s.value) + "\n")
		}
	}
	return out.String()
}

// labelsText are labels with braces; "" if there are none. What no terminal may see is escaped as in all answers, and what the
// format has escapes for once more.
func labelsText(labels []string) string {
	if len(labels) == 0 {
		return ""
	}
	var pairs []string
	for i := 0; i < len(labels); i += 2 {
		pairs = append(pairs, labels[i]+`="`+strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`).Replace(printable(labels[i+1]))+`"`)
	}
	return "{" + strings.Join(pairs, ",") + "}"
}

func (n numbers) all() []metric {
	return slices.Concat(n.ofReport(), n.ofIDs(), []metric{
		{"usernsctl_nics", "Network interfaces of containers that exist, by user and bridge.", n.nicSamples()},
		{"usernsctl_nic_quota", "Network interfaces that lxc-usernet grants, by owner and bridge.", n.quotaSamples()},
		{"usernsctl_records", "Grants, refusals and failures in the log of the last day, by program, result and reason.", n.recordSamples()},
		{"usernsctl_last_run_timestamp_seconds", "When these numbers were made.", []sample{{nil, uint64(n.now)}}},
	})
}

// ofReport are the metrics of a check.
func (n numbers) ofReport() []metric {
	var levels []sample
	for _, level := range finding.Levels() {
		levels = append(levels, sample{[]string{"level", string(level)}, uint64(n.report.Count(level))})
	}
	return []metric{
		{"usernsctl_findings", "Findings of usernsctl check that nobody accepted, by level.", levels},
		{"usernsctl_findings_accepted", "Findings that were accepted.", []sample{{nil, uint64(n.report.Accepted())}}},
		{"usernsctl_unseen", "Things that could not be looked at.", []sample{{nil, uint64(n.unseen)}}},
	}
}

// ofIDs are the metrics of the ranges of both files.
func (n numbers) ofIDs() []metric {
	var granted, free, ranges, overlaps []sample
	for i, kind := range []string{"uid", "gid"} {
		space := n.grants[i].Space
		label := []string{"kind", kind}
		granted = append(granted, sample{label, sumOf(space.Blocks(), 0)})
		free = append(free, sample{label, sumOf(space.Gaps(), usualFirst)})
		ranges = append(ranges, sample{label, uint64(len(space.Claims()))})
		overlaps = append(overlaps, sample{label, uint64(len(space.Clashes()))})
	}
	return []metric{
		{"usernsctl_ids_granted", "IDs that some line grants.", granted},
		{"usernsctl_ids_free", "IDs from 100000 on that no line grants.", free},
		{"usernsctl_id_ranges", "Lines that grant IDs.", ranges},
		{"usernsctl_id_overlaps", "Ranges that have IDs in common with a range of somebody else.", overlaps},
	}
}

// sumOf is how many IDs from least on ranges have.
func sumOf(ranges []idmap.Range, least uint64) uint64 {
	total := uint64(0)
	for _, r := range ranges {
		if r.End() > least {
			total += r.End() - max(r.Start(), least)
		}
	}
	return total
}

// nicSamples count the interfaces that there are.
func (n numbers) nicSamples() []sample {
	counts := make(map[[2]string]uint64)
	for _, nic := range n.nics {
		nic.Charged = ""
		counts[[2]string{userText(nic), nic.Bridge}]++
	}
	return samplesOf(counts, "user", "bridge")
}

// quotaSamples are the quotas.
func (n numbers) quotaSamples() []sample {
	counts := make(map[[2]string]uint64)
	for _, q := range n.quotas {
		counts[[2]string{q.Owner, q.Bridge}] = q.Number
	}
	return samplesOf(counts, "owner", "bridge")
}

// mostReasons bounds the series of records: in syslog's files anybody can make reasons up.
const mostReasons = 100

// recordSamples count the records of the last day.
func (n numbers) recordSamples() []sample {
	counts := make(map[[3]string]uint64)
	for _, g := range n.logged {
		k := [3]string{g.Program, g.Result, g.ID}
		if _, known := counts[k]; !known && len(counts) >= mostReasons {
			k[2] = "other"
		}
		counts[k] += uint64(g.Count)
	}
	samples := make([]sample, 0, len(counts))
	for k, count := range counts {
		samples = append(samples, sample{[]string{"program", k[0], "result", k[1], "reason", k[2]}, count})
	}
	return sorted(samples)
}

// samplesOf are counts by two labels.
func samplesOf(counts map[[2]string]uint64, first, second string) []sample {
	samples := make([]sample, 0, len(counts))
	for k, count := range counts {
		samples = append(samples, sample{[]string{first, k[0], second, k[1]}, count})
	}
	return sorted(samples)
}

// sorted are samples in the order of their labels.
func sorted(samples []sample) []sample {
	slices.SortFunc(samples, func(a, b sample) int { return slices.Compare(a.labels, b.labels) })
	return samples
}
