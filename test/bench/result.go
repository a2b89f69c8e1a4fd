package main

import (
	"fmt"
	"slices"
	"time"
)

// Result is everything that was measured.
type Result struct {
	Machine Machine
	Rows    []Row
}

// Row is one line of the table.
type Row struct {
	Group  string  // what the row is about, for the headings: "newuidmap", ...
	Name   string  // "newuidmap, 1,000 lines"
	X      float64 // the size that the group varies, 0 if none
	Target float64 // the ratio that is aimed at, 0 if none
	Runs   int     // of each
	Paired float64 // the median of the pairs' ratios, ours to Debian's
	Busy   float64 // the same beside a busy process, 0 if it was not measured
	Debian Measured
	Ours   Measured
}

// Measured is what the runs of one program came to.
type Measured struct {
	Median, Fastest, Slowest float64 // milliseconds from fork to the end of wait
	CPU                      float64 // milliseconds of processor time of all threads, median
	Faults                   float64 // page faults, median
	Peak                     float64 // KiB of resident memory at most, median; 0: not measured
}

// missed reports whether the row has a target that it does not reach, idle or beside a busy process.
func (r Row) missed() bool { return r.Target > 0 && max(r.Paired, r.Busy) > r.Target }

// sample is one run.
type sample struct {
	wall, cpu time.Duration
	faults    int64
}

// summary condenses samples, of which there is at least one.
func summary(samples []sample, peaks []int64) Measured {
	wall := sorted(samples, func(s sample) float64 { return milliseconds(s.wall) })
	m := Measured{
		Median: median(wall), Fastest: wall[0], Slowest: wall[len(wall)-1],
		CPU:    median(sorted(samples, func(s sample) float64 { return milliseconds(s.cpu) })),
		Faults: median(sorted(samples, func(s sample) float64 { return float64(s.faults) })),
	}
	if len(peaks) > 0 {
		m.Peak = median(sorted(peaks, func(kib int64) float64 { return float64(kib) }))
	}
	return m
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

func sorted[T any](all []T, value func(T) float64) []float64 {
	values := make([]float64, 0, len(all))
	for _, one := range all {
		values = append(values, value(one))
	}
	slices.Sort(values)
	return values
}

// median returns the middle of sorted values, of which there is at least one.
func median(values []float64) float64 {
	middle := len(values) / 2
	if len(values)%2 == 1 {
		return values[middle]
	}
	return (values[middle-1] + values[middle]) / 2
}

// check fails if a target is missed.
func check(result Result) error {
	missed := 0
	for _, r := range result.Rows {
		if r.missed() {
			fmt.Printf("missed: %s: %.2f of Debian's time, %.2f beside a busy process, aimed at %.2f\n", r.Name, r.Paired, r.Busy, r.Target)
			missed++
		}
	}
	if missed > 0 {
		return fmt.Errorf("%d targets are missed", missed)
	}
	return nil
}
