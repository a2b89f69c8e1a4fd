package hostcheck

import (
	"slices"
	"strconv"

	"userns-helpers/internal/account"
	"userns-helpers/internal/subid"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernsctl/finding"
	"userns-helpers/internal/usernsctl/grant/choice"
)

// readAccounts reads the users and groups of the files.
func (c *check) readAccounts() {
	c.accounts = accounts{
		users: make(map[string]account.Account), groups: make(map[string]account.Account), member: make(map[string][]string),
		uids: ids{name: make(map[uint32]string)}, gids: ids{name: make(map[uint32]string)},
	}
	users, groups := c.readUsers(), c.readGroups()
	c.accounts.known = users && groups
	c.accounts.uids.sort()
	c.accounts.gids.sort()
}

// readUsers reads passwd(5). The first of several accounts of one name counts, as it does for the programs.
func (c *check) readUsers() bool {
	file := c.config(paths.Passwd())
	if file == nil {
		return false
	}
	defer file.Close()
	err := eachUser(file, func(line int, u account.Account) {
		if _, twice := c.accounts.users[u.Name]; twice {
			return
		}
		c.accounts.users[u.Name] = u
		c.accounts.uids.add(u.ID, u.Name)
		if subid.IsUID(u.Name) {
			c.digits(paths.Passwd(), line, "user", u.Name)
		}
	})
	c.failed(paths.Passwd(), err)
	return err == nil
}

// readGroups reads group(5).
func (c *check) readGroups() bool {
	file := c.config(paths.Group())
	if file == nil {
		return false
	}
	defer file.Close()
	err := eachGroup(file, func(line int, g account.Account, members []string) {
		if _, twice := c.accounts.groups[g.Name]; twice {
			return
		}
		c.accounts.groups[g.Name] = g
		c.accounts.gids.add(g.ID, g.Name)
		for _, m := range members {
			c.accounts.member[m] = append(c.accounts.member[m], g.Name)
		}
		if subid.IsUID(g.Name) {
			c.digits(paths.Group(), line, "group", g.Name)
		}
	})
	c.failed(paths.Group(), err)
	return err == nil
}

// digits reports a name that looks like an id.
func (c *check) digits(path string, line int, kind, name string) {
	c.report.Add(finding.Finding{
		ID: "account-digits", Level: finding.Warning, File: path, Line: line, Problem: "the " + kind + " " + quote(name) + " has a name of only digits",
		Advice: "It is mistaken for an ID. In /etc/subuid and /etc/subgid a number is an ID, never such a name; shadow's programs " +
			"take it for both, so that two users get what was granted to one. Rename it, or grant by ID.",
	})
}

func (i *ids) add(id uint32, name string) {
	if _, known := i.name[id]; !known {
		i.sorted = append(i.sorted, id)
		i.name[id] = name
	}
}

func (i *ids) sort() { slices.Sort(i.sorted) }

// ownerOf is who owns the ranges of an owner field: the login name of a user id, so that both count as one owner; and
// whether there is such a user.
func (a accounts) ownerOf(field string) (owner string, exists bool) {
	if !subid.IsUID(field) {
		user, exists := a.users[field]
		if !exists {
			return field, false
		}
		return a.uids.name[user.ID], true
	}
	if field == choice.Nobody { // not an account, but meant: usernsctl revoke --keep-reserved
		return "uid " + field + " (reserved)", true
	}
	uid, err := strconv.ParseUint(field, 10, 32)
	if name, exists := a.uids.name[uint32(uid)]; err == nil && exists {
		return name, true
	}
	return "uid " + field, false
}
