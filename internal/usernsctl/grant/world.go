package grant

import (
	"bytes"
	"strconv"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/subid/slips"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/grant/shadow"
)

// world is what the files say at one moment.
type world struct {
	defs   defs
	files  [2]shadow.File           // by kind
	owned  [2]map[string][]grantRow // what lines grant, by kind and owner
	spaces [2]*choice.Space         // of one kind
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
	general := append(append(banned, services()...), others...)
	var low, high [2]uint64
	for _, kind := range kinds() {
		low[kind], high[kind] = d.window(kind)
		w.spaces[kind] = choice.NewSpace(low[kind], high[kind], claims[kind], general)
	}
	w.both = choice.NewSpace(max(low[0], low[1]), min(high[0], high[1]), claims[0], claims[1], general)
	return w, nil
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
	_, err = slips.Inspect(bytes.NewReader(file.Text), func(e slips.Entry) {
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
	w.spaces[kind].Use(ids)
	w.both.Use(ids)
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

// span is a range as people say it: first and last id.
func span(r idmap.Range) string { return decimal(r.Start()) + "-" + decimal(r.End()-1) }
