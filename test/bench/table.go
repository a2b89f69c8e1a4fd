package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// render writes README.md and the plots into directory.
func render(result Result, directory string) error {
	for name, text := range map[string]string{
		"README.md": table(result), "ratios.svg": ratios(result), "newuidmap.svg": curves(result, "newuidmap"),
	} {
		if err := os.WriteFile(filepath.Join(directory, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// table is the text of the page.
func table(result Result) string {
	var b strings.Builder
	m := result.Machine
	b.WriteString("# Benchmarks\n\nWhole runs of the programs, from fork to the end of wait, beside Debian's. Made by `make bench`, which anyone can\n" +
		"repeat; [test/bench](../../../test/bench) is the code. The two of a row do the same work and are called in pairs, in an\n" +
		"order that is drawn for each; the ratio is the median of the pairs' ratios. Busy: the same while another process never\n" +
		"sleeps. An ordinary user calls, all calls succeed; the user's line is the last one of its file.\n\n")
	fmt.Fprintf(&b, "| | |\n|---|---|\n| Processor | %s, %d online |\n| Memory | %s |\n| Kernel | %s |\n| System | %s |\n| Debian's programs | %s |\n| Go | %s |\n| A page fault, a system call | %s, %s |\n| Date | %s |\n| Load at the beginning | %s |\n\n",
		m.Processor, m.Processors, m.Memory, m.Kernel, m.System, m.Debian, strings.TrimPrefix(m.Go, "go"), m.Fault, m.SystemCall, m.Date, m.Load)
	if m.Quick {
		b.WriteString("**A quick run: a tenth of the calls.**\n\n")
	}
	b.WriteString("![Ratios](ratios.svg)\n\n![newuidmap by lines](newuidmap.svg)\n\n")
	group := ""
	for _, r := range result.Rows {
		if r.Group != group {
			group = r.Group
			fmt.Fprintf(&b, "## %s\n\n| | Runs | Debian, median | Ours, median | Ratio | Busy | Aim | Fastest, both | Processor time, both | Page faults, both | Peak memory, both |\n|---|---|---|---|---|---|---|---|---|---|---|\n", group)
		}
		b.WriteString(line(r))
		if last := &result.Rows[len(result.Rows)-1]; r.Name == last.Name || nextGroup(result.Rows, r) != group {
			b.WriteString("\n")
		}
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// nextGroup is the group of the row behind r.
func nextGroup(rows []Row, r Row) string {
	for i := range rows[:len(rows)-1] {
		if rows[i].Name == r.Name {
			return rows[i+1].Group
		}
	}
	return ""
}

// line is a row of the table.
func line(r Row) string {
	aim := ""
	if r.Target > 0 {
		aim = fmt.Sprintf("≤ %.2f", r.Target)
		if r.missed() {
			aim += " **missed**"
		}
	}
	busy := ""
	if r.Busy > 0 {
		busy = fmt.Sprintf("%.2f", r.Busy)
	}
	return fmt.Sprintf("| %s | %d | %s | %s | **%.2f** | %s | %s | %s, %s | %s | %s | %s |\n", r.Name, r.Runs, ms(r.Debian.Median), ms(r.Ours.Median),
		r.Paired, busy, aim, ms(r.Debian.Fastest), ms(r.Ours.Fastest), both(r.Debian.CPU, r.Ours.CPU, ms),
		both(r.Debian.Faults, r.Ours.Faults, func(n float64) string { return fmt.Sprintf("%.0f", n) }),
		both(r.Debian.Peak, r.Ours.Peak, func(kib float64) string { return fmt.Sprintf("%.1f MiB", kib/1024) }))
}

// both writes two values, nothing if they were not measured.
func both(debian, ours float64, write func(float64) string) string {
	if debian == 0 && ours == 0 {
		return ""
	}
	return write(debian) + ", " + write(ours)
}

// ms writes milliseconds with three digits that count.
func ms(value float64) string {
	switch {
	case value < 10:
		return fmt.Sprintf("%.2f ms", value)
	case value < 100:
		return fmt.Sprintf("%.1f ms", value)
	}
	return fmt.Sprintf("%.0f ms", value)
}
