// Package members says whom groups list, whatever groups a process has.
//
// It promises that an error comes where a user may be in a group although nobody says so: rules bind whoever is listed, and
// silence is no answer. It trusts the sources that package account trusts.
package members

import (
	"errors"
	"slices"
	"strconv"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/getent"
	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/nsswitch"
	"userns-helpers/internal/account/passwd"
	"userns-helpers/internal/account/sssd"
	"userns-helpers/internal/kernel/privilege"
	"userns-helpers/internal/text/name"
	"userns-helpers/internal/text/paths"
)

// Lists are what groups list on this machine.
type Lists struct {
	directory directory
	open      account.Opener           // opens files
	rights    func(func() error) error // the rights with which daemons are spoken to
	names     getent.Switch
}

// directory is account.Directory.
type directory interface {
	Users(uid uint32) ([]account.Account, error)
	Groups(gids []uint32) ([]account.Account, error)
	Group(called string) (account.Account, error)
}

// For is for a privileged program, as account.For, whose directory it asks too.
func For(caller privilege.Caller, standing privilege.Standing, d account.Directory) Lists {
	return Lists{d, account.Trusted(standing), caller.Do, getent.AsRoot(standing)}
}

// Unprivileged is for a program that only reports, as account.Unprivileged.
func Unprivileged(open account.Opener, d account.Directory) Lists {
	return Lists{d, open, func(f func() error) error { return f() }, getent.AsSelf()}
}

// Of returns the names of the groups that a user is in as it is written down: the primary ones of the accounts of uid, and
// those that list one of these as a member. Each once. Whether the user is in one of the groups called matters is certain.
//
// Errors: as account.Directory.Users. Each means that there may be other groups.
func (l Lists) Of(uid uint32, matters []string) ([]string, error) {
	rosters, uncertain, err := l.rosters()
	if err != nil {
		return nil, err
	}
	return of(l.directory, rosters, uncertain, uid, matters)
}

// of is Lists.Of with these rosters. Uncertain says that one of them cannot tell that it is away.
func of(d directory, rosters []lookup.Roster, uncertain bool, uid uint32, matters []string) ([]string, error) {
	users, err := d.Users(uid)
	if err != nil {
		return nil, err
	}
	var called []string
	var gids []uint32
	for _, u := range users {
		called, gids = append(called, u.Name), append(gids, u.Primary)
	}
	listing, err := listing(rosters, called)
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
	all := names(append(listing, named...))
	for _, group := range matters {
		if uncertain && !slices.Contains(all, group) && name.Valid(group) {
			if err := exists(d, group); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// listing asks every roster: other than for who somebody is, each may have groups that the others have not (initgroups(3)).
func listing(rosters []lookup.Roster, users []string) (groups []account.Account, err error) {
	for _, r := range rosters {
		listing, err := r.Listing(users)
		if err != nil {
			return nil, &account.SourceError{Key: "groups of user " + strconv.Quote(users[0]), Source: r.Describe(), Err: err}
		}
		groups = append(groups, listing...)
	}
	return groups, nil
}

// exists is an error where a group may be that of a roster that is away: SSSD, and getent, say of a user whom they cannot ask
// for now that no group lists them. A group that is found says that whoever has it answers.
func exists(d directory, group string) error {
	_, err := d.Group(group)
	if unknown := (*account.UnknownError)(nil); errors.As(err, &unknown) && unknown.Nobody {
		return nil
	}
	return err
}

// names are those of groups that have one, each once.
func names(groups []account.Account) (names []string) {
	for _, g := range groups {
		if g.Name != "" {
			names = append(names, g.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// rosters are the sources of who is in which group: the file, SSSD where the switch names it and it has ever run here, and getent
// where the switch names another service. SSSD whose socket does not answer is an error. Uncertain is as of of.
func (l Lists) rosters() (rosters []lookup.Roster, uncertain bool, err error) {
	rosters = []lookup.Roster{passwd.Files{Users: paths.Passwd(), Groups: paths.Group(), Open: l.open}}
	config, err := account.ReadSwitch(l.open)
	if err != nil {
		return nil, false, err
	}
	if nsswitch.Lists(config.Group, nsswitch.SSS) && account.Present(paths.SSSDPipe()) {
		rosters, uncertain = append(rosters, daemon{sssd.New(account.TrustedSSSD(l.open)), l.rights}), true
	}
	if nsswitch.Others(config.Group) {
		rosters = append(rosters, l.names)
	}
	return rosters, uncertain || nsswitch.Away(config.Group), nil
}

// daemon is a roster that is spoken to with the rights of the caller.
type daemon struct {
	lookup.Roster
	rights func(func() error) error
}

// Listing is Roster.Listing, with these rights.
func (d daemon) Listing(users []string) (groups []account.Account, err error) {
	err = d.rights(func() (err error) {
		groups, err = d.Roster.Listing(users)
		return err
	})
	return groups, err
}
