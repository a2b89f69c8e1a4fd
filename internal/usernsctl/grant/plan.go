package grant

import (
	"errors"
	"slices"
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
	chosen []idmap.Range  // starts that this program chose, for both kinds
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

// fits refuses where a person has other ranges than the order asks for: to report them as granted would be a lie. Kubelet's
// are one range, the same of both kinds.
func (pl *plan) fits(p person, uids, gids []grantRow) error {
	if _, explicit := pl.order.wanted(pl.defs); !explicit && !pl.order.Fixed {
		return nil
	}
	several := len(uids) > 1 || len(gids) > 1
	all := slices.Concat(uids, gids)
	for _, row := range all {
		if !pl.enough(row.ids) || pl.order.aligned() && (several || row.ids != all[0].ids) {
			return &Refusal{
				"has-others", p.name + " has the IDs " + span(row.ids) + ", which is not what was asked for",
				"Take them back first, if nothing is stored with them: usernsctl revoke " + p.name,
			}
		}
	}
	return nil
}

// enough reports whether a range is one that was asked for.
func (pl *plan) enough(ids idmap.Range) bool {
	switch {
	case pl.order.Fixed:
		return ids.Start() <= pl.order.Start && pl.order.Start+pl.count <= ids.End()
	case pl.order.aligned():
		return ids.Start()%choice.Unit == 0 && ids.Count()%choice.Unit == 0 && ids.Count() >= pl.count
	}
	return ids.Count() >= pl.count
}

// choose gives new IDs to a person: the same of both kinds, unless login.defs(5) computes different ones.
func (pl *plan) choose(p person) error {
	ids, fixed, err := pl.fixed(p)
	if err != nil {
		return err
	}
	if !fixed {
		r, ok := pl.both.Choose(pl.count, pl.order.aligned())
		if !ok {
			return pl.noRoom()
		}
		ids = [2]idmap.Range{r, r}
		pl.chose(pl.both, r)
	}
	for _, kind := range kinds() {
		if err := pl.free(kind, ids[kind]); err != nil {
			return err
		}
	}
	for _, kind := range kinds() {
		pl.add(kind, p, ids[kind])
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

// fixed is where the order says that a range is, or login.defs(5) computes it: of one kind for both.
func (pl *plan) fixed(p person) (ids [2]idmap.Range, fixed bool, err error) {
	if pl.order.Fixed {
		r, ok := idmap.NewRange(pl.order.Start, pl.count)
		if !ok || r.End() > 1<<32-1 {
			return ids, false, &Refusal{"beyond", decimal(pl.count) + " IDs from " + decimal(pl.order.Start) + " on reach beyond 4294967294", "Choose a range that ends below."}
		}
		ids = [2]idmap.Range{r, r}
	}
	var computed [2]bool
	for _, kind := range kinds() {
		var formula choice.Formula
		if formula, computed[kind] = pl.defs.formula(kind); !computed[kind] {
			continue
		}
		if ids[kind], err = pl.compute(formula, kind, p); err != nil {
			return ids, false, err
		}
	}
	switch {
	case computed[idmap.UID] && !computed[idmap.GID]:
		ids[idmap.GID] = ids[idmap.UID]
	case computed[idmap.GID] && !computed[idmap.UID]:
		ids[idmap.UID] = ids[idmap.GID]
	}
	return ids, pl.order.Fixed || computed[idmap.UID] || computed[idmap.GID], nil
}

// compute is the range that login.defs(5) computes for a person.
func (pl *plan) compute(formula choice.Formula, kind idmap.Kind, p person) (idmap.Range, error) {
	key := pl.defs.key(kind, "DETERMINISTIC")
	if _, explicit := pl.order.wanted(pl.defs); explicit || pl.order.Fixed {
		return idmap.Range{}, &Refusal{"deterministic", key + " in " + paths.LoginDefs() + " says which IDs each user has", "Leave out --start, --count and --kubelet, or switch it off."}
	}
	ids, err := formula.Of(p.uid)
	if err != nil {
		return ids, &Refusal{"deterministic", key + " in " + paths.LoginDefs() + " computes no IDs for " + p.name + ": " + err.Error(), "Change the settings it depends on, or switch it off."}
	}
	return ids, nil
}

// free refuses IDs that somebody has. What is only best left alone is the business of whoever chose: the space did not.
func (pl *plan) free(kind idmap.Kind, ids idmap.Range) error {
	claim, taken := pl.spaces[kind].Clash(ids, true)
	if !taken {
		return nil
	}
	return &Refusal{"taken", "the " + strings.ToUpper(kind.Word()) + "s " + span(ids) + " are not free: " + describe(claim), "Choose others; usernsctl ranges shows who has what."}
}

// describe says who has IDs.
func describe(c choice.Claim) string {
	where := ""
	if c.File != "" {
		where = " (" + c.File
		if c.Line > 0 {
			where += ":" + decimal(uint64(c.Line))
		}
		where += ")"
	}
	switch c.Rule {
	case choice.Line:
		return c.Who + " has " + span(c.Range) + where
	case choice.Account, choice.Group:
		return decimal(c.Range.Start()) + " is the " + string(c.Rule) + " " + c.Who + where
	case choice.Forbidden:
		return span(c.Range) + " are never mapped" + where
	case choice.Sample:
		return decimal(c.Range.Start()) + " belongs to " + c.Who
	case choice.Service:
		return c.Who + " gives " + span(c.Range) + " to accounts" + where
	case choice.Reserved:
		return span(c.Range) + " are for " + c.Who + where
	}
	return "they were given to another user just now"
}

// add adds a line.
func (pl *plan) add(kind idmap.Kind, p person, ids idmap.Range) {
	owner := p.owner(pl.defs, pl.defs.key(kind, "STORE_BY_UID"))
	pl.lines = append(pl.lines, lineOf(kind, owner, p, ids, Added))
	if claim, near := pl.spaces[kind].Clash(ids, false); near && kind == idmap.UID {
		pl.near = append(pl.near, claim)
	}
	pl.use(kind, ids)
}

// complete gives a person in one file what the person has in the other: the same IDs where these are free, and otherwise as
// many.
func (pl *plan) complete(kind idmap.Kind, p person, rows []grantRow) error {
	for _, row := range rows {
		ids := row.ids
		var refusal *Refusal
		if err := pl.free(kind, ids); errors.As(err, &refusal) {
			var ok bool
			if ids, ok = pl.spaces[kind].Choose(row.ids.Count(), pl.order.aligned()); !ok {
				return pl.noRoom()
			}
			pl.chose(pl.spaces[kind], ids)
		}
		pl.add(kind, p, ids)
	}
	return nil
}

// added are the lines that a file gets.
func added(lines []Line, path string) []string {
	var texts []string
	for _, l := range lines {
		if l.File == path && l.Change == Added {
			texts = append(texts, l.Text)
		}
	}
	return texts
}

// sum is lines as a record of the log has them.
func sum(lines []Line) string {
	const most = 20
	var texts []string
	for _, l := range lines {
		if l.Change == Kept {
			continue
		}
		if len(texts) == most {
			texts = append(texts, "...")
			break
		}
		texts = append(texts, l.Change+" "+l.File+" "+l.Text)
	}
	return strings.Join(texts, "; ")
}
