package idmap

import "strconv"

// ID is a user or group id. 4294967295, (uid_t)-1, is none: the kernel uses it for "no change" and "unmapped".
type ID uint32

// end is one past the greatest id that a range may hold. user_namespaces(7) never maps 4294967295, but a granted range
// may end with it.
const end = 1 << 32

// Range is a half-open range of ids, [Start, End), within [0, 2^32). It is made by NewRange only, so it cannot wrap
// (CVE-2016-6252). The zero Range is empty.
type Range struct {
	start, end uint64
}

// NewRange returns the range of count ids from start. It is false for a range that holds no id, and for one that
// reaches beyond 2^32.
func NewRange(start, count uint64) (Range, bool) {
	if count == 0 || start >= end || count > end-start {
		return Range{}, false
	}
	return Range{start, start + count}, true
}

// Start is the first id.
func (r Range) Start() uint64 { return r.start }

// End is one past the last id.
func (r Range) End() uint64 { return r.end }

// Count is the number of ids.
func (r Range) Count() uint64 { return r.end - r.start }

// Empty reports whether there is no id in r.
func (r Range) Empty() bool { return r.start == r.end }

// Contains reports whether id lies in r.
func (r Range) Contains(id ID) bool { return r.start <= uint64(id) && uint64(id) < r.end }

// Is reports whether r is id alone.
func (r Range) Is(id ID) bool { return r.Contains(id) && r.Count() == 1 }

// Intersect returns the ids that lie in both, the empty Range if there are none.
func (r Range) Intersect(other Range) Range {
	both := Range{max(r.start, other.start), min(r.end, other.end)}
	if both.start >= both.end {
		return Range{}
	}
	return both
}

// Distance is the number of ids that lie between r and other, 0 if they touch or overlap.
func (r Range) Distance(other Range) uint64 {
	switch {
	case r.end < other.start:
		return other.start - r.end
	case other.end < r.start:
		return r.start - other.end
	}
	return 0
}

// Append appends "[start-end)" to text, in decimal.
func (r Range) Append(text []byte) []byte {
	text = strconv.AppendUint(append(text, '['), r.start, 10)
	text = strconv.AppendUint(append(text, '-'), r.end, 10)
	return append(text, ')')
}

// String returns "[start-end)".
func (r Range) String() string { return string(r.Append(nil)) }
