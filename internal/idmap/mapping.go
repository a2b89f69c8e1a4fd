package idmap

import (
	"errors"
	"strconv"

	"userns-helpers/internal/text/number"
)

// Mapping is one line of a map: the ids of Lower, of the parent namespace, are seen in the target's namespace as those
// of Upper. Both hold equally many ids.
type Mapping struct {
	Upper, Lower Range
}

// Own reports whether the mapping is a caller's own id, and nothing else.
func (m Mapping) Own(own ID) bool { return m.Lower.Is(own) }

// Append appends "[upper) -> [lower)" to text.
func (m Mapping) Append(text []byte) []byte {
	return m.Lower.Append(append(m.Upper.Append(text), " -> "...))
}

// Parse reads the arguments after the process: triples of upper id, lower id and count, at least one. The first that is
// wrong is in Request.Wrong, and nothing is asked for then.
func Parse(kind Kind, arguments []string) Request {
	switch {
	case len(arguments) == 0:
		return Request{Kind: kind, Wrong: malformed(NoRange)}
	case len(arguments)%3 != 0:
		return Request{Kind: kind, Wrong: malformed(NotTriples, arguments...)}
	}
	q := Request{Kind: kind, Asked: make([]Mapping, 0, len(arguments)/3)}
	for ; len(arguments) > 0; arguments = arguments[3:] {
		m, wrong := parseMapping([3]string(arguments))
		if wrong != nil {
			return Request{Kind: kind, Wrong: wrong}
		}
		q.Asked = append(q.Asked, m)
	}
	return q
}

// Numbered is the request of triples of upper id, lower id and count, which the program has parsed and the service was sent.
func Numbered(kind Kind, triples [][3]uint32) Request {
	q := Request{Kind: kind, Asked: make([]Mapping, 0, len(triples))}
	for _, t := range triples {
		m, ok := newMapping(uint64(t[0]), uint64(t[1]), uint64(t[2]))
		if !ok {
			return Request{Kind: kind, Wrong: malformed(OutOfBounds, decimal(t[0]), decimal(t[1]), decimal(t[2]))}
		}
		q.Asked = append(q.Asked, m)
	}
	return q
}

// Numbers are the triples of a request, of which Numbered makes the same.
func (q Request) Numbers() [][3]uint32 {
	triples := make([][3]uint32, 0, len(q.Asked))
	for _, m := range q.Asked {
		triples = append(triples, [3]uint32{uint32(m.Upper.start), uint32(m.Lower.start), uint32(m.Lower.Count())})
	}
	return triples
}

func decimal(n uint32) string { return strconv.FormatUint(uint64(n), 10) }

// parseMapping reads one triple. All three must be numbers before any is too large.
func parseMapping(arguments [3]string) (Mapping, *Malformed) {
	var values [3]uint64
	overflow := false
	for i, argument := range arguments {
		value, err := number.Base0(argument)
		if errors.Is(err, number.ErrSyntax) {
			return Mapping{}, malformed(NotANumber, argument)
		}
		overflow = overflow || err != nil
		values[i] = value
	}
	m, ok := newMapping(values[0], values[1], values[2])
	if overflow || !ok {
		return Mapping{}, malformed(OutOfBounds, arguments[:]...)
	}
	return m, nil
}

// none is (uid_t)-1, which no map may contain.
const none = 1<<32 - 1

// newMapping checks the bounds: ids from 0 to 4294967294 and at least one of them (shadow#1117, shadow#1689).
func newMapping(upper, lower, count uint64) (Mapping, bool) {
	u, upperOK := NewRange(upper, count)
	l, lowerOK := NewRange(lower, count)
	if !upperOK || !lowerOK || u.end > none || l.end > none {
		return Mapping{}, false
	}
	return Mapping{u, l}, true
}

// Text is what the kernel is given, in one write(2): a line for each mapping.
func Text(mappings []Mapping) []byte {
	var text []byte
	for _, m := range mappings {
		text = strconv.AppendUint(text, m.Upper.start, 10)
		text = strconv.AppendUint(append(text, ' '), m.Lower.start, 10)
		text = strconv.AppendUint(append(text, ' '), m.Lower.Count(), 10)
		text = append(text, '\n')
	}
	return text
}

// MapsRoot reports whether id 0 of the parent namespace is mapped: since Linux 5.12 that needs CAP_SETFCAP in a uid map
// (user_namespaces(7)).
func MapsRoot(mappings []Mapping) bool {
	for _, m := range mappings {
		if m.Lower.Contains(0) {
			return true
		}
	}
	return false
}
