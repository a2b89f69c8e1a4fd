package slots

import "userns-helpers/internal/netquota"

// strays are the living interfaces of allotment i that are in none of its slots: those of its rows, and those that stand
// in slots above the quota, which the administrator has lowered.
func (s *survey) strays(i int, links Links) ([]netquota.Nic, error) {
	file := s.slots[i]
	candidates := file.above()
	for _, name := range s.listed[i] {
		candidates = append(candidates, netquota.Named(name))
	}
	var found []netquota.Nic
	for _, nic := range candidates {
		if nic.Name == "" || file.holds(nic.Name, file.quota()) {
			continue
		}
		alive, err := lives(nic, links)
		if err != nil {
			return nil, err
		}
		if !alive {
			continue
		}
		if nic = described(nic, links); !file.has(nic) {
			found = append(found, nic)
		}
	}
	return found, nil
}

// described is a living interface with what the kernel says of it, if nothing but its name was known.
func described(nic netquota.Nic, links Links) netquota.Nic {
	if nic.Index != 0 {
		return nic
	}
	return links.Describe(nic.Name)
}

// above are the interfaces in slots above the quota.
func (s *slots) above() []netquota.Nic {
	var nics []netquota.Nic
	for k := s.quota(); k < len(s.records); k++ {
		nics = append(nics, s.records[k].Nic)
	}
	return nics
}

// orphans are the user's living interfaces at the place that are in no slot and in no row: only the kernel knows them. One
// that has been given another name of the user's since it was made is in a slot.
func (s *survey) orphans(links Links) []netquota.Nic {
	var found []netquota.Nic
	for name := range s.living {
		if s.others[name] || s.stateOf(name) != 0 || s.isListed(name) {
			continue
		}
		nic, here := links.On(name, s.allotments[0].Place)
		if here && !s.isHeld(nic) {
			found = append(found, nic)
		}
	}
	return found
}

// isHeld reports whether a slot has an interface, by whatever name.
func (s *survey) isHeld(nic netquota.Nic) bool {
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.Name != "" && r.Is(nic) {
				return true
			}
		}
	}
	return false
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

// dead are the interfaces in rows of the allotments that neither live nor are about to.
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
// made since, and its names are no snapshot where there are more than fit one read. One that has been renamed is known by
// its slot.
func (s *survey) alive(name string, links Links) (bool, error) {
	r, held := s.recordOf(name)
	switch {
	case s.living[name], held && r.state == pending:
		return true, nil
	case held:
		return lives(r.Nic, links)
	}
	return links.Exists(name)
}

// user is the living interface of the account that has an address, if there is one.
func (s *survey) user(mac netquota.MAC, links Links) (netquota.Nic, bool, error) {
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.Name == "" || r.MAC != mac {
				continue
			}
			alive, err := lives(r.Nic, links)
			if alive || err != nil {
				return r.Nic, true, err
			}
		}
	}
	return netquota.Nic{}, false, nil
}

// leaving reports whether an interface in a slot of files is about to go.
func leaving(files []*slots, links Links) bool {
	for _, file := range files {
		for _, r := range file.records[:min(file.quota(), len(file.records))] {
			if r.Name != "" && links.Leaving(r.Nic) {
				return true
			}
		}
	}
	return false
}
