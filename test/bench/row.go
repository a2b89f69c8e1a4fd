package main

import (
	"math/rand/v2"
	"os/exec"
	"slices"
	"syscall"
)

// row is a row to be measured.
type row struct {
	Row
	debian, ours side
	runs         int
}

// side is one of the two programs of a row.
type side struct {
	// once does the work once and returns what it took: one call, or many.
	once func() (sample, error)
	// peak does it once for the peak of memory; nil: not measured.
	peak func() (int64, error)
}

// calling is a side that makes one call, which next prepares and of which done takes away what is left.
func calling(next func() (call, error), done func() error) side {
	return side{
		once: func() (sample, error) { return prepared(next, done, call.run) },
		peak: func() (int64, error) { return prepared(next, done, call.peak) },
	}
}

func prepared[T any](next func() (call, error), done func() error, act func(call) (T, error)) (T, error) {
	var none T
	c, err := next()
	if err != nil {
		return none, err
	}
	result, err := act(c)
	if err != nil {
		return none, err
	}
	return result, done()
}

// Calls that are made before anything is counted, and those for the peak of memory.
const (
	warmUps = 2
	peaks   = 3
)

// measure calls both sides, and once more beside a busy process where the row has a target.
func (r row) measure() (Row, error) {
	samples, err := r.pairs()
	if err != nil {
		return Row{}, err
	}
	if r.Target > 0 {
		if r.Busy, err = r.besideBusy(); err != nil {
			return Row{}, err
		}
	}
	var most [2][]int64
	for which, side := range [2]side{r.debian, r.ours} {
		for range peaks {
			if side.peak == nil {
				break
			}
			kib, err := side.peak()
			if err != nil {
				return Row{}, err
			}
			most[which] = append(most[which], kib)
		}
	}
	r.Runs, r.Paired = r.runs, paired(samples)
	r.Debian, r.Ours = summary(samples[0], most[0]), summary(samples[1], most[1])
	return r.Row, nil
}

// pairs calls both sides, in an order that is drawn for each pair: whatever else the machine does, and whatever the one
// leaves in its caches for the other, meets both alike. Debian's samples come first.
func (r row) pairs() (samples [2][]sample, err error) {
	sides := [2]side{r.debian, r.ours}
	for i := range r.runs + warmUps {
		first := rand.IntN(2)
		for _, which := range [2]int{first, 1 - first} {
			s, err := sides[which].once()
			if err != nil {
				return samples, err
			}
			if i >= warmUps {
				samples[which] = append(samples[which], s)
			}
		}
	}
	return samples, nil
}

// besideBusy is the ratio while another process never sleeps: what waits for a thread on another processor shows here.
func (r row) besideBusy() (float64, error) {
	busy := exec.Command("/proc/self/exe", "busy")
	busy.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := busy.Start(); err != nil {
		return 0, err
	}
	samples, err := r.pairs()
	_, _ = busy.Process.Kill(), busy.Wait()
	return paired(samples), err
}

// paired is the median of the ratios of all pairs, ours to Debian's.
func paired(samples [2][]sample) float64 {
	ratios := make([]float64, 0, len(samples[0]))
	for i, debian := range samples[0] {
		ratios = append(ratios, float64(samples[1][i].wall)/float64(debian.wall))
	}
	slices.Sort(ratios)
	return median(ratios)
}
