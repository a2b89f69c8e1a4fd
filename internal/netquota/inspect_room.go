package netquota

import "golang.org/x/sys/unix"

// Room is how much of a charge is taken.
type Room struct {
	Charge Charge
	Taken  uint64 // living interfaces that count against the quota; at most the quota
}

// Rooms says how many interfaces Claim would find charged to each of charges, and changes nothing. Without the slots, an
// empty path, it counts by the ledger and the kernel's names alone: all that others than root can see.
//
// Errors: as ReadRows and ReadSlots, those of links.
func Rooms(ledger, folder string, who Account, charges []Charge, links Links) ([]Room, error) {
	return reader(ledger).roomsOf(folder, who, charges, links)
}

// roomsOf is Rooms for a book that is only read.
func (b *Book) roomsOf(folder string, who Account, charges []Charge, links Links) ([]Room, error) {
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
	defer s.close()
	if err := s.readSlots(b, folder); err != nil {
		return nil, err
	}
	return s.rooms(links)
}

// close closes what readSlots opened.
func (s *survey) close() {
	for _, file := range s.slots {
		closeFile(file.fd)
	}
}

// readSlots reads the slots of all charges, as openSlots opens them.
func (s *survey) readSlots(b *Book, folder string) error {
	if folder != "" {
		var err error
		if b.folder, err = openSlots(folder); err != nil {
			return err
		}
		defer closeFile(b.folder)
	}
	for _, c := range s.charges {
		file := &slots{fd: -1, charge: c}
		if b.folder >= 0 {
			var err error
			if file, err = b.openToRead(fileName(c), c); err != nil {
				return err
			}
		}
		s.slots = append(s.slots, file)
	}
	return nil
}

// rooms counts in the order in which Claim tidies up: what lives in slots, then strays, then orphans, which go where
// there is room.
func (s *survey) rooms(links Links) ([]Room, error) {
	rooms := make([]Room, len(s.charges))
	for i, file := range s.slots {
		taken, err := file.taken(links)
		if err != nil {
			return nil, err
		}
		strays, err := s.strays(i, links)
		if err != nil {
			return nil, err
		}
		rooms[i] = Room{s.charges[i], min(taken+uint64(len(strays)), uint64(file.quota()))}
	}
	orphans, err := s.orphans(links)
	if err != nil || len(rooms) == 0 {
		return rooms, err
	}
	for range orphans {
		for i, file := range s.slots {
			if rooms[i].Taken < uint64(file.quota()) {
				rooms[i].Taken++
				break
			}
		}
	}
	return rooms, nil
}

// taken is the number of slots within the quota that are not free: their interface lives and stands in no lower slot, or
// a process is at work on it. Claim frees those whose process died.
func (s *slots) taken(links Links) (uint64, error) {
	n := uint64(0)
	for i := range min(s.quota(), len(s.records)) {
		if s.records[i].state == pending {
			held, err := s.held(i)
			if err != nil {
				return 0, err
			}
			if held {
				n++
			}
			continue
		}
		free, err := s.free(i, links)
		if err != nil {
			return 0, err
		}
		if !free {
			n++
		}
	}
	return n, nil
}

// held reports whether some process holds the lock of slot i, without trying to take it.
func (s *slots) held(i int) (bool, error) {
	lock := unix.Flock_t{Type: exclusive, Whence: unix.SEEK_SET, Start: int64(i) * recordSize, Len: recordSize}
	err := unix.FcntlFlock(uintptr(s.fd), unix.F_OFD_GETLK, &lock)
	return lock.Type != none, err
}
