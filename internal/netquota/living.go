package netquota

import "slices"

// strays are the living interfaces of charge i that are in none of its slots: those of its rows, and those that stand
// in slots above the quota, which the administrator has lowered.
func (s *survey) strays(i int, links Links) ([]string, error) {
	file := s.slots[i]
	candidates := slices.Clone(s.listed[i])
	for k := file.quota(); k < len(file.records); k++ {
		candidates = append(candidates, file.records[k].name)
	}
	var found []string
	for _, name := range candidates {
		if name == "" || file.holds(name, file.quota()) {
			continue
		}
		alive, err := links.Exists(name)
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

// alive reports whether a listed interface lives or is about to. The kernel is asked again: the interface may have been
// made since, and its names are no snapshot where there are more than fit one read.
func (s *survey) alive(name string, links Links) (bool, error) {
	if s.living[name] || s.stateOf(name) == pending {
		return true, nil
	}
	return links.Exists(name)
}

// user is the living interface of the account that has an address, or "".
func (s *survey) user(mac MAC, links Links) (string, error) {
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.name == "" || r.mac != mac {
				continue
			}
			alive, err := links.Exists(r.name)
			if alive || err != nil {
				return r.name, err
			}
		}
	}
	return "", nil
}

// leaving reports whether an interface in a slot of files is about to go.
func leaving(files []*slots, links Links) (bool, error) {
	for _, file := range files {
		for _, r := range file.records[:min(file.quota(), len(file.records))] {
			if r.name == "" {
				continue
			}
			gone, err := links.Leaving(r.name)
			if gone || err != nil {
				return gone, err
			}
		}
	}
	return false, nil
}
