package netquota

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
	held, err := s.lock(i)
	if !held || err != nil {
		return false, err
	}
	free, err := s.freeUnderLock(i, links)
	if free || err != nil {
		return free, err
	}
	return false, s.unlock(i)
}

// mayBeFree reports whether it is worth a lock to find out: a pending slot is free if its process has died.
func (s *slots) mayBeFree(i int, links Links) (bool, error) {
	if s.record(i).state == pending {
		return true, nil
	}
	return s.free(i, links)
}

// free reports whether a slot that is not pending has no interface, or one that does not live, or one that stands in a
// lower slot too.
func (s *slots) free(i int, links Links) (bool, error) {
	r := s.record(i)
	if r.name == "" || s.holds(r.name, i) {
		return true, nil
	}
	alive, err := links.Exists(r.name)
	return !alive && err == nil, err
}

// freeUnderLock makes sure of it: the record is the current one, and if it is pending its process has died. The port of
// an interface that is gone goes too; Open vSwitch keeps it otherwise.
func (s *slots) freeUnderLock(i int, links Links) (bool, error) {
	if err := s.discard(i, links); err != nil {
		return false, err
	}
	free, err := s.free(i, links)
	if !free || err != nil || s.isLimit() || s.records[i].name == "" || s.holds(s.records[i].name, i) {
		return free, err
	}
	err = links.Remove(s.records[i].name, s.charge.Place)
	return err == nil, err
}

// discard removes the interface of slot i, whose lock is held, if it is not complete.
func (s *slots) discard(i int, links Links) error {
	if s.records[i].state != pending {
		return nil
	}
	if err := links.Remove(s.records[i].name, s.charge.Place); err != nil {
		return err
	}
	return s.write(i, record{})
}
