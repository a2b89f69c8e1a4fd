package account

import (
	"errors"
)

// Directory is the sources that are asked, in order; a hit ends a search.
type Directory struct {
	local  []Source
	beyond func(database) ([]Source, error) // those that are asked where local does not know; nil: none
}

// database is what is asked about.
type database int

const (
	users database = iota
	groups
)

// Of is a directory of the given sources and no others.
func Of(sources ...Source) Directory { return Directory{local: sources} }

// Users returns the accounts of uid, at least one. Errors: *UnknownError, *SourceError, *AnswerError, those of this
// machine's files (*trusted.UntrustedError, errno).
func (d Directory) Users(uid uint32) ([]User, error) {
	return d.search(uidKey(uid), func(s Source) ([]User, error) { return s.Users(uid) },
		func(u User) bool { return u.UID == uid })
}

// User returns the account of name. Errors: as Users; a name that cannot be one is unknown, and no source is asked.
func (d Directory) User(name string) (User, error) {
	if !validName(name) {
		return User{}, &UnknownError{Key: nameKey(name)}
	}
	users, err := d.search(nameKey(name), func(s Source) ([]User, error) { return s.User(name) },
		func(u User) bool { return u.Name == name })
	if err != nil {
		return User{}, err
	}
	return users[0], nil
}

// search asks one source after the other, and compares the answer with the question. What is beyond this machine's
// files is not even looked for before these have been asked.
func (d Directory) search(key string, ask func(Source) ([]User, error), fits func(User) bool) ([]User, error) {
	s := search{key: key, unknown: &UnknownError{Key: key}}
	found, err := s.among(d.local, ask, fits)
	if len(found) > 0 || err != nil || d.beyond == nil {
		return found, s.verdict(found, err)
	}
	sources, err := d.beyond(users)
	if err != nil {
		return nil, err
	}
	s.beyond = true
	found, err = s.among(sources, ask, fits)
	return found, s.verdict(found, err)
}

// search is a search for users.
type search struct {
	key     string
	unknown *UnknownError // what was said so far
	beyond  bool          // the sources are no files
}

// verdict is the error of a search that found users, or did not.
func (s *search) verdict(found []User, err error) error {
	if err == nil && len(found) == 0 {
		return s.unknown
	}
	return err
}

// among asks sources.
func (s *search) among(sources []Source, ask func(Source) ([]User, error), fits func(User) bool) ([]User, error) {
	for _, source := range sources {
		users, err := ask(source)
		var unavailable *UnavailableError
		switch {
		case errors.Is(err, errNobody):
			s.note(source, nil)
			return nil, nil
		case errors.As(err, &unavailable):
			s.note(source, err)
			continue
		case err != nil && s.beyond:
			return nil, &SourceError{s.key, source.Describe(), err}
		case err != nil:
			return nil, err
		}
		for _, u := range users {
			if !fits(u) || !validName(u.Name) {
				return nil, &AnswerError{s.key, source.Describe()}
			}
		}
		if len(users) > 0 {
			return users, nil
		}
		s.note(source, nil)
	}
	return nil, nil
}

func (s *search) note(source Source, err error) {
	s.unknown.Asked = append(s.unknown.Asked, Answer{source.Describe(), err})
}
