package grant

import (
	"bytes"
	"slices"
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid/slips"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/grant/shadow"
)

// world is what the files say at one moment.
type world struct {
	defs   defs
	files  [2]shadow.File           // by kind
	owned  [2]map[string][]grantRow // what lines grant, by kind and owner
	claims [2][]choice.Claim        // to IDs of one kind
	shared []choice.Claim           // to IDs of both
	unseen []finding.Unseen         // what could not be looked at
	given  [2][]idmap.Range         // what the plan gives
	spaces [2]*choice.Space         // of one kind, made where they are needed
	both   *choice.Space            // of both at once
	local  map[string]uint32        // the users of this host's files, and one more than their IDs: 0 stands for no user
}

// grantRow is a line that grants IDs.
type grantRow struct {
	line  int
	ids   idmap.Range
	owner string
}

// look reads the files. Others are IDs that were found to be somebody's.
func (h Host) look(d defs, others []choice.Claim) (*world, error) {
	w := &world{defs: d, local: make(map[string]uint32)}
	banned, err := h.forbiddenIDs()
	if err != nil {
		return nil, err
	}
	claims, err := h.accounts(d)
	if err != nil {
		return nil, err
	}
	for _, c := range claims[idmap.UID] {
		if c.Rule == choice.Account && w.local[c.Who] == 0 {
			w.local[c.Who] = uint32(c.Range.End())
		}
	}
	for _, kind := range kinds() {
		lines, err := w.read(kind)
		if err != nil {
			return nil, err
		}
		claims[kind] = append(claims[kind], lines...)
	}
	known, unseen := services()
	w.unseen = unseen
	w.claims, w.shared = claims, slices.Concat(banned, known, others)
	low, high := d.window(idmap.UID)
	lowGID, highGID := d.window(idmap.GID)
	w.both = choice.NewSpace(max(low, lowGID), min(high, highGID), claims[0], claims[1], w.shared)
	return w, nil
}

// space is the space of one kind. Most plans do without.
func (w *world) space(kind idmap.Kind) *choice.Space {
	if w.spaces[kind] == nil {
		low, high := w.defs.window(kind)
		w.spaces[kind] = choice.NewSpace(low, high, w.claims[kind], w.shared)
		for _, r := range w.given[kind] {
			w.spaces[kind].Use(r)
		}
	}
	return w.spaces[kind]
}

// read reads subuid(5) or subgid(5): what is in it, and who has it.
func (w *world) read(kind idmap.Kind) ([]choice.Claim, error) {
	path := fileOf(kind)
	file, err := shadow.Read(path)
	if err != nil {
		return nil, refusedFile(path, err)
	}
	w.files[kind], w.owned[kind] = file, make(map[string][]grantRow)
	var claims []choice.Claim
	_, err = slips.Inspect(bytes.NewReader(file.Text), nil, func(e slips.Entry) {
		if e.Fault == slips.NoFault {
			w.owned[kind][e.Owner] = append(w.owned[kind][e.Owner], grantRow{e.Line, e.Range, e.Owner})
			claims = append(claims, choice.Claim{Range: e.Range, Rule: choice.Line, Who: e.Owner, File: path, Line: e.Line})
		}
	})
	return claims, err
}

// has are the ranges of a person.
func (w *world) has(kind idmap.Kind, p person) []grantRow {
	var rows []grantRow
	for _, owner := range p.owners() {
		rows = append(rows, w.owned[kind][owner]...)
	}
	return rows
}

// use takes IDs out of what is free.
func (w *world) use(kind idmap.Kind, ids idmap.Range) {
	w.given[kind] = append(w.given[kind], ids)
	if w.spaces[kind] != nil {
		w.spaces[kind].Use(ids)
	}
	w.both.Use(ids)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// span is a range as people say it: first and last id.
func span(r idmap.Range) string { return decimal(r.Start()) + "-" + decimal(r.End()-1) }
