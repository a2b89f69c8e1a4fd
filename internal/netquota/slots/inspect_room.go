package slots

import (
	"errors"
	"slices"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/netquota"
)

// Room is how much of a allotment is taken.
type Room struct {
	Allotment netquota.Allotment
	Taken     uint64 // living interfaces that count against the quota; at most the quota
	Mine      uint64 // those that count against the limit of a group's member, if there is one; at most that limit
}

// Rooms is what Claim would find.
type Rooms struct {
	Allotments []Room
	OfUser     uint64 // living interfaces that count against the limit of the user, if there is one; at most that limit
	Refusal    error  // *OverQuota, *OverLimit, *RateLimited; nil: there is room
}

// Look says how many interfaces Claim would find charged to each of allotments, and whether Claim and Begin would let
// another one be made. It changes nothing. Without the slots, an empty path, it counts by the ledger and the kernel's
// names alone: all that others than root can see.
//
// Errors: as ReadRows and ReadSlots, those of links.
func Look(ledger, folder string, who netquota.Account, allotments []netquota.Allotment, limits netquota.Limits, pace netquota.Limit, links Links) (Rooms, error) {
	return reader(ledger).rooms(folder, who, allotments, limits, pace, links)
}

// rooms is Look for a book that is only read.
func (b *Book) rooms(folder string, who netquota.Account, allotments []netquota.Allotment, limits netquota.Limits, pace netquota.Limit, links Links) (Rooms, error) {
	if folder != "" {
		var err error
		if b.folder, err = openSlots(folder); err != nil {
			return Rooms{}, err
		}
		defer closeFile(b.folder)
	}
	s, err := b.survey(who, allotments, links)
	if err != nil {
		return Rooms{}, err
	}
	defer s.close()
	if err := s.readSlots(b, limits); err != nil {
		return Rooms{}, err
	}
	rooms, err := s.rooms(links)
	if err != nil || rooms.Refusal != nil {
		return rooms, err
	}
	rooms.Refusal, err = b.paced(who.UID, pace)
	return rooms, err
}

// readSlots reads the slots of all allotments and limits, as openSlots opens them. What is missing has no record.
func (s *survey) readSlots(b *Book, limits netquota.Limits) error {
	for _, c := range s.allotments {
		file, err := b.openToRead(fileName(c), c)
		s.slots = append(s.slots, file)
		if err != nil {
			return err
		}
		var member *slots
		if limits.Member.Set && c.Owner[0] == '@' {
			member, err = b.openToRead(memberFile(c, s.who.UID), netquota.Allotment{Place: c.Place, Quota: limits.Member.Most})
			member.full = &netquota.OverLimit{Most: limits.Member.Most, Allotment: c}
		}
		s.ofMembers = append(s.ofMembers, member)
		if err != nil {
			return err
		}
	}
	if !limits.User.Set {
		return nil
	}
	var err error
	s.ofUser, err = b.openToRead(userFile(s.who.UID), netquota.Allotment{Quota: limits.User.Most})
	s.ofUser.full = &netquota.OverLimit{Most: limits.User.Most}
	return err
}

// close closes what readSlots opened.
func (s *survey) close() {
	for _, file := range s.files() {
		closeFile(file.fd)
	}
}

// rooms counts in the order in which Claim tidies up: what lives in slots, then strays, then orphans, which go where
// there is room; then what counts for limits.
func (s *survey) rooms(links Links) (Rooms, error) {
	var r Rooms
	for i, file := range s.slots {
		taken, err := file.taken(links)
		if err != nil {
			return r, err
		}
		strays, err := s.strays(i, links)
		if err != nil {
			return r, err
		}
		r.Allotments = append(r.Allotments, Room{Allotment: s.allotments[i], Taken: min(taken+uint64(len(strays)), uint64(file.quota()))})
	}
	s.addOrphans(r.Allotments, links)
	if err := s.addLimited(&r, links); err != nil {
		return r, err
	}
	r.Refusal = s.refusal(r)
	return r, nil
}

// addOrphans counts each orphan for the first allotment that has room.
func (s *survey) addOrphans(rooms []Room, links Links) {
	if len(rooms) == 0 {
		return
	}
	for range s.orphans(links) {
		for i, file := range s.slots {
			if rooms[i].Taken < uint64(file.quota()) {
				rooms[i].Taken++
				break
			}
		}
	}
}

// addLimited counts what counts for the limits.
func (s *survey) addLimited(r *Rooms, links Links) (err error) {
	for i, member := range s.ofMembers {
		if member != nil {
			nics, err := s.membersOf(i, links)
			if err != nil {
				return err
			}
			if r.Allotments[i].Mine, err = member.takenWith(nics, links); err != nil {
				return err
			}
		}
	}
	if s.ofUser != nil {
		r.OfUser, err = s.ofUser.takenWith(s.ofTheUser(), links)
	}
	return err
}

// takenWith is how many slots would be taken once adoptAll has put nics into slots.
func (s *slots) takenWith(nics []netquota.Nic, links Links) (uint64, error) {
	var counted []netquota.Nic
	for _, r := range s.records {
		nics = append(nics, r.Nic)
	}
	for _, nic := range nics {
		same := func(other netquota.Nic) bool { return nic.Name == other.Name || nic.Is(other) }
		if nic.Name == "" || slices.ContainsFunc(counted, same) {
			continue
		}
		alive, err := lives(nic, links)
		if err != nil {
			return 0, err
		}
		if alive {
			counted = append(counted, described(nic, links))
		}
	}
	return min(uint64(len(counted)), uint64(s.quota())), nil
}

// refusal is what takeAll and Claim come to.
func (s *survey) refusal(r Rooms) error {
	if s.ofUser != nil && r.OfUser >= uint64(s.ofUser.quota()) {
		return s.ofUser.reached()
	}
	var limited error
	for i, room := range r.Allotments {
		member := s.ofMembers[i]
		switch {
		case member != nil && room.Mine >= uint64(member.quota()):
			if limited == nil {
				limited = member.reached()
			}
		case room.Taken < uint64(s.slots[i].quota()):
			return nil
		}
	}
	if limited != nil {
		return limited
	}
	return s.full()
}

// taken is the number of slots within the quota that are not free: their interface lives and stands in no lower slot, or
// a process is at work on it. Claim frees those whose process died.
func (s *slots) taken(links Links) (uint64, error) {
	n := uint64(0)
	for i := range min(s.quota(), len(s.records)) {
		used, err := s.used(i, links)
		if err != nil {
			return 0, err
		}
		if used {
			n++
		}
	}
	return n, nil
}

// used reports whether slot i is not free.
func (s *slots) used(i int, links Links) (bool, error) {
	if s.records[i].state == pending {
		return s.held(i)
	}
	free, err := s.free(i, links)
	return !free, err
}

// held reports whether some process holds the lock of slot i, without trying to take it.
func (s *slots) held(i int) (bool, error) {
	lock := unix.Flock_t{Type: exclusive, Whence: unix.SEEK_SET, Start: int64(i) * recordSize, Len: recordSize}
	err := unix.FcntlFlock(uintptr(s.fd), unix.F_OFD_GETLK, &lock)
	return lock.Type != none, err
}

// paced is what Begin would say, nil if it would count another beginning.
func (b *Book) paced(uid uint32, limit netquota.Limit) (refusal, err error) {
	if !limit.Set {
		return nil, nil
	}
	if limit.Most == 0 {
		return &netquota.RateLimited{}, nil
	}
	if b.folder < 0 {
		return nil, nil
	}
	fd, err := unix.Openat(b.folder, paceFile(uid), unix.O_RDONLY|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0)
	if errors.Is(err, unix.ENOENT) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer closeFile(fd)
	text, err := readRecords(fd)
	least := uint64(minute)
	for i := range int(min(limit.Most, mostSlots)) {
		if len(text) < (i+1)*paceSize {
			return nil, err
		}
		wait := remaining(text[i*paceSize:(i+1)*paceSize], sinceBoot())
		if wait == 0 {
			return nil, err
		}
		least = min(least, wait)
	}
	return &netquota.RateLimited{Most: limit.Most, Wait: (least + second - 1) / second}, err
}
