package hostcheck

import (
	"cmp"
	"slices"

	"userns-helpers/internal/netquota/nearby"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
)

// Quota is how many interfaces somebody may have somewhere, by all lines of lxc-usernet(5) together.
type Quota struct {
	Owner  string // a login name, or a group with @ in front
	Bridge string // or "none"
	Number uint64
}

// QuotasOf reads lxc-usernet(5): the quotas in the order of owners and bridges, and what could not be looked at.
func QuotasOf(h Host) ([]Quota, []finding.Unseen) {
	c := &check{Host: h}
	path := paths.Usernet()
	file := c.config(path)
	if file == nil {
		return nil, c.report.Unseen
	}
	defer file.Close()
	sums := make(map[Quota]uint64)
	c.failed(path, nearby.Inspect(file, func(e nearby.Entry, _ []byte) {
		if e.Fault == nearby.NoFault && c.checkRule(path, e) {
			sums[Quota{Owner: e.Rule.Owner, Bridge: e.Rule.Place.Bridge}] += e.Rule.Number
		}
	}))
	var all []Quota
	for q, number := range sums {
		q.Number = number
		all = append(all, q)
	}
	slices.SortFunc(all, func(a, b Quota) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Bridge, b.Bridge))
	})
	return all, c.report.Unseen
}
