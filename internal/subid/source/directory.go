package source

import (
	"strconv"

	"userns-helpers/internal/account"
	"userns-helpers/internal/account/lookup"
	"userns-helpers/internal/account/sssd"
	"userns-helpers/internal/idmap"
	"userns-helpers/internal/text/name"
)

// Answer is what a directory says about a user.
type Answer struct {
	Name   string        // what the directory calls the user; "" if it has no answer for the user id
	Ranges []idmap.Range // the user's ranges of one kind
	Bad    int           // how many others it returned that are no ranges of ids
}

// Of returns the ranges of the user with a user id, whom SSSD is asked for first: it knows ranges by its own name of a
// user, and a user of this machine's files who happens to have the name of a user of SSSD's is somebody else.
//
// Errors: *NamesakeError, those of sssd.Server.Session.
func (m Machine) Of(uid uint32, kind idmap.Kind) (Answer, error) {
	return m.ask(kind, func(s sssd.Session) (string, error) { return nameOf(s, uid) })
}

// nameOf is SSSD's name of a user id, "" if it has none, and one that leads back to that user: where two of its domains
// have users of one name, and use_fully_qualified_names is off, the name alone means the user of the first domain.
func nameOf(s sssd.Session, uid uint32) (string, error) {
	user, found, err := s.Account(lookup.Key{ID: uid})
	if !found || user.ID != uid || err != nil {
		return "", err
	}
	named, found, err := s.Account(lookup.Key{Name: user.Name})
	switch {
	case err != nil:
		return "", err
	case !found || named.ID != uid:
		return "", &NamesakeError{user.Name, uid}
	}
	return user.Name, nil
}

// NamesakeError says that SSSD's name of a user leads to another one, so that nobody can say whose its ranges are.
type NamesakeError struct {
	Name string
	UID  uint32 // whom SSSD calls so
}

// Error names the user.
func (e *NamesakeError) Error() string {
	return "SSSD calls uid " + strconv.FormatUint(uint64(e.UID), 10) + " " + strconv.Quote(e.Name) + ", and by that name it knows another user: " +
		"have use_fully_qualified_names set for its domains"
}

// Named returns the ranges of the user whom SSSD calls that. Errors as of Of.
func (m Machine) Named(called string, kind idmap.Kind) (Answer, error) {
	if len(called) > name.Longest {
		return Answer{}, nil
	}
	return m.ask(kind, func(sssd.Session) (string, error) { return called, nil })
}

func (m Machine) ask(kind idmap.Kind, who func(sssd.Session) (string, error)) (answer Answer, err error) {
	err = m.rights(func() error {
		return sssd.New(account.TrustedSSSD(m.open)).Session(func(s sssd.Session) (err error) {
			answer = Answer{}
			if answer.Name, err = who(s); answer.Name == "" || err != nil {
				return err
			}
			ranges, err := s.RangesOf(answer.Name)
			if kind == idmap.GID {
				ranges.UID = ranges.GID
			}
			answer.take(ranges.UID)
			return err
		})
	})
	if err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// take keeps what is a range of ids. SSSD does not look: it passed 4294967290+65536 on. A range from id 0 is a mistake
// in a directory, not a grant of root's ids.
func (a *Answer) take(ranges []sssd.Range) {
	for _, r := range ranges {
		ids, ok := idmap.NewRange(uint64(r.Start), uint64(r.Count))
		if !ok || r.Start == 0 || uint64(r.Start)+uint64(r.Count) > lastEnd {
			a.Bad++
			continue
		}
		a.Ranges = append(a.Ranges, ids)
	}
}

// lastEnd is one past the last id that a range of a directory may hold: 4294967295 is no id.
const lastEnd = 1<<32 - 1
