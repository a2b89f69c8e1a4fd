package slots

// take locks the first free slot and returns its number, or -1; busy reports that a slot may become free at any moment:
// another process was at work on it.
func (s *slots) take(links Links) (slot int, busy bool, err error) {
	for i := range s.quota() {
		free, err := s.mayBeFree(i, links)
		if err != nil {
			return -1, busy, err
		}
		if !free {
			continue
		}
		taken, err := s.takeSlot(i, links)
		if err != nil {
			return -1, busy, err
		}
		if taken {
			return i, busy, nil
		}
		busy = true
	}
	return -1, busy, nil
}

// takeSlot locks slot i if it is free.
func (s *slots) takeSlot(i int, links Links) (bool, error) {
	before := s.record(i)
	held, err := s.lock(i)
	if !held || err != nil {
		return false, err
	}
	free, err := s.freeUnderLock(i, before, links)
	if free || err != nil {
		return free, err
	}
	return false, s.unlock(i)
}

// mayBeFree reports whether it is worth a lock to find out: a pending slot is free if its process has died.
func (s *slots) mayBeFree(i int, links Links) (bool, error) {
	if s.record(i).state == pending {
		return !s.stuck[i], nil
	}
	return s.free(i, links)
}

// free reports whether a slot that is not pending has no interface, or one that does not live, or one that stands in a
// lower slot too.
func (s *slots) free(i int, links Links) (bool, error) {
	r := s.record(i)
	if r.Name == "" || s.holds(r.Name, i) {
		return true, nil
	}
	alive, err := lives(r.Nic, links)
	return !alive && err == nil, err
}

// freeUnderLock makes sure of it: the record is the current one, and if it is pending its process has died. One that is as
// it was before, when it was free, is free: what has died stays dead. The port of an interface that is gone goes too; Open
// vSwitch keeps it otherwise. A slot that cannot be emptied is taken.
func (s *slots) freeUnderLock(i int, before record, links Links) (bool, error) {
	empty, err := s.discard(i, links)
	if !empty || err != nil {
		return false, err
	}
	r := s.records[i]
	if r != before || before.state == pending {
		free, err := s.free(i, links)
		if !free || err != nil {
			return false, err
		}
	}
	if r.Name == "" || s.isLimit() || s.holds(r.Name, i) {
		return true, nil
	}
	return links.RemovePort(r.Nic, s.allotment.Place) == nil, nil
}

// discard removes the interface of slot i, whose lock is held, if it is not complete, and reports whether it could.
func (s *slots) discard(i int, links Links) (bool, error) {
	r := s.records[i]
	if r.state != pending {
		return true, nil
	}
	if links.Remove(r.Nic, s.allotment.Place) != nil {
		if s.stuck == nil {
			s.stuck = make(map[int]bool)
		}
		s.stuck[i] = true
		return false, nil
	}
	return true, s.write(i, record{})
}
