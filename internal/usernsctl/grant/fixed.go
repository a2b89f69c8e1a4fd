package grant

import (
	"slices"

	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/grant/choice"
)

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
				"Take them back first, if nothing is stored with them: usernsctl revoke " + finding.Word(p.name),
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
