package idspace

import "sort"

// axis says in which column an id is drawn.
type axis struct {
	columns int
	starts  []uint64  // of blocks and gaps, ascending from 0, and one past the last
	weights []float64 // what is drawn in front of each start
}

// axis of a map that is columns wide. A gap weighs as much as a column, unless there are so many gaps that they would
// take more than a third of the width.
func (s Space) axis(columns int) axis {
	a := axis{columns: columns}
	blocks, gaps := s.Blocks(), s.Gaps()
	owned := 0.0
	for _, block := range blocks {
		owned += float64(block.Count())
	}
	gap := max(owned, 1) / float64(columns)
	if len(gaps) > columns/3 {
		gap = gap * float64(columns) / 3 / float64(len(gaps))
	}
	at := 0.0
	for i, j := 0, 0; i < len(blocks) || j < len(gaps); {
		weight := gap
		if j == len(gaps) || i < len(blocks) && blocks[i].Start() < gaps[j].Start() {
			a.starts = append(a.starts, blocks[i].Start())
			weight = float64(blocks[i].Count())
			i++
		} else {
			a.starts = append(a.starts, gaps[j].Start())
			j++
		}
		a.weights = append(a.weights, at)
		at += weight
	}
	a.starts, a.weights = append(a.starts, max(last, lastEnd(s))), append(a.weights, at)
	return a
}

// lastEnd is one past the greatest id that somebody has.
func lastEnd(s Space) uint64 {
	blocks := s.Blocks()
	if len(blocks) == 0 {
		return 0
	}
	return blocks[len(blocks)-1].End()
}

// column is where an id is drawn, from 0 to columns.
func (a axis) column(id uint64) int {
	i := sort.Search(len(a.starts), func(i int) bool { return a.starts[i] > id }) - 1
	total := a.weights[len(a.weights)-1]
	if i >= len(a.starts)-1 || total == 0 {
		return a.columns
	}
	inside := float64(id-a.starts[i]) / float64(a.starts[i+1]-a.starts[i])
	return int((a.weights[i] + inside*(a.weights[i+1]-a.weights[i])) / total * float64(a.columns))
}
