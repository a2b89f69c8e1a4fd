package hostcheck

import (
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/usernsctl/grant/choice"
)

// Others are IDs that no line of subuid(5) or subgid(5) grants, and that somebody has all the same.
type Others struct {
	IDs  idmap.Range
	Rule choice.Rule // Account or Group, Service, Reserved
	Who  string      // in words; for accounts their kind, for all of them together
}

// mostOthers bounds how many ranges of accounts there are: of more, those from the first to the last are one.
const mostOthers = 64

// OthersOf are the user IDs that others have, or if groups is true the group IDs: accounts of this host, what a name service
// gives to accounts, what systemd takes.
func OthersOf(h Host, groups bool) []Others {
	c := &check{Host: h}
	c.readAccounts()
	known, rule, who := c.accounts.uids.sorted, choice.Account, "users of this host"
	if groups {
		known, rule, who = c.accounts.gids.sorted, choice.Group, "groups of this host"
	}
	var others []Others
	for _, ids := range runsOf(known) {
		others = append(others, Others{ids, rule, who})
	}
	for _, d := range append(c.sssd(), c.winbind()...) {
		if !d.ids.Empty() {
			others = append(others, Others{d.ids, choice.Service, d.name})
		}
	}
	for _, claim := range choice.ReservedIDs() {
		others = append(others, Others{claim.Range, claim.Rule, claim.Who})
	}
	return others
}

// runsOf are ids, which are in ascending order, as ranges: ids with less than a thousand between them are one.
func runsOf(ids []uint32) []idmap.Range {
	const near = 1000
	var runs []idmap.Range
	for i := 0; i < len(ids); {
		n := 1
		for i+n < len(ids) && (ids[i+n]-ids[i+n-1] < near || len(runs) == mostOthers-1) {
			n++
		}
		if run, ok := idmap.NewRange(uint64(ids[i]), uint64(ids[i+n-1]-ids[i])+1); ok {
			runs = append(runs, run)
		}
		i += n
	}
	return runs
}
