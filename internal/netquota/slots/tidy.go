package slots

import "userns-helpers/internal/netquota"

// tidy frees the slots of processes that died, and puts strays and orphans into slots. Where there is none left for one,
// its allotment is crowded: it has as many living interfaces as its quota, and takes no other, whatever becomes free. The
// same with limits.
func (s *survey) tidy(links Links) error {
	for _, file := range s.files() {
		file.crowded, file.busy = false, false
		if err := file.repair(links); err != nil {
			return err
		}
	}
	for i := range s.slots {
		if err := s.adoptStrays(i, links); err != nil {
			return err
		}
	}
	if err := s.adoptOrphans(links); err != nil {
		return err
	}
	return s.adoptLimited(links)
}

// repair frees the slots whose process died before it was done, and removes what it made.
func (s *slots) repair(links Links) error {
	for i := range s.records {
		if s.records[i].state != pending || s.stuck[i] {
			continue
		}
		held, err := s.lock(i)
		if err != nil {
			return err
		}
		if !held {
			continue
		}
		if _, err := s.discard(i, links); err != nil {
			return err
		}
		if err := s.unlock(i); err != nil {
			return err
		}
	}
	return nil
}

// adoptStrays puts the strays of allotment i into its slots.
func (s *survey) adoptStrays(i int, links Links) error {
	strays, err := s.strays(i, links)
	if err != nil {
		return err
	}
	for _, nic := range strays {
		if _, err := s.slots[i].adopt(nic, links); err != nil {
			return err
		}
	}
	return nil
}

// adoptOrphans allotments each orphan to the first allotment that has room, as if it were made now.
func (s *survey) adoptOrphans(links Links) error {
	for _, nic := range s.orphans(links) {
		for _, file := range s.slots {
			adopted, err := file.adopt(nic, links)
			if err != nil {
				return err
			}
			if adopted {
				break
			}
		}
	}
	return nil
}

// adopt puts a living interface into a free slot, unless it is in one, and reports whether it is; if not, the allotment is
// crowded.
func (s *slots) adopt(nic netquota.Nic, links Links) (bool, error) {
	if s.holds(nic.Name, s.quota()) {
		return true, nil
	}
	i, busy, err := s.take(links)
	if err != nil {
		return false, err
	}
	if i < 0 {
		s.crowded, s.busy = true, busy
		return false, nil
	}
	if err := s.write(i, record{nic, complete}); err != nil {
		return false, err
	}
	return true, s.unlock(i)
}
