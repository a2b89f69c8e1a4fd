package slots

import (
	"bytes"
	"errors"
	"slices"

	"userns-helpers/internal/netquota"
	"userns-helpers/internal/netquota/ledger"
)

// look is how a snapshot is taken, and what was seen on the way.
//
// The order of reading matters. The ledger first, then the kernel's names, then the slots: an interface of ours is
// written into its slot, then into the ledger, then made; so whatever the ledger or the kernel shows is in a slot that
// is read later, or belongs to no slot.
type look struct {
	netquota.Snapshot
	book    *Book
	limits  netquota.Limits
	links   Links
	charged []finder // of each allotment
	ownedBy []finder // of each of the user's names
	reading *ledger.Reading
	listed  []listed        // rows of the allotments
	inRows  map[string]bool // interfaces in these rows, and those with a name of the user's in other rows
	owned   []string        // interfaces in rows of the user, whatever the place
	living  map[string]bool // interfaces with a name of the user's that the kernel has: at least those that may count
	files   []*file         // of Snapshot.Slots
	rate    int             // the file of the user's beginnings; -1: there is none
	err     error           // the first of the kernel's
}

// finder finds the interface in a row that is charged to somebody, "" in others.
type finder func(row []byte) string

// listed is a row of an allotment.
type listed struct {
	of   netquota.Allotment
	nic  string
	line ledger.Line
}

// look reads the ledger and the kernel's names, opens the slots and takes a snapshot.
func (b *Book) look(who netquota.Account, allotments []netquota.Allotment, limits netquota.Limits, links Links) (*look, error) {
	l := &look{book: b, limits: limits, links: links, living: make(map[string]bool)}
	l.UID, l.Allotments, l.PerMinute = who.UID, allotments, limits.PerMinute
	for _, a := range allotments {
		l.charged = append(l.charged, ledger.ChargedTo(a))
	}
	for _, name := range who.Names {
		l.ownedBy = append(l.ownedBy, ledger.OwnedBy(name))
	}
	if err := l.readLedger(); err != nil {
		return nil, err
	}
	names, err := l.names(netquota.HostPrefix(who.UID))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if netquota.IsOf(name, who.UID) {
			l.living[name] = true
		}
	}
	if err := errors.Join(l.open(), l.openRate()); err != nil {
		return nil, err
	}
	return l, l.snap()
}

// names are the kernel's names that begin with prefix: at the place of the allotments, or wherever one counts for a limit.
func (l *look) names(prefix string) ([]string, error) {
	if l.limits.User.Set {
		return l.links.Names(prefix)
	}
	return l.links.NamesAt(l.Allotments[0].Place, prefix)
}

// readLedger takes note of the rows of the allotments, of the user, and of those that have a name of the user's; other
// users' rows cost these comparisons and nothing else.
func (l *look) readLedger() (err error) {
	l.listed, l.owned, l.inRows = nil, nil, make(map[string]bool)
	prefix := []byte(netquota.HostPrefix(l.UID))
	l.reading, err = l.book.ledger.Read(func(row []byte) bool {
		charged, _ := find(l.charged, row)
		owned, _ := find(l.ownedBy, row)
		return charged >= 0 || owned >= 0 || bytes.Contains(row, prefix)
	})
	if err != nil {
		return err
	}
	for _, line := range l.reading.Rows {
		l.note(line)
	}
	return nil
}

func (l *look) note(line ledger.Line) {
	row := line.Text()
	if i, nic := find(l.ownedBy, row); i >= 0 {
		l.owned = append(l.owned, nic)
	}
	if i, nic := find(l.charged, row); i >= 0 {
		l.listed = append(l.listed, listed{l.Allotments[i], nic, line})
		l.inRows[nic] = true
		return
	}
	for _, word := range bytes.Fields(row) {
		if netquota.IsOf(string(word), l.UID) {
			l.inRows[string(word)] = true
		}
	}
}

// find is the first that finds an interface in a row, and that; -1 if none does.
func find(all []finder, row []byte) (int, string) {
	for i, f := range all {
		if nic := f(row); nic != "" {
			return i, nic
		}
	}
	return -1, ""
}

// open opens the slots of the allotments and of the limits that are set.
func (l *look) open() error {
	for _, a := range l.Allotments {
		if err := l.openFile(FileName(a), netquota.Slots{Allotment: a, Quota: a.Quota}); err != nil {
			return err
		}
	}
	for _, a := range l.Allotments {
		if l.limits.Member.Set && a.Owner[0] == '@' {
			of := netquota.Slots{Kind: netquota.OfMember, Allotment: a, Quota: l.limits.Member.Most}
			if err := l.openFile(memberFile(a, l.UID), of); err != nil {
				return err
			}
		}
	}
	if l.limits.User.Set {
		return l.openFile(userFile(l.UID), netquota.Slots{Kind: netquota.OfUser, Quota: l.limits.User.Most})
	}
	return nil
}

func (l *look) openFile(name string, of netquota.Slots) error {
	fd, err := l.book.open(name)
	f := &file{Slots: of, fd: fd, path: l.book.path + "/" + name}
	l.files, l.Slots = append(l.files, f), append(l.Slots, &f.Slots)
	return err
}

// snap takes the snapshot, anew if there was one. Slots are asked about until enough are known to be free.
func (l *look) snap() (err error) {
	for _, f := range l.files {
		if err := f.load(); err != nil {
			return err
		}
		if err := f.judge(); err != nil {
			return err
		}
	}
	l.findUnslotted()
	if l.Begun, err = l.book.begun(l.rate); err != nil {
		return err
	}
	for _, f := range l.files {
		f.ask(1+len(f.Unslotted)+len(l.Unlisted), l.lives)
	}
	return l.err
}

// plan is the plan for the snapshot. Before it is a refusal, or makes a file longer, each slot is asked about.
func (l *look) plan() (netquota.Plan, error) {
	if p := l.Plan(); p.Refusal == nil && !l.extends(p) {
		return p, nil
	}
	return l.wholePlan()
}

// extends reports whether a plan takes a slot after those of a file of which some have not been asked about: the one that
// was known to be free is another process's by now.
func (l *look) extends(p netquota.Plan) bool {
	return slices.ContainsFunc(p.Take, func(step netquota.Step) bool {
		f := l.files[step.Of]
		isUnasked := func(s netquota.Slot) bool { return s.State == netquota.Unasked }
		return step.Slot >= len(f.Seen) && slices.ContainsFunc(f.Within(), isUnasked)
	})
}

// wholePlan is the plan for a snapshot for which each slot has been asked about.
func (l *look) wholePlan() (netquota.Plan, error) {
	for _, f := range l.files {
		f.ask(netquota.MostSlots+1, l.lives)
	}
	return l.Plan(), l.err
}

// lives reports whether an interface lives. Its name is asked for first: that costs least, and others rarely change it. But
// it is only a name.
func (l *look) lives(n netquota.Nic) bool {
	return l.isNamed(n) || !n.IsNameOnly() && l.links.Survives(n)
}

// stays reports whether an interface lives in this network namespace, where its bridge is.
func (l *look) stays(n netquota.Nic) bool {
	return l.isNamed(n) || !n.IsNameOnly() && l.links.IsHere(n)
}

// isNamed reports whether an interface lives under the name that it was made with.
func (l *look) isNamed(n netquota.Nic) bool {
	return n.Index != 0 && l.nameOf(n.Index) == n.Name || l.exists(n.Name)
}

func (l *look) nameOf(index int) string {
	name, err := l.links.NameOf(index)
	l.fail(err)
	return name
}

func (l *look) exists(name string) bool {
	alive, err := l.links.Exists(name)
	l.fail(err)
	return alive
}

// fail takes note of an error of the kernel's, which is one of the machine's and ends the call.
func (l *look) fail(err error) {
	if l.err == nil {
		l.err = err
	}
}

// recordOf is the slot of an allotment that has a name. That it stands in a slot of a limit says nothing of what it is
// charged to.
func (l *look) recordOf(name string) (netquota.Slot, bool) {
	return l.slot(func(s netquota.Slot) bool { return s.Name == name })
}

// slot is the first slot of an allotment of which something holds.
func (l *look) slot(is func(netquota.Slot) bool) (netquota.Slot, bool) {
	for _, f := range l.files {
		if f.Kind != netquota.OfAllotment {
			break
		}
		for _, s := range f.Seen {
			if s.Name != "" && is(s) {
				return s, true
			}
		}
	}
	return netquota.Slot{}, false
}
