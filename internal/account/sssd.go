package account

import (
	"userns-helpers/internal/account/sssd"
)

// directoryDaemon is the Source SSSD.
type directoryDaemon struct {
	trusted func(uid uint32) bool
	rights  func(func() error) error
}

func (d directoryDaemon) Describe() string { return "SSSD" }

// session opens a session with the rights of the caller.
func (d directoryDaemon) session(talk func(sssd.Session) error) error {
	return available(d.rights(func() error { return sssd.New(d.trusted).Session(talk) }))
}

func (d directoryDaemon) Users(uid uint32) ([]User, error) {
	return d.user(func(s sssd.Session) (sssd.Account, bool, error) { return s.UserByID(uid) })
}

func (d directoryDaemon) User(name string) ([]User, error) {
	return d.user(func(s sssd.Session) (sssd.Account, bool, error) { return s.UserNamed(name) })
}

func (d directoryDaemon) user(ask func(sssd.Session) (sssd.Account, bool, error)) (users []User, err error) {
	err = d.session(func(s sssd.Session) error {
		a, found, err := ask(s)
		if found {
			users = []User{{a.Name, a.ID, a.Primary}}
		}
		return err
	})
	return users, err
}

func (d directoryDaemon) Groups(gids []uint32) (groups []Group, err error) {
	err = d.session(func(s sssd.Session) error {
		groups = nil // of a session that was interrupted
		for _, gid := range gids {
			a, found, err := s.GroupByID(gid)
			if err != nil {
				return err
			}
			if found {
				groups = append(groups, Group{a.Name, a.ID})
			}
		}
		return nil
	})
	return groups, err
}
