package hostcheck

import (
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/idspace"
)

// checkClashes reports ids that two users were granted.
func (c *check) checkClashes(path string) {
	for _, clash := range c.spaces[path].Clashes() {
		place, fix := c.suggest(path, clash.Claim)
		c.report.Add(finding.Finding{
			ID: "subid-overlap", Level: finding.Error, Users: []string{clash.Claim.Owner, clash.With.Owner}, File: path, Line: clash.Claim.Line,
			Problem: printable(clash.Claim.Owner) + " and " + printable(clash.With.Owner) + " (line " + decimal(uint64(clash.With.Line)) +
				") both have the IDs " + span(clash.Both),
			Advice: "Each can change and kill what the other's containers own, and they share limits. Move this range: " + place, Fix: fix,
		})
	}
}

// checkRealIDs reports ranges that hold ids of accounts of this host, a finding for each line.
func (c *check) checkRealIDs(path, kind string, known *ids) {
	type hit struct {
		claim idspace.Claim
		names []string
	}
	var hits []*hit
	byLine := make(map[int]*hit)
	c.spaces[path].Holders(known.sorted, func(id uint32, holder idspace.Claim) {
		h := byLine[holder.Line]
		if h == nil {
			h = &hit{claim: holder}
			byLine[holder.Line], hits = h, append(hits, h)
		}
		h.names = append(h.names, printable(known.name[id])+" ("+decimal(uint64(id))+")")
	})
	for _, h := range hits {
		place, fix := c.suggest(path, h.claim)
		c.report.Add(finding.Finding{
			ID: "subid-account", Level: finding.Error, File: path, Line: h.claim.Line,
			Problem: "the range of " + printable(h.claim.Owner) + " contains the IDs of " + count(len(h.names), kind) + " of this host: " + list(h.names),
			Advice:  "In a container " + printable(h.claim.Owner) + " can act as these, on their files outside as well (CVE-2024-56433). Move the range: " + place,
			Fix:     fix,
		})
	}
}
