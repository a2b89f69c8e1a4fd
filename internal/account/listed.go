package account

import (
	"slices"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/nsswitch"
	"userns-helpers/internal/account/sssd"
	"userns-helpers/internal/text/paths"
)

// Listed returns the names of the groups that a user is in as it is written down, whatever the groups of their processes: the
// primary ones of the accounts of uid, and those that list one of these as a member. Each once.
//
// Errors: as of Users. Each means that there may be other groups.
func (d Directory) Listed(uid uint32) ([]string, error) {
	users, err := d.Users(uid)
	if err != nil {
		return nil, err
	}
	var of []string
	var gids []uint32
	for _, u := range users {
		of, gids = append(of, u.Name), append(gids, u.Primary)
	}
	listing, err := d.listing(of)
	if err != nil {
		return nil, err
	}
	for _, g := range listing {
		gids = append(gids, g.ID)
	}
	named, err := d.Groups(gids)
	if err != nil {
		return nil, err
	}
	return names(append(listing, named...)), nil
}

// listing asks every roster: other than for who somebody is, each may have groups that the others have not (initgroups(3)).
func (d Directory) listing(users []string) (groups []Account, err error) {
	rosters, err := d.rosters()
	if err != nil {
		return nil, err
	}
	for _, r := range rosters {
		listing, err := r.Listing(users)
		if err != nil {
			return nil, &SourceError{Key: "groups of " + userKey(users[0]), Source: r.Describe(), Err: err}
		}
		groups = append(groups, listing...)
	}
	return groups, nil
}

// names are those of groups that have one, each once.
func names(groups []Account) (names []string) {
	for _, g := range groups {
		if g.Name != "" {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// rosters are the sources of who is in which group: the file, SSSD where the switch names it and it has ever run here, and getent
// where the switch names another service. Getent cannot tell a service that is away from a user in no group; SSSD that is
// away is an error.
func (m machine) rosters() ([]lookup.Roster, error) {
	rosters := []lookup.Roster{fileSources(m.open)}
	config, err := ReadSwitch(m.open)
	if err != nil {
		return nil, err
	}
	if nsswitch.Lists(config.Group, nsswitch.SSS) && Present(paths.SSSDPipe()) {
		rosters = append(rosters, daemonRoster{sssd.New(TrustedSSSD(m.open)), m.rights})
	}
	if nsswitch.Others(config.Group) {
		rosters = append(rosters, m.names)
	}
	return rosters, nil
}

// daemonRoster is a roster that is spoken to with the rights of the caller.
type daemonRoster struct {
	lookup.Roster
	rights func(func() error) error
}

// Listing is Roster.Listing, with these rights.
func (d daemonRoster) Listing(users []string) (groups []Account, err error) {
	err = d.rights(func() (err error) {
		groups, err = d.Roster.Listing(users)
		return err
	})
	return groups, err
}
