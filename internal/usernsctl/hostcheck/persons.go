package hostcheck

import (
	"errors"
	"io"

	"golang.org/x/sys/unix"

	"userns-helpers/internal/account"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/netquota"
	"userns-helpers/internal/policy/nics"
	"userns-helpers/internal/text/paths"
	"userns-helpers/internal/usernic"
	"userns-helpers/internal/usernic/plan"
	"userns-helpers/internal/usernsctl/quietly"
)

// Policy is the policy of this host, without anything in it where there is no file. Errors: *nics.Problem for a mistake in it;
// those of quietly.OpenTrusted.
func Policy() (*nics.Policy, error) {
	file, err := quietly.OpenTrusted(paths.Policy())
	if errors.Is(err, unix.ENOENT) {
		return &nics.Policy{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, nics.LongestFile+1))
	if err != nil {
		return nil, err
	}
	return nics.Parse(text)
}

// Persons says who a user is right after login, by the user id: the primary group is that of the account, the others those that
// list a name of it, by name services too where the policy has a rule for a group. An account that is gone has neither names nor
// groups.
func Persons(h Host, policy *nics.Policy) func(uid uint32) (plan.Person, error) {
	c := &check{Host: h, policy: policy}
	c.readAccounts()
	return c.persons()
}

func (c *check) persons() func(uid uint32) (plan.Person, error) {
	directory := account.Unprivileged(account.Trusted(privilege.Reporter()))
	var rules []string
	for _, t := range c.policy.Tables() {
		if t.Group != "" {
			rules = append(rules, t.Group)
		}
	}
	return func(uid uint32) (plan.Person, error) {
		users, err := directory.Users(uid)
		var unknown *account.UnknownError
		if errors.As(err, &unknown) {
			return plan.Person{Account: netquota.Account{UID: uid}}, nil
		}
		var gids []uint32
		for _, u := range users {
			gids = append(gids, u.Primary)
		}
		for _, u := range users {
			for _, group := range c.accounts.member[u.Name] {
				gids = append(gids, c.accounts.groups[group].ID)
			}
		}
		return usernic.Identify(uid, gids, rules)
	}
}

// readPolicy remembers the policy, where there is one without a mistake, or none.
func (c *check) readPolicy() {
	file, err := c.open(c.root + paths.Policy())
	if errors.Is(err, unix.ENOENT) {
		c.policy = &nics.Policy{}
	}
	if err != nil {
		return
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, nics.LongestFile+1))
	if err != nil {
		return
	}
	c.policy, _ = nics.ParseAll(text)
}
