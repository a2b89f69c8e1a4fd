// Package account says who a user id or group id is.
//
// It promises that an answer fits the question (equal id, equal name) and is a name that can stand in a file of lines
// and colons. It trusts the sources that it asks, and those only: see lookup.Source.
package account

import (
	"errors"
	"slices"

	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/text/name"
)

// Account is a user or a group.
type Account = lookup.Account

// Directory is the sources that are asked, in order; a hit ends a search.
type Directory struct {
	local  []lookup.Source
	beyond func(groups bool) ([]lookup.Source, error) // those that are asked where local does not know; nil: none
}

// Users returns the accounts of uid, at least one. Errors: *UnknownError, *SourceError, *AnswerError, those of this
// machine's files (*trusted.UntrustedError, errno).
func (d Directory) Users(uid uint32) ([]Account, error) { return d.users(lookup.Key{ID: uid}) }

// User returns the account of a name. Errors: as Users; a name that cannot be one is unknown, and no source is asked.
func (d Directory) User(called string) (Account, error) {
	if !name.Valid(called) {
		return Account{}, &UnknownError{Key: userKey(called)}
	}
	users, err := d.users(lookup.Key{Name: called})
	if err != nil {
		return Account{}, err
	}
	return users[0], nil
}

// Group returns the group of a name. Errors: as User.
func (d Directory) Group(called string) (Account, error) {
	groups, err := d.users(lookup.Key{Group: true, Name: called})
	if err != nil {
		return Account{}, err
	}
	return groups[0], nil
}

func (d Directory) users(key lookup.Key) ([]Account, error) {
	s := search{missing: []lookup.Key{key}}
	switch err := s.run(d); {
	case err != nil:
		return nil, err
	case len(s.found) == 0:
		return nil, &UnknownError{describe(s.missing), s.without, s.silent, s.nobody}
	}
	return s.found, nil
}

// Groups returns the groups of gids that have a name, in the order of gids, each once. A gid without a name is left
// out: that is no error.
//
// Errors: as of Users. With *SourceError, and with an *UnknownError that is not certain, come the groups that were found
// all the same: others of gids may have names too.
func (d Directory) Groups(gids []uint32) ([]Account, error) {
	var s search
	for _, gid := range slices.Compact(slices.Sorted(slices.Values(gids))) {
		s.missing = append(s.missing, lookup.Key{Group: true, ID: gid})
	}
	err := s.run(d)
	var failed *SourceError
	switch {
	case err != nil && !errors.As(err, &failed):
		return nil, err
	case err == nil && len(s.missing) > 0 && len(s.silent) > 0:
		err = &UnknownError{Key: describe(s.missing), Silent: s.silent}
	}
	return s.inOrder(gids), err
}

// search is a search for accounts.
type search struct {
	missing []lookup.Key // as lookup.Source.Find has them
	found   []Account
	without []string       // the sources that do not know
	silent  []*SourceError // those that could not be asked
	nobody  bool           // lookup.ErrNobody
}

// run asks one source after the other. What is beyond this machine's files is not even looked for before these have been
// asked.
func (s *search) run(d Directory) error {
	err := s.among(d.local, false)
	if err != nil || len(s.missing) == 0 || d.beyond == nil {
		return err
	}
	sources, err := d.beyond(s.missing[0].Group)
	if err != nil {
		return err
	}
	return s.among(sources, true)
}

// among asks sources for what is missing; beyond says that they are no files.
func (s *search) among(sources []lookup.Source, beyond bool) error {
	for _, source := range sources {
		if len(s.missing) == 0 {
			return nil
		}
		found, err := source.Find(s.missing)
		if !s.take(found) {
			return &AnswerError{describe(s.missing), source.Describe()}
		}
		switch {
		case errors.Is(err, lookup.ErrNobody):
			s.without, s.nobody = append(s.without, source.Describe()), true
			return nil
		case lookup.IsAbsent(err):
			s.silent = append(s.silent, &SourceError{describe(s.missing), source.Describe(), err})
		case err != nil && beyond:
			return &SourceError{describe(s.missing), source.Describe(), err}
		case err != nil:
			return err
		default:
			s.without = append(s.without, source.Describe())
		}
	}
	return nil
}

// take compares an answer with the question; false if it is another one, or has a name that cannot be one.
func (s *search) take(answer []Account) bool {
	taken := make([]bool, len(s.missing))
	for _, a := range answer {
		i := lookup.Index(s.missing, a.Name, a.ID)
		if i < 0 || !name.Valid(a.Name) {
			return false
		}
		taken[i] = true
	}
	var missing []lookup.Key
	for i, key := range s.missing {
		if !taken[i] {
			missing = append(missing, key)
		}
	}
	s.missing, s.found = missing, append(s.found, answer...)
	return true
}

// inOrder returns what was found in the order of gids, each once.
func (s *search) inOrder(gids []uint32) (groups []Account) {
	found := make(map[uint32]Account, len(s.found))
	for _, a := range s.found {
		found[a.ID] = a
	}
	for _, gid := range gids {
		if a, ok := found[gid]; ok {
			groups = append(groups, a)
			delete(found, gid)
		}
	}
	return groups
}
