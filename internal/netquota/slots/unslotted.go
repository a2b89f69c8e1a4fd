package slots

import (
	"slices"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

// findUnslotted finds the living interfaces that count and are in none of the slots that may be used: made by LXC's helper,
// or before the slots were lost, or before there was such a limit; or in slots above a quota that was lowered. All of them
// were seen before the slots were read, in the ledger or as the kernel's names.
func (l *look) findUnslotted() {
	for _, f := range l.files {
		candidates := l.counting(f)
		for _, s := range f.Seen[len(f.Within()):] {
			candidates = append(candidates, s.Nic)
		}
		f.Unslotted = nil
		for _, nic := range candidates {
			if nic.Name == "" || f.Has(netquota.Nic{Name: nic.Name}) || !l.lives(nic) {
				continue
			}
			if nic.Index == 0 {
				nic = l.links.Describe(nic.Name)
			}
			if !f.has(nic, l.lives) {
				f.Unslotted = append(f.Unslotted, nic)
			}
		}
	}
	l.findUnlisted()
}

// counting are the interfaces that count for slots, as rows and the kernel's names tell. One of a group's whose name does not
// tell the user, as LXC's helper makes them for user ids above 65536, may be any member's and counts for none.
func (l *look) counting(f *file) (nics []netquota.Nic) {
	if f.Kind == netquota.OfUser {
		for _, name := range l.owned {
			nics = append(nics, l.known(name))
		}
		for name := range l.living {
			nics = append(nics, l.known(name))
		}
		return nics
	}
	isMine := func(name string) bool { return f.Kind == netquota.OfAllotment || netquota.IsOf(name, l.UID) }
	for _, row := range l.listed {
		if row.of == f.Allotment && isMine(row.nic) {
			nics = append(nics, l.known(row.nic))
		}
	}
	if f.Kind == netquota.OfMember {
		for _, s := range l.files[slices.Index(l.Allotments, f.Allotment)].Seen {
			if isMine(s.Name) {
				nics = append(nics, s.Nic)
			}
		}
	}
	return nics
}

// known is what a slot of an allotment says of an interface, or nothing but its name.
func (l *look) known(name string) netquota.Nic {
	if s, slotted := l.recordOf(name); slotted {
		return s.Nic
	}
	return netquota.Named(name)
}

// findUnlisted finds the user's living interfaces at the place that are in no slot and in no row: only the kernel knows
// them. One that has been given another name of the user's since it was made is in a slot.
func (l *look) findUnlisted() {
	l.Unlisted = nil
	for name := range l.living {
		if _, slotted := l.recordOf(name); slotted || l.inRows[name] {
			continue
		}
		nic, here := l.links.On(name, l.Allotments[0].Place)
		if here && !l.isSlotted(nic) {
			l.Unlisted = append(l.Unlisted, nic)
		}
	}
}

// isSlotted reports whether a slot of an allotment has a living interface, by whatever name.
func (l *look) isSlotted(nic netquota.Nic) bool {
	_, slotted := l.slot(func(s netquota.Slot) bool {
		return s.Is(nic) && !s.State.IsFree() && (s.State.IsPending() || l.lives(s.Nic))
	})
	return slotted
}

// dead are the rows of the allotments whose interfaces neither live nor are about to. The kernel is asked again: the
// interface may have been made since, and its names are no snapshot where there are more than fit one read. One that has
// been renamed is known by its slot.
func (l *look) dead() []ledger.Line {
	var dead []ledger.Line
	for _, row := range l.listed {
		s, slotted := l.recordOf(row.nic)
		if !slotted {
			s.Nic = netquota.Named(row.nic)
		}
		alive := l.living[row.nic] || s.State.IsPending()
		if !alive && (s.State == netquota.Dead || !l.lives(s.Nic)) {
			dead = append(dead, row.line)
		}
	}
	return dead
}

// lost are the rows that the ledger has lost: of complete interfaces in slots, living, and in no row. The ledger is read
// again before that is believed: a row may have come since.
func (l *look) lost() ([]ledger.Row, error) {
	rows := l.unrecorded()
	if len(rows) == 0 {
		return nil, nil
	}
	if err := l.readLedger(); err != nil {
		return nil, err
	}
	return l.unrecorded(), nil
}

func (l *look) unrecorded() []ledger.Row {
	var rows []ledger.Row
	for i, a := range l.Allotments {
		f := l.files[i]
		for k, s := range f.records {
			if s.State == netquota.Unasked && f.Seen[k].State != netquota.Dead && !l.inRows[s.Name] && l.isHere(s.Nic) {
				rows = append(rows, ledger.Row{Owner: a.Owner, Place: a.Place, Nic: s.Name})
			}
		}
	}
	return rows
}

// isHere reports whether an interface lives in this network namespace, by the name that it was made with or another. That
// it does not costs little to find out.
func (l *look) isHere(nic netquota.Nic) bool {
	return l.living[nic.Name] || nic.Index != 0 && l.nameOf(nic.Index) != "" && l.lives(nic)
}
