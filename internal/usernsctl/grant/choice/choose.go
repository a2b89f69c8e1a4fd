package choice

import (
	"strconv"

	"userns-helpers/internal/idmap"
)

// Choose returns the lowest free range of count IDs, below 2^31 where there is one, and false where there is none. The start
// is a multiple of 65536 if aligned is set, and otherwise where that costs nothing: where the gap has room for as many ranges
// of that size all the same.
func (s *Space) Choose(count uint64, aligned bool) (idmap.Range, bool) {
	if count == 0 {
		return idmap.Range{}, false
	}
	if count != s.count || aligned != s.aligned {
		s.from, s.count, s.aligned = s.low, count, aligned
	}
	start, ok := s.first(s.from, min(Half, s.high))
	if !ok {
		start, ok = s.first(max(s.from, Half), s.high)
	}
	if !ok {
		return idmap.Range{}, false
	}
	s.from = start
	return idmap.NewRange(start, count)
}

// first is where the first gap in [from, to) has room.
func (s *Space) first(from, to uint64) (uint64, bool) {
	if to <= from {
		return 0, false
	}
	window, _ := idmap.NewRange(from, to-from)
	for _, busy := range s.busy.Overlapping(window) {
		if start, ok := s.place(from, busy.Start()); ok {
			return start, true
		}
		from = max(from, busy.End())
	}
	return s.place(from, to)
}

// place is where a range is put in the gap [from, to).
func (s *Space) place(from, to uint64) (uint64, bool) {
	up := (from + Unit - 1) / Unit * Unit
	room, roomUp := ranges(from, to, s.count), ranges(up, to, s.count)
	if s.aligned || room == roomUp {
		from, room = up, roomUp
	}
	return from, room > 0
}

// ranges is how many ranges of count IDs there are in [from, to).
func ranges(from, to, count uint64) uint64 {
	if to <= from {
		return 0
	}
	return (to - from) / count
}

// Clash returns a claim to IDs of r, and whether there is one. What is not firm gives way if the administrator chose r.
// The zero Claim stands for IDs that were given to somebody by this space.
func (s *Space) Clash(r idmap.Range, chosen bool) (Claim, bool) {
	busy := s.busy
	if chosen {
		busy = s.firm
	}
	if len(busy.Overlapping(r)) == 0 {
		return Claim{}, false
	}
	for _, c := range s.claims {
		if !c.Range.Intersect(r).Empty() && (c.Rule.Firm() || !chosen) {
			return c, true
		}
	}
	return Claim{}, true
}

// Avoided is how many claims by one rule lie below a range that was chosen.
type Avoided struct {
	Rule   Rule   `json:"rule"`
	Who    string `json:"who"`   // of the first of them
	First  uint64 `json:"first"` // from the lowest of their ids to the highest
	Last   uint64 `json:"last"`
	Claims int    `json:"claims"`
}

// Avoided returns what lies between the first id that may be handed out and start: why a range does not begin further down.
// There is one for each rule, and for each purpose of IDs that programs take.
func (s *Space) Avoided(start uint64) []Avoided {
	var all []Avoided
	index := make(map[string]int)
	for _, c := range s.claims {
		if c.Range.Start() >= start || c.Range.End() <= s.low {
			continue
		}
		key := string(c.Rule)
		if !c.Rule.Firm() {
			key += c.Who
		}
		i, seen := index[key]
		if !seen {
			i = len(all)
			index[key] = i
			all = append(all, Avoided{c.Rule, c.Who, c.Range.Start(), 0, 0})
		}
		all[i].Last = max(all[i].Last, c.Range.End()-1)
		all[i].Claims++
	}
	return all
}

// Text is who has the IDs, in words.
func (a Avoided) Text() string {
	many := strconv.Itoa(a.Claims)
	switch {
	case !a.Rule.Firm():
		return a.Who
	case a.Rule == Line && a.Claims > 1:
		return many + " lines of /etc/subuid and /etc/subgid"
	case a.Rule == Line:
		return "granted to " + a.Who
	case a.Rule == Forbidden:
		return "never mapped, by forbidden-host-ids"
	case a.Rule == Sample:
		return "accounts of a name service"
	case a.Claims > 1:
		return many + " accounts and groups of this host"
	}
	return "the " + string(a.Rule) + " " + a.Who
}
