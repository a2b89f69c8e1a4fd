package account

import (
	"errors"

	"userns-helpers/internal/account/userdb"
)

// recordDaemon is the Source systemd-userdbd.
type recordDaemon struct{ rights func(func() error) error }

func (recordDaemon) Describe() string { return "systemd-userdbd" }

func (d recordDaemon) Users(uid uint32) ([]User, error) {
	return d.user(func() (userdb.Account, error) { return userdb.New().UserByID(uid) })
}

func (d recordDaemon) User(name string) ([]User, error) {
	return d.user(func() (userdb.Account, error) { return userdb.New().UserNamed(name) })
}

func (d recordDaemon) user(ask func() (userdb.Account, error)) (users []User, err error) {
	err = d.rights(func() error {
		a, err := ask()
		if err == nil {
			users = []User{{a.Name, a.ID, a.Primary}}
		}
		return err
	})
	return users, final(err)
}

// Groups asks for one group after the other. Of those that it does not know, no source behind it knows one.
func (d recordDaemon) Groups(gids []uint32) (groups []Group, err error) {
	err = d.rights(func() error {
		for _, gid := range gids {
			a, err := userdb.New().GroupByID(gid)
			switch {
			case errors.Is(err, userdb.ErrNoRecord):
			case err != nil:
				return err
			default:
				groups = append(groups, Group{a.Name, a.ID})
			}
		}
		return userdb.ErrNoRecord
	})
	return groups, final(err)
}

// final makes the answer that there is no record the end of a search.
func final(err error) error {
	if errors.Is(err, userdb.ErrNoRecord) {
		return errNobody
	}
	return available(err)
}
