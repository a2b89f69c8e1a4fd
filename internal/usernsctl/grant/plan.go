package grant

import (
	"errors"
	"strings"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/grant/choice"
)

// plan is what is to be written, decided over one look at the files.
type plan struct {
	*world
	order  Order
	count  uint64
	lines  []Line
	asked  []idmap.Range  // all that is added: name services are asked about it
	chosen []idmap.Range  // what of it this program chose
	where  *choice.Space  // from which the first was
	near   []choice.Claim // to ids that were given all the same: the administrator chose them
}

// aligned reports whether ranges must begin with a multiple of 65536: kubelet's must.
func (o Order) aligned() bool { return o.Pods > 0 }

// wanted is how many IDs each person is to have, and whether the order says so itself.
func (o Order) wanted(d defs) (count uint64, explicit bool) {
	switch {
	case o.Pods > 0:
		return o.Pods * choice.Unit, true
	case o.Count > 0:
		return o.Count, true
	}
	return d.count(), false
}

// decide makes the lines for people. Errors: *Refusal.
func (w *world) decide(o Order, people []person) (*plan, error) {
	pl := &plan{world: w, order: o}
	pl.count, _ = o.wanted(w.defs)
	for _, p := range people {
		if err := pl.person(p); err != nil {
			return nil, err
		}
	}
	return pl, nil
}

// person makes the lines for one person.
func (pl *plan) person(p person) error {
	uids, gids := pl.has(idmap.UID, p), pl.has(idmap.GID, p)
	if len(uids) == 0 && len(gids) == 0 {
		return pl.choose(p)
	}
	if pl.order.User == "" && len(uids) > 0 && len(gids) > 0 {
		return nil // all who have no range were asked for
	}
	if err := pl.fits(p, uids, gids); err != nil {
		return err
	}
	pl.keep(idmap.UID, p, uids)
	pl.keep(idmap.GID, p, gids)
	switch {
	case len(gids) == 0:
		return pl.complete(idmap.GID, p, uids)
	case len(uids) == 0:
		return pl.complete(idmap.UID, p, gids)
	}
	return nil
}

// keep reports lines that are there.
func (pl *plan) keep(kind idmap.Kind, p person, rows []grantRow) {
	for _, row := range rows {
		pl.lines = append(pl.lines, lineOf(kind, row.owner, p, row.ids, Kept))
	}
}

// choose gives new IDs to a person: the same of both kinds, unless login.defs(5) computes different ones.
func (pl *plan) choose(p person) error {
	ids, fixed, err := pl.fixed(p)
	if err != nil {
		return err
	}
	if fixed {
		err = pl.chosenBy(ids)
	} else {
		ids, err = pl.lowest()
	}
	if err != nil {
		return err
	}
	for _, kind := range kinds() {
		pl.add(kind, p, ids[kind])
	}
	return nil
}

// lowest are the lowest IDs that are free in both files.
func (pl *plan) lowest() ([2]idmap.Range, error) {
	r, ok := pl.both.Choose(pl.count, pl.order.aligned())
	if !ok {
		return [2]idmap.Range{}, pl.noRoom()
	}
	pl.chose(pl.both, r)
	return [2]idmap.Range{r, r}, nil
}

// chosenBy refuses IDs that the administrator chose, or login.defs(5) computes, where somebody has some of them. That others
// take them without a file that says so is for the report.
func (pl *plan) chosenBy(ids [2]idmap.Range) error {
	for _, kind := range kinds() {
		if err := pl.free(kind, ids[kind]); err != nil {
			return err
		}
	}
	if claim, near := pl.space(idmap.UID).Clash(ids[idmap.UID], false); near {
		pl.near = append(pl.near, claim)
	}
	return nil
}

// chose notes a range that this program chose.
func (pl *plan) chose(where *choice.Space, ids idmap.Range) {
	if pl.where == nil {
		pl.where = where
	}
	pl.chosen = append(pl.chosen, ids)
}

// noRoom is the refusal where there are not as many IDs.
func (pl *plan) noRoom() error {
	advice := "Ask for fewer (--count), or raise SUB_UID_MAX and SUB_GID_MAX in " + paths.LoginDefs() + "; usernsctl ranges shows who has what."
	if pl.order.aligned() {
		advice = "Ask for fewer pods; usernsctl ranges shows who has what."
	}
	return &Refusal{"no-room", "there are no " + decimal(pl.count) + " IDs side by side that are free in both files", advice}
}

// free refuses IDs that somebody has. What is only best left alone is the business of whoever chose: the space did not.
func (pl *plan) free(kind idmap.Kind, ids idmap.Range) error {
	claim, taken := pl.space(kind).Clash(ids, true)
	if !taken {
		return nil
	}
	return &Refusal{"taken", "the " + strings.ToUpper(kind.Word()) + "s " + span(ids) + " are not free: " + describe(claim), "Choose others; usernsctl ranges shows who has what."}
}

// add adds a line.
func (pl *plan) add(kind idmap.Kind, p person, ids idmap.Range) {
	owner := p.owner(pl.defs, pl.defs.key(kind, "STORE_BY_UID"))
	pl.lines = append(pl.lines, lineOf(kind, owner, p, ids, Added))
	if n := len(pl.asked); n == 0 || pl.asked[n-1] != ids { // the same of both kinds
		pl.asked = append(pl.asked, ids)
	}
	pl.use(kind, ids)
}

// next are the ranges that this program would choose after those of the plan, for others who are faster.
func (pl *plan) next(number int) []idmap.Range {
	var ranges []idmap.Range
	for len(pl.chosen) > 0 && len(ranges) < number {
		r, ok := pl.both.Choose(pl.count, pl.order.aligned())
		if !ok {
			break
		}
		pl.both.Use(r)
		ranges = append(ranges, r)
	}
	return ranges
}

// complete gives a person in one file what the person has in the other: the same IDs where these are free, and otherwise as
// many.
func (pl *plan) complete(kind idmap.Kind, p person, rows []grantRow) error {
	for _, row := range rows {
		ids := row.ids
		var refusal *Refusal
		if err := pl.free(kind, ids); errors.As(err, &refusal) {
			var ok bool
			if ids, ok = pl.space(kind).Choose(row.ids.Count(), pl.order.aligned()); !ok {
				return pl.noRoom()
			}
			pl.chose(pl.space(kind), ids)
		}
		pl.add(kind, p, ids)
	}
	return nil
}
