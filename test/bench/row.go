package main

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

// measure calls both sides in turn, now the one first and now the other.
func (r row) measure() (Row, error) {
	sides := [2]side{r.debian, r.ours}
	var samples [2][]sample
	for i := range r.runs + warmUps {
		for k := range sides {
			which := (i + k) % 2
			s, err := sides[which].once()
			if err != nil {
				return Row{}, err
			}
			if i >= warmUps {
				samples[which] = append(samples[which], s)
			}
		}
	}
	var most [2][]int64
	for which, side := range sides {
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
	r.Runs = r.runs
	r.Debian, r.Ours = summary(samples[0], most[0]), summary(samples[1], most[1])
	return r.Row, nil
}
