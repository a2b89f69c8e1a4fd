package hostcheck

import (
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/idspace"
)

// Grants is what one of the files of ids says.
type Grants struct {
	Path   string
	Space  idspace.Space
	Idle   int  // lines that grant nothing
	Absent bool // there is no such file, or it could not be read
	Unseen []finding.Unseen

	AccountsFile string            // that has the accounts whose IDs they must not be
	Accounts     map[uint32]string // their names, by ID
}

// GrantsOf reads /etc/subuid, or if groups is true /etc/subgid.
func GrantsOf(h Host, groups bool) Grants {
	c := &check{Host: h, spaces: make(map[string]idspace.Space)}
	c.readAccounts()
	path, accountsFile, known := paths.Subuid(), paths.Passwd(), c.accounts.uids
	if groups {
		path, accountsFile, known = paths.Subgid(), paths.Group(), c.accounts.gids
	}
	c.checkSubid(path)
	space, read := c.spaces[path]
	g := Grants{Path: path, Space: space, Absent: !read, Unseen: c.report.Unseen, AccountsFile: accountsFile, Accounts: known.name}
	for _, f := range c.report.Findings {
		if f.ID == "subid-line" || f.ID == "subid-zero" {
			g.Idle++
		}
	}
	return g
}

// Names is the user of each user id that the files know.
func Names(h Host) map[uint32]string {
	c := &check{Host: h}
	c.readAccounts()
	return c.accounts.uids.name
}

// GroupsOf are the ids of the groups that list a user: with the primary one those that a login gives.
func GroupsOf(h Host, user string) []uint32 {
	c := &check{Host: h}
	c.readAccounts()
	var gids []uint32
	for _, name := range c.accounts.member[user] {
		gids = append(gids, c.accounts.groups[name].ID)
	}
	return gids
}
