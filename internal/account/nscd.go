package account

import (
	"userns-helpers/internal/account/nscd"
)

// cacheDaemon is the Source nscd.
type cacheDaemon struct{ rights func(func() error) error }

func (cacheDaemon) Describe() string { return "nscd" }

func (d cacheDaemon) Users(uid uint32) ([]User, error) {
	return d.user(func() (nscd.Account, bool, error) { return nscd.New().UserByID(uid) })
}

func (d cacheDaemon) User(name string) ([]User, error) {
	return d.user(func() (nscd.Account, bool, error) { return nscd.New().UserNamed(name) })
}

func (d cacheDaemon) user(ask func() (nscd.Account, bool, error)) (users []User, err error) {
	err = d.rights(func() error {
		a, found, err := ask()
		if found {
			users = []User{{a.Name, a.ID, a.Primary}}
		}
		return err
	})
	return users, available(err)
}

func (d cacheDaemon) Groups(gids []uint32) (groups []Group, err error) {
	err = d.rights(func() error {
		for _, gid := range gids {
			a, found, err := nscd.New().GroupByID(gid)
			if err != nil {
				return err
			}
			if found {
				groups = append(groups, Group{a.Name, a.ID})
			}
		}
		return nil
	})
	return groups, available(err)
}
