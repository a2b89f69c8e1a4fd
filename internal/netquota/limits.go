package netquota

import "strconv"

// Limits are the limits on the living interfaces of a user that hold besides the quotas of the charges.
type Limits struct {
	User   Limit // of all interfaces of the user, on all bridges
	Member Limit // of those that are charged to one @group at one place
}

// Limit is a number of living interfaces.
type Limit struct {
	Set  bool
	Most uint64
}

// LimitError says that a limit is reached. Charge is the group's for the limit of a member; its zero value says that it is
// the limit of the user.
type LimitError struct {
	Most    uint64
	Charge  Charge
	Holders Holders
}

// OfMember reports whether it is the limit of a group's member.
func (e *LimitError) OfMember() bool { return e.Charge.Owner != "" }

// Error names the limit.
func (e *LimitError) Error() string {
	text := "the limit of interfaces is reached: " + strconv.FormatUint(e.Most, 10)
	if e.OfMember() {
		text += " for a member of " + e.Charge.Owner
	}
	return text
}

// A limit of n is kept like a quota of n, by n slots in a file of its own. An interface takes one of each file, before it
// is made; why there are never more than n holds for each file on its own. What is different: a slot of a limit is never
// pending. It counts what lives, half made or not; the slot of the charge says what is to be removed, and where.

// openLimits opens the slots of the limits that are set.
func (s *survey) openLimits(b *Book, limits Limits) error {
	if limits.User.Set {
		fd, err := b.openFile(userFile(s.who.UID))
		if err != nil {
			return err
		}
		s.ofUser = &slots{fd: fd, path: b.slots + "/" + userFile(s.who.UID), charge: Charge{Quota: limits.User.Most}, full: &LimitError{Most: limits.User.Most}}
	}
	for _, c := range s.charges {
		var member *slots
		if limits.Member.Set && c.Owner[0] == '@' {
			fd, err := b.openFile(memberFile(c, s.who.UID))
			if err != nil {
				return err
			}
			member = &slots{
				fd: fd, path: b.slots + "/" + memberFile(c, s.who.UID), charge: Charge{Place: c.Place, Quota: limits.Member.Most}, full: &LimitError{Most: limits.Member.Most, Charge: c},
			}
		}
		s.ofMembers = append(s.ofMembers, member)
	}
	return nil
}

// files are all slots of the survey: those of the charges, then those of the limits.
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
		if err := member.adoptAll(s.membersOf(i), links); err != nil {
			return err
		}
	}
	if s.ofUser == nil {
		return nil
	}
	names := append([]string(nil), s.owned...)
	for name := range s.living {
		names = append(names, name)
	}
	return s.ofUser.adoptAll(names, links)
}

// membersOf are the interfaces of the user that are charged to charge i. One whose name does not tell the user, as LXC's
// helper makes them for user ids above 65536, may be any member's and counts for none.
func (s *survey) membersOf(i int) []string {
	var names []string
	for _, name := range s.listed[i] {
		if IsOf(name, s.who.UID) {
			names = append(names, name)
		}
	}
	for _, r := range s.slots[i].records {
		if s.living[r.name] {
			names = append(names, r.name)
		}
	}
	return names
}

// adoptAll puts those of names that live into slots, and those that stand above the number of slots.
func (s *slots) adoptAll(names []string, links Links) error {
	for k := s.quota(); k < len(s.records); k++ {
		names = append(names, s.records[k].name)
	}
	for _, name := range names {
		if name == "" || s.holds(name, s.quota()) {
			continue
		}
		alive, err := links.Exists(name)
		if alive && err == nil {
			_, err = s.adopt(name, links)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
