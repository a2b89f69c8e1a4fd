package hostcheck

import (
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/grant/choice"
	"userns-helpers/internal/usernsctl/idspace"
)

// leastSubordinate is where the shadow suite begins to hand out ids, SUB_UID_MIN of login.defs(5).
const leastSubordinate = 100_000

// mostMoves is how many ranges are given another place: a file with more of such mistakes is not put right line by line, and
// each costs a search among all ranges.
const mostMoves = 200

// moves are the places that ranges are told to move to. Each is free in both files, and offered once: who follows all advice
// makes no new overlap. A user's range that is the same in both files is offered the same place in both.
type moves struct {
	free    *choice.Space
	offered map[idspace.Claim]idmap.Range // by owner and range
}

// suggest is a free place for a claim of a file, in words, and the commands that move it there.
func (c *check) suggest(path string, claim idspace.Claim) (advice string, fix []string) {
	if c.moves == nil {
		c.moves = &moves{c.freeSpace(), make(map[idspace.Claim]idmap.Range)}
	}
	line := claim.Line
	claim.Line = 0
	to, offered := c.moves.offered[claim]
	if !offered {
		if len(c.moves.offered) == mostMoves {
			return "usernsctl ranges shows the gaps.", nil
		}
		var ok bool
		if to, ok = c.moves.free.Choose(claim.Range.Count(), false); !ok {
			return "there is no free range of that size.", nil
		}
		c.moves.free.Use(to)
		c.moves.offered[claim] = to
	}
	return span(to) + " are free in both files, and offered to no other line of this report. Files that containers have made keep their old IDs.",
		c.edited(path, line, fields(claim.Range), fields(to))
}

// fields are a range as the end of a line of subuid(5).
func fields(r idmap.Range) string { return ":" + decimal(r.Start()) + ":" + decimal(r.Count()) }

// freeSpace is what nobody has, of all that this host knows.
func (c *check) freeSpace() *choice.Space {
	var claims []choice.Claim
	take := func(ids idmap.Range, rule choice.Rule) { claims = append(claims, choice.Claim{Range: ids, Rule: rule}) }
	for _, path := range []string{paths.Subuid(), paths.Subgid()} {
		for _, claim := range c.spaces[path].Claims() {
			take(claim.Range, choice.Line)
		}
	}
	for _, known := range []*ids{&c.accounts.uids, &c.accounts.gids} {
		for _, id := range known.sorted {
			one, _ := idmap.NewRange(uint64(id), 1)
			take(one, choice.Account)
		}
	}
	for _, row := range c.never {
		take(row.Range, choice.Forbidden)
	}
	for _, d := range c.services {
		take(d.ids, choice.Service)
	}
	low := uint64(leastSubordinate)
	for _, key := range []string{"UID_MAX", "GID_MAX"} {
		most, _ := c.bound(key, 60_000)
		low = max(low, most+1)
	}
	for _, key := range []string{"SUB_UID_MIN", "SUB_GID_MIN"} {
		least, _ := c.bound(key, leastSubordinate)
		low = max(low, least)
	}
	return choice.NewSpace(low, 1<<32, claims)
}
