package netquota

import "bytes"

// survey is what is known about the interfaces of an account at a place, before a slot is taken.
//
// The order of reading matters. The ledger first, then the kernel's names, then the slots: an interface of ours is
// written into its slot, then into the ledger, then made; so whatever the ledger or the kernel shows is in a slot that
// is read later, or belongs to no slot.
type survey struct {
	who     Account
	charges []Charge
	listed  [][]string      // of each charge: the interfaces in its rows
	others  map[string]bool // interfaces with a name of the user's, in rows of other charges
	living  map[string]bool // interfaces with a name of the user's that the kernel has
	slots   []*slots        // of each charge
}

// look makes the survey.
func (b *Book) look(who Account, charges []Charge, links Links) (*survey, error) {
	s := &survey{
		who: who, charges: charges, listed: make([][]string, len(charges)),
		others: make(map[string]bool), living: make(map[string]bool),
	}
	if err := b.read(s.row); err != nil {
		return nil, err
	}
	names, err := links.Names()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if IsOf(name, who.UID) {
			s.living[name] = true
		}
	}
	return s, s.openSlots(b)
}

func (s *survey) openSlots(b *Book) error {
	for _, c := range s.charges {
		opened, err := b.open(c)
		if err != nil {
			return err
		}
		s.slots = append(s.slots, opened)
	}
	return s.reload()
}

// reload reads all slots again.
func (s *survey) reload() error {
	for _, file := range s.slots {
		if err := file.load(); err != nil {
			return err
		}
	}
	return nil
}

// row takes note of a row of the ledger: of its interface if it is charged to one of the charges, or if its name is one
// of the user's; other users' rows cost these comparisons and nothing else.
func (s *survey) row(row []byte) {
	for i, c := range s.charges {
		if nic := c.nicOf(row); nic != "" {
			s.listed[i] = append(s.listed[i], nic)
			return
		}
	}
	if !bytes.Contains(row, []byte(HostPrefix(s.who.UID))) {
		return
	}
	for _, word := range bytes.Fields(row) {
		if IsOf(string(word), s.who.UID) {
			s.others[string(word)] = true
		}
	}
}

// exists asks the kernel for an interface of a row. For a name of the user's the survey knows.
func (s *survey) exists(name string, links Links) (bool, error) {
	if IsOf(name, s.who.UID) {
		return s.living[name], nil
	}
	return links.Exists(name)
}

// stateOf is the state of the slot of the account that has name, 0 if there is none.
func (s *survey) stateOf(name string) state {
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.name == name {
				return r.state
			}
		}
	}
	return 0
}

// strays are the living interfaces of charge i that are in none of its slots: those of its rows, and those that stand
// in slots above the quota, which the administrator has lowered.
func (s *survey) strays(i int, links Links) ([]string, error) {
	file := s.slots[i]
	candidates := s.listed[i]
	for k := file.quota(); k < len(file.records); k++ {
		candidates = append(candidates, file.records[k].name)
	}
	var found []string
	for _, name := range candidates {
		if name == "" || file.holds(name, file.quota()) {
			continue
		}
		alive, err := s.exists(name, links)
		if err != nil {
			return nil, err
		}
		if alive {
			found = append(found, name)
		}
	}
	return found, nil
}

// orphans are the user's living interfaces at the place that are in no slot and in no row: only the kernel knows them.
func (s *survey) orphans(links Links) ([]string, error) {
	var found []string
	for name := range s.living {
		if s.others[name] || s.stateOf(name) != 0 || s.isListed(name) {
			continue
		}
		here, err := links.On(name, s.charges[0].Place)
		if err != nil {
			return nil, err
		}
		if here {
			found = append(found, name)
		}
	}
	return found, nil
}

func (s *survey) isListed(name string) bool {
	for _, names := range s.listed {
		for _, n := range names {
			if n == name {
				return true
			}
		}
	}
	return false
}

// dead are the interfaces in rows of the charges that neither live nor are about to.
func (s *survey) dead(links Links) (map[string]bool, error) {
	dead := make(map[string]bool)
	for _, names := range s.listed {
		for _, name := range names {
			alive, err := s.alive(name, links)
			if err != nil {
				return nil, err
			}
			if !alive {
				dead[name] = true
			}
		}
	}
	return dead, nil
}

// alive reports whether a listed interface lives or is about to. One that was made after the kernel was asked for its
// names stands in a slot by now, and the kernel is asked again.
func (s *survey) alive(name string, links Links) (bool, error) {
	known, err := s.exists(name, links)
	if known || err != nil {
		return known, err
	}
	switch s.stateOf(name) {
	case pending:
		return true, nil
	case complete:
		return links.Exists(name)
	}
	return false, nil
}

// uses reports whether a living interface of the account has the address.
func (s *survey) uses(mac MAC, links Links) (bool, error) {
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.name == "" || r.mac != mac {
				continue
			}
			alive, err := links.Exists(r.name)
			if alive || err != nil {
				return alive, err
			}
		}
	}
	return false, nil
}

// missing are the rows that the ledger has lost: complete interfaces in slots, living, and in no row. The ledger is read
// again before that is believed: a row may have come since.
func (s *survey) missing(b *Book) ([]Row, error) {
	rows := s.unlisted()
	if len(rows) == 0 {
		return nil, nil
	}
	s.listed = make([][]string, len(s.charges))
	if err := b.read(s.row); err != nil {
		return nil, err
	}
	return s.unlisted(), nil
}

func (s *survey) unlisted() []Row {
	var rows []Row
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.state == complete && s.living[r.name] && !s.others[r.name] && !s.isListed(r.name) {
				rows = append(rows, Row{file.charge.Owner, file.charge.Place, r.name})
			}
		}
	}
	return rows
}
