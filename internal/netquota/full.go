package netquota

import "strconv"

// FullError says that every charge has as many living interfaces as its quota.
type FullError struct {
	Charges []Charge
	Holders []Holders // of each charge
}

// Holders are interfaces that take up a quota or a limit.
type Holders struct {
	Names []string // at most 4
	More  int      // how many more there are
}

// mostHolders is how many interfaces a message names.
const mostHolders = 4

// add adds an interface.
func (h *Holders) add(name string) {
	if len(h.Names) < mostHolders {
		h.Names = append(h.Names, name)
		return
	}
	h.More++
}

// Error names each charge and its quota.
func (e *FullError) Error() string {
	text := "the quota is used up:"
	for i, c := range e.Charges {
		if i > 0 {
			text += ","
		}
		quota := strconv.FormatUint(c.Quota, 10)
		text += " " + quota + " of " + quota + " by " + c.Owner + " (line " + strconv.Itoa(c.Line) + ")"
	}
	return text
}

// full says that every charge is full, and of what: an interface may live although no process of its container does.
func (s *survey) full() *FullError {
	e := &FullError{Charges: s.charges}
	for i := range s.charges {
		e.Holders = append(e.Holders, s.holders(i))
	}
	return e
}

// holders are the interfaces in the slots of a charge, or where there are none to be seen, in its rows of the ledger.
func (s *survey) holders(i int) Holders {
	if i < len(s.slots) && len(s.slots[i].records) > 0 {
		return s.slots[i].holders()
	}
	var h Holders
	for _, name := range s.listed[i] {
		if s.living[name] {
			h.add(name)
		}
	}
	return h
}

// holders are the interfaces in the slots. Each was looked for a moment ago: it lives, or is about to.
func (s *slots) holders() Holders {
	var h Holders
	for _, r := range s.records[:min(s.quota(), len(s.records))] {
		if r.Name != "" {
			h.add(r.Name)
		}
	}
	return h
}

// reached is what to say of a limit that is full.
func (s *slots) reached() error {
	if limit, ok := s.full.(*LimitError); ok {
		return &LimitError{limit.Most, limit.Charge, s.holders()}
	}
	return s.full
}
