package slots

import "userns-helpers/internal/netquota"

// A limit of n is kept like a quota of n, by n slots in a file of its own. An interface takes one of each file, before it
// is made; why there are never more than n holds for each file on its own. What is different: a slot of a limit is never
// pending. It counts what lives, half made or not; the slot of the allotment says what is to be removed, and where.

// openLimits opens the slots of the limits that are set.
func (s *survey) openLimits(b *Book, limits netquota.Limits) error {
	if limits.User.Set {
		fd, err := b.openFile(userFile(s.who.UID))
		if err != nil {
			return err
		}
		s.ofUser = &slots{fd: fd, path: b.slots + "/" + userFile(s.who.UID), allotment: netquota.Allotment{Quota: limits.User.Most}, full: &netquota.OverLimit{Most: limits.User.Most}}
	}
	for _, c := range s.allotments {
		var member *slots
		if limits.Member.Set && c.Owner[0] == '@' {
			fd, err := b.openFile(memberFile(c, s.who.UID))
			if err != nil {
				return err
			}
			member = &slots{
				fd: fd, path: b.slots + "/" + memberFile(c, s.who.UID), allotment: netquota.Allotment{Place: c.Place, Quota: limits.Member.Most}, full: &netquota.OverLimit{Most: limits.Member.Most, Allotment: c},
			}
		}
		s.ofMembers = append(s.ofMembers, member)
	}
	return nil
}

// files are all slots of the survey: those of the allotments, then those of the limits.
func (s *survey) files() []*slots {
	files := append([]*slots(nil), s.slots...)
	for _, file := range append(s.ofMembers[:len(s.ofMembers):len(s.ofMembers)], s.ofUser) {
		if file != nil {
			files = append(files, file)
		}
	}
	return files
}

// adoptLimited puts interfaces that count for a limit and are in none of its slots into one: those that were made by
// LXC's helper, or while there was no such limit, or stand in slots above a limit that was lowered.
//
// All of them were seen before the slots were read: in the ledger, or as the kernel's names. See survey.
func (s *survey) adoptLimited(links Links) error {
	for i, member := range s.ofMembers {
		if member == nil {
			continue
		}
		nics, err := s.membersOf(i, links)
		if err != nil {
			return err
		}
		if err := member.adoptAll(nics, links); err != nil {
			return err
		}
	}
	if s.ofUser == nil {
		return nil
	}
	return s.ofUser.adoptAll(s.ofTheUser(), links)
}

// ofTheUser are the interfaces that count for the limit of the user: those that rows and the kernel's names tell of. One
// that has been renamed is in a slot.
func (s *survey) ofTheUser() []netquota.Nic {
	var nics []netquota.Nic
	for _, name := range s.owned {
		nics = append(nics, s.known(name))
	}
	for name := range s.living {
		nics = append(nics, s.known(name))
	}
	return nics
}

// known is what a slot of a allotment says of an interface, or nothing but its name.
func (s *survey) known(name string) netquota.Nic {
	if r, held := s.recordOf(name); held {
		return r.Nic
	}
	return netquota.Named(name)
}

// membersOf are the interfaces of the user that are charged to allotment i. One whose name does not tell the user, as LXC's
// helper makes them for user ids above 65536, may be any member's and counts for none.
func (s *survey) membersOf(i int, links Links) ([]netquota.Nic, error) {
	var nics []netquota.Nic
	for _, name := range s.listed[i] {
		if netquota.IsOf(name, s.who.UID) {
			nics = append(nics, s.known(name))
		}
	}
	for _, r := range s.slots[i].records {
		if !netquota.IsOf(r.Name, s.who.UID) {
			continue
		}
		may, err := mayLive(r.Nic, links)
		if err != nil {
			return nil, err
		}
		if may || s.living[r.Name] {
			nics = append(nics, r.Nic)
		}
	}
	return nics, nil
}

// adoptAll puts those of nics that live into slots, and those that stand above the number of slots.
func (s *slots) adoptAll(nics []netquota.Nic, links Links) error {
	for _, nic := range append(nics, s.above()...) {
		if nic.Name == "" || s.holds(nic.Name, s.quota()) {
			continue
		}
		alive, err := lives(nic, links)
		if err != nil {
			return err
		}
		if !alive {
			continue
		}
		if nic = described(nic, links); s.has(nic) {
			continue
		}
		if _, err := s.adopt(nic, links); err != nil {
			return err
		}
	}
	return nil
}

// has reports whether one of the slots that may be used has an interface, by whatever name.
func (s *slots) has(nic netquota.Nic) bool {
	for _, r := range s.records[:min(s.quota(), len(s.records))] {
		if r.Name != "" && r.Is(nic) {
			return true
		}
	}
	return false
}
