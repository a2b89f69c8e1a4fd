package account

import (
	"errors"

	"userns-helpers/internal/account/getent"
	"userns-helpers/internal/text/paths"
)

// nameSwitch is the Source getent.
type nameSwitch struct{ names getent.Switch }

func (nameSwitch) Describe() string { return paths.Getent() }

func (n nameSwitch) Users(uid uint32) ([]User, error) {
	line, err := n.names.User(uid)
	if err != nil || line == nil {
		return nil, available(err)
	}
	e, ok := parseUser(line)
	if !ok {
		return nil, &AnswerError{uidKey(uid), n.Describe()}
	}
	return []User{e.user()}, nil
}

// errNumbersOnly is why getent is not asked for a name.
var errNumbersOnly = errors.New("it is asked for numbers only")

func (nameSwitch) User(string) ([]User, error) { return nil, &UnavailableError{errNumbersOnly} }

func (n nameSwitch) Groups(gids []uint32) (groups []Group, err error) {
	for _, gid := range gids {
		line, err := n.names.Group(gid)
		if err != nil {
			return groups, available(err)
		}
		if line == nil {
			continue
		}
		e, ok := parseGroup(line)
		if !ok {
			return groups, &AnswerError{"groups", n.Describe()}
		}
		groups = append(groups, e.group())
	}
	return groups, nil
}
