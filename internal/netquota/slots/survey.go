package slots

import (
	"bytes"

	"userns-helpers/internal/netquota"
)

// survey is what is known about the interfaces of an account at a place, before a slot is taken.
//
// The order of reading matters. The ledger first, then the kernel's names, then the slots: an interface of ours is
// written into its slot, then into the ledger, then made; so whatever the ledger or the kernel shows is in a slot that
// is read later, or belongs to no slot.
type survey struct {
	who        netquota.Account
	allotments []netquota.Allotment
	listed     [][]string      // of each allotment: the interfaces in its rows
	others     map[string]bool // interfaces with a name of the user's, in rows of other allotments
	living     map[string]bool // interfaces with a name of the user's that the kernel has
	owned      []string        // interfaces in rows of the user, whatever the place
	slots      []*slots        // of each allotment
	ofMembers  []*slots        // of each allotment: those of the limit of a group's member; nil where there is none
	ofUser     *slots          // those of the limit of the user; nil if there is none
	sheet      sheet           // where the ledger can be written over
}

// look makes the survey.
func (b *Book) look(who netquota.Account, allotments []netquota.Allotment, limits netquota.Limits, links Links) (*survey, error) {
	s, err := b.survey(who, allotments, links)
	if err != nil {
		return nil, err
	}
	return s, s.openSlots(b, limits)
}

// survey is look without the slots.
func (b *Book) survey(who netquota.Account, allotments []netquota.Allotment, links Links) (*survey, error) {
	s := &survey{
		who: who, allotments: allotments, listed: make([][]string, len(allotments)),
		others: make(map[string]bool), living: make(map[string]bool),
	}
	if err := b.read(&s.sheet, s.row); err != nil {
		return nil, err
	}
	names, err := links.Names()
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if netquota.IsOf(name, who.UID) {
			s.living[name] = true
		}
	}
	return s, nil
}

func (s *survey) openSlots(b *Book, limits netquota.Limits) error {
	for _, c := range s.allotments {
		opened, err := b.open(c)
		if err != nil {
			return err
		}
		s.slots = append(s.slots, opened)
	}
	if err := s.openLimits(b, limits); err != nil {
		return err
	}
	return s.reload()
}

// reload reads all slots again.
func (s *survey) reload() error {
	for _, file := range s.files() {
		if err := file.load(); err != nil {
			return err
		}
	}
	return nil
}

// row takes note of a row of the ledger: of its interface if it is charged to one of the allotments, or if its name is one
// of the user's; other users' rows cost these comparisons and nothing else.
func (s *survey) row(row []byte, at int64) {
	if nic := ownedBy(s.who, row); nic != "" {
		s.owned = append(s.owned, nic)
	}
	for i, c := range s.allotments {
		if nic := chargedTo(c, row); nic != "" {
			s.listed[i] = append(s.listed[i], nic)
			s.sheet.note(nic, row, at)
			return
		}
	}
	if !bytes.Contains(row, []byte(netquota.HostPrefix(s.who.UID))) {
		return
	}
	for _, word := range bytes.Fields(row) {
		if netquota.IsOf(string(word), s.who.UID) {
			s.others[string(word)] = true
		}
	}
}

// isNamed reports whether a slot has name, one of a allotment or of a limit.
func (s *survey) isNamed(name string) bool {
	for _, file := range s.files() {
		if file.holds(name, len(file.records)) {
			return true
		}
	}
	return false
}

// stateOf is the state of the slot of a allotment that has name, 0 if there is none. That it stands in a slot of a limit says
// nothing of what it is charged to.
func (s *survey) stateOf(name string) state {
	r, _ := s.recordOf(name)
	return r.state
}

// recordOf is the slot of a allotment that has name.
func (s *survey) recordOf(name string) (record, bool) {
	for _, file := range s.slots {
		for _, r := range file.records {
			if r.Name == name {
				return r, true
			}
		}
	}
	return record{}, false
}
