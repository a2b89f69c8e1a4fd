package slots

import "userns-helpers/internal/netquota"

// full says that every allotment is full, and of what: an interface may live although no process of its container does.
func (s *survey) full() *netquota.OverQuota {
	e := &netquota.OverQuota{Allotments: s.allotments}
	for i := range s.allotments {
		e.InUse = append(e.InUse, s.holders(i))
	}
	return e
}

// holders are the interfaces in the slots of a allotment, or where there are none to be seen, in its rows of the ledger.
func (s *survey) holders(i int) netquota.InUse {
	if i < len(s.slots) && len(s.slots[i].records) > 0 {
		return s.slots[i].holders()
	}
	var h netquota.InUse
	for _, name := range s.listed[i] {
		if s.living[name] {
			h.Add(name)
		}
	}
	return h
}

// holders are the interfaces in the slots. Each was looked for a moment ago: it lives, or is about to.
func (s *slots) holders() netquota.InUse {
	var h netquota.InUse
	for _, r := range s.records[:min(s.quota(), len(s.records))] {
		if r.Name != "" {
			h.Add(r.Name)
		}
	}
	return h
}

// reached is what to say of a limit that is full.
func (s *slots) reached() error {
	if limit, ok := s.full.(*netquota.OverLimit); ok {
		return &netquota.OverLimit{Most: limit.Most, Allotment: limit.Allotment, InUse: s.holders()}
	}
	return s.full
}
